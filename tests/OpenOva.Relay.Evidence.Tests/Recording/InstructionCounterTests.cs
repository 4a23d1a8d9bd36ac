using System.Text;
using OpenOva.Relay.Evidence.Recording;

namespace OpenOva.Relay.Evidence.Tests.Recording;

[Trait("Kind", "Fast")]
public sealed class InstructionCounterTests
{
    private static readonly byte[] Stream = Encoding.UTF8.GetBytes("4.sync,4.1000;0.;3.set,1.0,6.naïve🏦,0.,2.;,;3.nop;10.1234567890;");

    [Fact]
    public void Read_AnySplitInThree_CountsTheSame()
    {
        for (var i = 0; i <= Stream.Length; i++)
        {
            for (var j = i; j <= Stream.Length; j++)
            {
                var counter = new InstructionCounter();
                counter.Read(Stream.AsSpan(0, i));
                counter.Read(Stream.AsSpan(i, j - i));
                counter.Read(Stream.AsSpan(j));
                Assert.Equal((5, Stream.Length, true), (counter.Count, (int)counter.Bytes, counter.AtBoundary));
            }
        }
    }

    [Fact]
    public void AtBoundary_AfterEachByte_OnlyWhereAnInstructionEnds()
    {
        var counter = new InstructionCounter();
        var ends = new List<int>();
        for (var i = 0; i < Stream.Length; i++)
        {
            counter.Read(Stream.AsSpan(i, 1));
            if (counter.AtBoundary) ends.Add(i + 1);
        }

        Assert.Equal(["4.sync,4.1000;", "0.;", "3.set,1.0,6.naïve🏦,0.,2.;,;", "3.nop;", "10.1234567890;"],
            ends.Prepend(0).Zip(ends, (a, b) => Encoding.UTF8.GetString(Stream[a..b])));
    }

    [Theory]
    [InlineData("x")]
    [InlineData(".")]
    [InlineData(";")]
    [InlineData("4,sync;")]
    [InlineData("-1.a;")]
    [InlineData("04.sync;")]
    [InlineData("00.;")]
    [InlineData("100000.")]
    [InlineData("3.sync;")]
    [InlineData("5.sync;3.nop;")]
    [InlineData("4.sync 4.1000;")]
    [InlineData("4.sync;\n")]
    [InlineData("1. 🏦;")]
    [InlineData("2.🏦;;;")]
    public void Read_Malformed_IsRefusedAtAnySplit(string stream)
    {
        var bytes = Encoding.UTF8.GetBytes(stream);
        for (var i = 0; i <= bytes.Length; i++)
        {
            var counter = new InstructionCounter();
            var error = Assert.Throws<EvidenceFormatException>(() =>
            {
                counter.Read(bytes.AsSpan(0, i));
                counter.Read(bytes.AsSpan(i));
            });
            Assert.Contains("byte", error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(new byte[] { 0x80 })]
    [InlineData(new byte[] { 0xC0, 0xAF })]
    [InlineData(new byte[] { 0xC1, 0xBF })]
    [InlineData(new byte[] { 0xE0, 0x9F, 0xBF })]
    [InlineData(new byte[] { 0xED, 0xA0, 0x80 })]
    [InlineData(new byte[] { 0xF0, 0x8F, 0xBF, 0xBF })]
    [InlineData(new byte[] { 0xF4, 0x90, 0x80, 0x80 })]
    [InlineData(new byte[] { 0xF5, 0x80, 0x80, 0x80 })]
    [InlineData(new byte[] { 0xFF })]
    [InlineData(new byte[] { 0xE2, 0x82, 0x28 })]
    public void Read_InvalidUtf8_IsRefused(byte[] value) =>
        Assert.Throws<EvidenceFormatException>(() => new InstructionCounter().Read([(byte)'1', (byte)'.', .. value, (byte)';']));

    [Fact]
    public void Read_EveryScalar_CountsAsOne()
    {
        var counter = new InstructionCounter();
        var expected = 0;
        for (var i = 0; i <= 0x10FFFF; i += i < 0x3000 ? 1 : 37)
        {
            if (!Rune.IsValid(i)) continue;
            counter.Read(Encoding.UTF8.GetBytes($"1.{new Rune(i)};"));
            expected++;
        }

        Assert.Equal((expected, true), ((int)counter.Count, counter.AtBoundary));
    }
}
