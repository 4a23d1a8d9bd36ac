using System.Buffers;
using System.Text;

namespace OpenOva.Relay.Guacamole.Tests;

[Trait("Kind", "Fast")]
public sealed class InstructionLimitsTests
{
    [Fact]
    public void Limits_AreThoseOfGuacd() => Assert.Equal(
        (128, 8192, 5, 32768, 6048),
        (GuacamoleLimits.MaxElements, GuacamoleLimits.MaxElementLength, GuacamoleLimits.MaxLengthDigits,
            GuacamoleLimits.MaxInstructionBytes, GuacamoleLimits.MaxBlobBytes));

    [Fact]
    public void Elements_AtTheLimit_AreRead()
    {
        var wire = Encoding.ASCII.GetBytes("3.nop" + string.Concat(Enumerable.Repeat(",0.", 127)) + ";");
        Assert.Equal(128, Assert.Single(StreamReading.Read(wire, []).Instructions).Length);
    }

    [Fact]
    public void Elements_OneOver_AreRefusedAtTheComma()
    {
        var wire = Encoding.ASCII.GetBytes("3.nop" + string.Concat(Enumerable.Repeat(",0.", 128)) + ";");
        AssertRefused(wire, GuacamoleProtocolError.TooManyElements, 5 + 127 * 3);
    }

    [Theory]
    [InlineData("A")]
    [InlineData("ë")]
    [InlineData("😀", 8191)] // 32764 bytes: the code points count, as far as the instruction's bytes allow
    public void Element_AtTheLimit_IsRead(string character, int count = 8192)
    {
        var fits = count * Encoding.UTF8.GetByteCount(character) + 6 <= GuacamoleLimits.MaxInstructionBytes;
        var wire = Encoding.UTF8.GetBytes($"{count}.{string.Concat(Enumerable.Repeat(character, count))};");
        var (instructions, error, _) = StreamReading.Read(wire, []);
        Assert.Equal(fits ? null : GuacamoleProtocolError.InstructionTooLong, error?.Reason);
        Assert.Equal(fits ? 1 : 0, instructions.Count);
    }

    [Fact]
    public void Element_OneOver_IsRefusedAtItsFullStop() =>
        AssertRefused(Encoding.ASCII.GetBytes("8193." + new string('A', 8193) + ";"), GuacamoleProtocolError.ElementTooLong, 4);

    [Fact]
    public void Instruction_AtTheLimit_IsRead()
    {
        var wire = OfLength(GuacamoleLimits.MaxInstructionBytes);
        Assert.Single(StreamReading.Read(wire, []).Instructions);
        Assert.Single(StreamReading.Read(wire, [1, 4096, 32767]).Instructions);
    }

    [Fact]
    public void Instruction_OneOver_IsRefusedAtTheByteAfterTheLimit() =>
        AssertRefused(OfLength(GuacamoleLimits.MaxInstructionBytes + 1), GuacamoleProtocolError.InstructionTooLong, GuacamoleLimits.MaxInstructionBytes);

    [Fact]
    public void Instruction_FullAndNotOver_IsRefusedWithoutWaitingForMore() =>
        Assert.Equal(
            GuacamoleProtocolError.InstructionTooLong,
            StreamReading.Read(OfLength(GuacamoleLimits.MaxInstructionBytes + 1)[..GuacamoleLimits.MaxInstructionBytes], []).Error?.Reason);

    [Fact]
    public void Options_TightenTheLimits()
    {
        var options = new InstructionParserOptions { MaxElements = 2, MaxElementLength = 4, MaxInstructionBytes = 12 };
        Assert.Single(StreamReading.Read("4.sync,3.123;"u8.ToArray()[..13], [], options with { MaxInstructionBytes = 13 }).Instructions);
        Assert.Equal(GuacamoleProtocolError.InstructionTooLong, StreamReading.Read("4.sync,3.123;"u8.ToArray(), [], options).Error?.Reason);
        Assert.Equal(GuacamoleProtocolError.ElementTooLong, StreamReading.Read("5.abcde;"u8.ToArray(), [], options).Error?.Reason);
        Assert.Equal(GuacamoleProtocolError.TooManyElements, StreamReading.Read("0.,0.,0.;"u8.ToArray(), [], options).Error?.Reason);
    }

    [Fact]
    public void Options_WithoutSense_AreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new InstructionParser(new() { MaxElements = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new InstructionParser(new() { MaxElementLength = 100_000 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new InstructionParser(new() { MaxInstructionBytes = 2 }));
    }

    [Fact]
    public void Writer_AtTheLimits_WritesWhatTheParserReads()
    {
        var output = new ArrayBufferWriter<byte>();
        InstructionWriter.Write(output, "x"u8, [.. Enumerable.Repeat("", 127)]);
        InstructionWriter.Write(output, "x"u8, string.Concat(Enumerable.Repeat("ë", 8192)));
        var full = output.WrittenCount;
        InstructionWriter.Write(output, "x"u8, new string('A', 8192), new string('A', 8192), new string('A', 8192), new string('A', 8164));
        Assert.Equal(GuacamoleLimits.MaxInstructionBytes, output.WrittenCount - full);
        Assert.Equal(3, StreamReading.Read(output.WrittenSpan.ToArray(), []).Instructions.Count);
    }

    [Fact]
    public void Writer_OneOverALimit_WritesNothingAndDoesNotRepeatTheValue()
    {
        var output = new ArrayBufferWriter<byte>();
        string[][] over =
        [
            [.. Enumerable.Repeat("", 128)],
            [new string('A', 8193)],
            [new string('A', 8192), new string('A', 8192), new string('A', 8192), new string('A', 8165)],
            [new string('A', 100_000)],
        ];
        foreach (var args in over)
            Assert.DoesNotContain("AAAA", Assert.Throws<ArgumentException>(() => InstructionWriter.Write(output, "x"u8, args)).ToString(), StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => InstructionWriter.Write(output, "x"u8, [0xC0, 0x80]));
        Assert.Throws<ArgumentOutOfRangeException>(() => InstructionWriter.WriteBlob(output, 0, new byte[6049]));
        Assert.Equal(0, output.WrittenCount);
    }

    private static byte[] OfLength(int bytes)
    {
        // Four elements, the last as long as is needed.
        var head = string.Concat(Enumerable.Repeat("8192." + new string('A', 8192) + ",", 3));
        var rest = bytes - head.Length - "8160.;".Length;
        return Encoding.ASCII.GetBytes($"{head}{rest}.{new string('A', rest)};");
    }

    private static void AssertRefused(byte[] wire, GuacamoleProtocolError reason, long offset)
    {
        foreach (var cuts in new int[][] { [], [1], [(int)offset], [wire.Length / 2], [.. Enumerable.Range(1, Math.Min(wire.Length - 1, 600))] })
        {
            var error = StreamReading.Read(wire, cuts).Error;
            Assert.Equal((reason, offset), (error?.Reason, error?.Offset ?? -1));
        }
    }
}
