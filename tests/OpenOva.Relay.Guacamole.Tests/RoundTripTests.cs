using System.Buffers;
using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace OpenOva.Relay.Guacamole.Tests;

[Trait("Kind", "Fast")]
public sealed class RoundTripTests
{
    [Fact]
    public void ReadOfWrite_UnderAnySplit_IsTheSame()
    {
        var sample = Instructions().SelectMany(_ => Cuts(), (instructions, cuts) => (instructions, cuts));
        Prop.ForAll(sample.ToArbitrary(), pair => RoundTrips(pair.instructions, pair.cuts))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Fact]
    public void ReadOfWrite_ByteByByte_IsTheSame() =>
        Prop.ForAll(Instructions().ToArbitrary(), instructions => RoundTrips(instructions, null))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(60));

    private static bool RoundTrips(string[][] instructions, int[]? cuts)
    {
        var output = new ArrayBufferWriter<byte>();
        foreach (var instruction in instructions)
            InstructionWriter.Write(output, Encoding.UTF8.GetBytes(instruction[0]), instruction.AsSpan(1));
        var wire = output.WrittenSpan.ToArray();
        int[] places = cuts is null
            ? [.. Enumerable.Range(1, Math.Max(0, wire.Length - 1))]
            : [.. cuts.Select(cut => cut % (wire.Length + 1)).Order()];

        var read = StreamReading.Read(wire, places);
        return read.Error is null
            && read.Parser.Offset == wire.Length
            && read.Instructions.Count == instructions.Length
            && read.Instructions.Zip(instructions).All(pair => pair.First.SequenceEqual(pair.Second, StringComparer.Ordinal));
    }

    // Text of one to four bytes a character, with the grammar's own delimiters strewn in.
    private static Gen<string> Text() => Gen.OneOf(
            Gen.Choose(0x20, 0x7E), Gen.Elements(',', ';', '.', '0', '\0', '\n').Select(c => (int)c),
            Gen.Choose(0x80, 0x7FF), Gen.Choose(0x800, 0xD7FF), Gen.Choose(0xE000, 0xFFFF), Gen.Choose(0x10000, 0x10FFFF))
        .Select(char.ConvertFromUtf32).ArrayOf().Select(string.Concat);

    private static Gen<string[][]> Instructions() =>
        Text().ArrayOf().Where(elements => elements.Length is > 0 and <= GuacamoleLimits.MaxElements).ArrayOf();

    private static Gen<int[]> Cuts() => Gen.Choose(0, int.MaxValue - 1).ArrayOf();
}
