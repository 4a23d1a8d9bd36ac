using System.Buffers;
using System.Text;
using OpenOva.Relay.Shared;

namespace OpenOva.Relay.Guacamole.Tests;

[Trait("Kind", "Fast")]
public sealed class InstructionParserTests
{
    [Theory]
    [InlineData("4.sync,7.4182011;", "sync|4182011")]
    [InlineData("3.nop;", "nop")]
    [InlineData("0.,36.2dd8d7f1-5a4e-4d0e-9b6e-2f6c0a1b3c4d;", "|2dd8d7f1-5a4e-4d0e-9b6e-2f6c0a1b3c4d")]
    [InlineData("0.;", "")]
    [InlineData("4.name,0.;", "name|")]
    [InlineData("4.name,9.a,b;c.d;e;", "name|a,b;c.d;e")]
    [InlineData("4.name,5.Zoë 😀;", "name|Zoë 😀")]
    [InlineData("4.name,4.\U0001F600\U0001F468\u200D\U0001F469;", "name|\U0001F600\U0001F468\u200D\U0001F469")]
    [InlineData("4.name,3.€\0߿;", "name|€\0߿")]
    public void Instruction_ReadUnderAnySplit_HasItsElements(string wire, string elements)
    {
        var stream = Encoding.UTF8.GetBytes(wire);
        foreach (var cuts in StreamReading.EveryCut(stream.Length))
        {
            var (instructions, error, parser) = StreamReading.Read(stream, cuts);
            Assert.Null(error);
            Assert.Equal(elements, string.Join('|', Assert.Single(instructions)));
            Assert.Equal(stream.Length, parser.Offset);
            Assert.False(parser.IsInsideInstruction);
        }
    }

    [Theory]
    [InlineData(".nop;", GuacamoleProtocolError.LengthMissing, 0)]
    [InlineData("3.nop,.;", GuacamoleProtocolError.LengthMissing, 6)]
    [InlineData("nop;", GuacamoleProtocolError.LengthNotDecimal, 0)]
    [InlineData("-1.;", GuacamoleProtocolError.LengthNotDecimal, 0)]
    [InlineData(" 3.nop;", GuacamoleProtocolError.LengthNotDecimal, 0)]
    [InlineData("\n3.nop;", GuacamoleProtocolError.LengthNotDecimal, 0)]
    [InlineData("3 .nop;", GuacamoleProtocolError.LengthNotDecimal, 1)]
    [InlineData("3.nop, 1.a;", GuacamoleProtocolError.LengthNotDecimal, 6)]
    [InlineData("03.nop;", GuacamoleProtocolError.LengthLeadingZero, 1)]
    [InlineData("00.;", GuacamoleProtocolError.LengthLeadingZero, 1)]
    [InlineData("3.nop,100000.", GuacamoleProtocolError.LengthTooManyDigits, 11)]
    [InlineData("3.nop,99999.", GuacamoleProtocolError.ElementTooLong, 11)]
    [InlineData("3.nop,8193.", GuacamoleProtocolError.ElementTooLong, 10)]
    [InlineData("3.nopp;", GuacamoleProtocolError.BadTerminator, 5)]
    [InlineData("4.nop;3.nop;", GuacamoleProtocolError.BadTerminator, 6)]
    [InlineData("3.nop\n;", GuacamoleProtocolError.BadTerminator, 5)]
    public void Stream_Malformed_SaysWhyAndAtWhichByteUnderAnySplit(string wire, GuacamoleProtocolError reason, long offset) =>
        AssertMalformed(Encoding.UTF8.GetBytes(wire), reason, offset);

    [Theory]
    [InlineData("80", 0)]             // continuation without a lead
    [InlineData("C0AF", 0)]           // overlong, two bytes
    [InlineData("C1BF", 0)]
    [InlineData("E09F80", 1)]         // overlong, three bytes
    [InlineData("EDA080", 1)]         // surrogate
    [InlineData("F08F8080", 1)]       // overlong, four bytes
    [InlineData("F4908080", 1)]       // above U+10FFFF
    [InlineData("F5808080", 0)]
    [InlineData("FF", 0)]
    [InlineData("E282", 2)]           // cut short by the terminator
    [InlineData("C3C3", 1)]
    public void Value_NotUtf8_SaysAtWhichByteUnderAnySplit(string hex, long at)
    {
        byte[] wire = [.. "1."u8, .. Convert.FromHexString(hex), .. ";"u8];
        AssertMalformed(wire, GuacamoleProtocolError.InvalidUtf8, 2 + at);
    }

    [Theory]
    [InlineData("C280")]
    [InlineData("DFBF")]
    [InlineData("E0A080")]
    [InlineData("ED9FBF")]
    [InlineData("EE8080")]
    [InlineData("F0908080")]
    [InlineData("F48FBFBF")]
    public void Value_AtTheEdgesOfUtf8_IsOneCharacter(string hex)
    {
        byte[] wire = [.. "1."u8, .. Convert.FromHexString(hex), .. ";"u8];
        foreach (var cuts in StreamReading.EveryCut(wire.Length))
            Assert.Null(StreamReading.Read(wire, cuts).Error);
    }

    [Fact]
    public void Stream_MalformedAfterGoodInstructions_GivesThoseFirstAndAnAbsoluteOffset()
    {
        var (instructions, error, _) = StreamReading.Read("3.nop;4.sync,1.5;3.nopX"u8.ToArray(), []);
        Assert.Equal(["nop", "sync"], instructions.Select(instruction => instruction[0]));
        Assert.Equal((GuacamoleProtocolError.BadTerminator, 22L), (error!.Reason, error.Offset));
    }

    [Fact]
    public void Parser_AfterMalformedStream_ThrowsTheSameAgain()
    {
        var parser = new InstructionParser();
        var first = Assert.Throws<GuacamoleProtocolException>(() => TryRead(parser, "x"u8));
        var second = Assert.Throws<GuacamoleProtocolException>(() => TryRead(parser, "3.nop;"u8));
        Assert.Equal((first.Reason, first.Offset), (second.Reason, second.Offset));
    }

    [Fact]
    public void Exception_OfAMalformedStream_HoldsNothingOfItsContent() =>
        Assert.DoesNotContain("hunter2", Assert.Throws<GuacamoleProtocolException>(() => TryRead(new InstructionParser(), "3.hunter2"u8)).ToString(), StringComparison.Ordinal);

    [Fact]
    public void Buffer_WithAnIncompleteInstruction_IsLeftAlone()
    {
        var parser = new InstructionParser();
        var buffer = SplitBuffers.Whole("4.sync,7.41820"u8.ToArray());
        var before = buffer;
        Assert.False(parser.TryRead(ref buffer, out _));
        Assert.Equal((before.Start, before.End), (buffer.Start, buffer.End));
        Assert.True(parser.IsInsideInstruction);
        Assert.Equal(0, parser.Offset);
    }

    [Fact]
    public void Buffer_WithoutTheBytesOfTheLastCall_IsTheCallersError()
    {
        var parser = new InstructionParser();
        Assert.False(TryRead(parser, "4.sync"u8));
        Assert.Throws<ArgumentException>(() => TryRead(parser, "4."u8));
    }

    [Fact]
    public void Byte_OnceLookedAt_IsNeverLookedAtAgain()
    {
        // Linear time, proved without a clock: what was scanned is destroyed, and the parser does not notice.
        var wire = Encoding.UTF8.GetBytes("4.blob,1.1,8000." + new string('A', 8000) + ",5.Zoë😀!;");
        var parser = new InstructionParser();
        var seen = new byte[wire.Length];
        for (var i = 0; i < wire.Length; i++)
        {
            seen[i] = wire[i];
            var buffer = new ReadOnlySequence<byte>(seen, 0, i + 1);
            Assert.Equal(i == wire.Length - 1, parser.TryRead(ref buffer, out _));
            seen[i] = (byte)'x';
        }
    }

    [Fact]
    public void Raw_OfAnInstructionAcrossSegments_IsContiguousAndWhole()
    {
        var wire = Encoding.UTF8.GetBytes("4.name,5.Zoë 😀;");
        foreach (var sequence in SplitBuffers.EveryTwoWay(wire).Append(SplitBuffers.EachByte(wire)))
        {
            var buffer = sequence;
            Assert.True(new InstructionParser().TryRead(ref buffer, out var instruction));
            Assert.True(instruction.Raw.SequenceEqual(wire));
            Assert.True(instruction[1].SequenceEqual("Zoë 😀"u8));
            Assert.True(buffer.IsEmpty);
        }
    }

    [Fact]
    public void Numbers_OfAnInstruction_AreReadOrRefused()
    {
        var buffer = SplitBuffers.Whole("4.size,2.-1,10.2147483648,2.1x,0.;"u8.ToArray());
        Assert.True(new InstructionParser().TryRead(ref buffer, out var instruction));
        Assert.Equal(5, instruction.Count);
        Assert.True(instruction.Is(Opcodes.Size));
        Assert.True(instruction.TryGetInt32(1, out var number));
        Assert.Equal(-1, number);
        Assert.False(instruction.TryGetInt32(2, out _));
        Assert.True(instruction.TryGetInt64(2, out var big));
        Assert.Equal(2147483648L, big);
        Assert.False(instruction.TryGetInt64(3, out _));
        Assert.False(instruction.TryGetInt64(4, out _));
        Assert.False(instruction.TryGetInt64(5, out _));
        Assert.False(instruction.TryGetInt64(-1, out _));
    }

    private static bool TryRead(InstructionParser parser, ReadOnlySpan<byte> bytes)
    {
        var buffer = SplitBuffers.Whole(bytes.ToArray());
        return parser.TryRead(ref buffer, out _);
    }

    private static void AssertMalformed(byte[] wire, GuacamoleProtocolError reason, long offset)
    {
        foreach (var cuts in StreamReading.EveryCut(wire.Length))
        {
            var error = StreamReading.Read(wire, cuts).Error;
            Assert.NotNull(error);
            Assert.Equal((reason, offset), (error.Reason, error.Offset));
        }

        // Nothing before that byte may be refused: its prefix is only incomplete.
        Assert.Null(StreamReading.Read(wire[..(int)offset], []).Error);
    }
}
