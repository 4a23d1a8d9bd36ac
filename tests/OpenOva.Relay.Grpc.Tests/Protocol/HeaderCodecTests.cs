using System.Text;
using Grpc.Core;
using Grpc.Protocol;

namespace OpenOva.Relay.Grpc.Tests.Protocol;

[Trait("Kind", "Fast")]
public sealed class HeaderCodecTests
{
    [Theory]
    [InlineData("1H", 36_000_000_000)]
    [InlineData("2M", 1_200_000_000)]
    [InlineData("3S", 30_000_000)]
    [InlineData("4m", 40_000)]
    [InlineData("5u", 50)]
    [InlineData("600n", 6)]
    [InlineData("1n", 1)]
    [InlineData("0S", 0)]
    [InlineData("99999999n", 1_000_000)]
    public void Timeout_IsParsedInItsUnit(string header, long ticks)
    {
        Assert.True(GrpcTimeout.TryParse(header, out var timeout));
        Assert.Equal(ticks, timeout.Ticks);
    }

    [Theory]
    [InlineData("")]
    [InlineData("S")]
    [InlineData("1")]
    [InlineData("1s")]
    [InlineData("+1S")]
    [InlineData("1.5S")]
    [InlineData(" 1S")]
    [InlineData("123456789S")]
    public void Timeout_Malformed_IsRefused(string header) => Assert.False(GrpcTimeout.TryParse(header, out _));

    [Theory]
    [InlineData("99999999H")]
    [InlineData("99999999M")]
    [InlineData("99999999S")]
    public void Timeout_TooLongForATimer_IsCut(string header)
    {
        Assert.True(GrpcTimeout.TryParse(header, out var timeout));
        Assert.Equal(GrpcTimeout.Longest, timeout);
    }

    [Theory]
    [InlineData(0L, "1n")]
    [InlineData(-5L, "1n")]
    [InlineData(1L, "1u")]
    [InlineData(15L, "2u")]
    [InlineData(999_999_990L, "99999999u")]
    [InlineData(999_999_991L, "100000m")]
    [InlineData(TimeSpan.TicksPerDay * 365, "31536000S")]
    [InlineData(TimeSpan.TicksPerDay * 365_000, "8760000H")]
    public void Timeout_IsWrittenInEightDigitsAndNeverShorter(long ticks, string header) =>
        Assert.Equal(header, GrpcTimeout.Format(TimeSpan.FromTicks(ticks)));

    [Theory]
    [InlineData("plain text ~ !", "plain text ~ !")]
    [InlineData("100%", "100%25")]
    [InlineData("\n\u007f", "%0A%7F")]
    [InlineData("☺", "%E2%98%BA")]
    public void StatusMessage_IsEncoded(string text, string encoded) => Assert.Equal(encoded, StatusMessage.Encode(text));

    [Fact]
    public void StatusMessage_WithHalfACharacter_IsEncodedAllTheSame() =>
        Assert.Equal("%EF%BF%BD", StatusMessage.Encode(new string((char)0xD800, 1)));

    [Fact]
    public void StatusMessage_OfAnyText_ComesBack()
    {
        for (var point = 0; point < 0x11000; point += 7)
        {
            if (point is >= 0xD800 and < 0xE000) continue;
            var text = $"a{char.ConvertFromUtf32(point)}%z";
            var encoded = StatusMessage.Encode(text);
            Assert.All(encoded, c => Assert.InRange(c, ' ', '~'));
            Assert.Equal(text, StatusMessage.Decode(encoded));
        }
    }

    [Theory]
    [InlineData("50%", "50%")]
    [InlineData("%zz", "%zz")]
    [InlineData("%4", "%4")]
    [InlineData("%41%", "A%")]
    public void StatusMessage_Malformed_IsDecodedAsItStands(string encoded, string text) => Assert.Equal(text, StatusMessage.Decode(encoded));

    [Fact]
    public void BinaryHeader_OfAnyLength_ComesBackUnpadded()
    {
        for (var length = 0; length < 70; length++)
        {
            var bytes = Enumerable.Range(0, length).Select(i => (byte)(i * 37)).ToArray();
            var encoded = BinaryHeader.Encode(bytes);
            Assert.DoesNotContain('=', encoded);
            Assert.True(BinaryHeader.TryDecode(encoded, out var decoded));
            Assert.Equal(bytes, decoded);
        }
    }

    [Theory]
    [InlineData("A")]
    [InlineData("ABCDE")]
    [InlineData("AB=C")]
    [InlineData("ä")]
    public void BinaryHeader_Malformed_IsRefused(string value) => Assert.False(BinaryHeader.TryDecode(value, out _));

    [Fact]
    public void Metadata_FromTheWire_SkipsWhatIsNoKey()
    {
        var metadata = new Metadata();
        BinaryHeader.AddTo(metadata, "not a key", "x");
        BinaryHeader.AddTo(metadata, "ok", Encoding.ASCII.GetString([0x41]));
        Assert.Equal("ok", Assert.Single(metadata).Key);
    }

    [Theory]
    [InlineData("application/grpc", true)]
    [InlineData("application/grpc+proto", true)]
    [InlineData("Application/GRPC; x=y", true)]
    [InlineData("application/grpc-web", false)]
    [InlineData("application/grpcx", false)]
    [InlineData(null, false)]
    public void ContentType_IsGrpcOrNot(string? value, bool expected) => Assert.Equal(expected, GrpcHeaders.IsGrpcContentType(value));
}
