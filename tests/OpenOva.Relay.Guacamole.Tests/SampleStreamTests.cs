using System.Buffers;
using OpenOva.Relay.Shared;

namespace OpenOva.Relay.Guacamole.Tests;

/// <summary>Streams of real guacds, however they are cut.</summary>
[Trait("Kind", "Fast")]
public sealed class SampleStreamTests
{
    public static TheoryData<string> Names =>
        [.. Directory.EnumerateFiles(Folder, "*.guac*").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "testdata");

    [Fact]
    public void Samples_AreAllThere() => Assert.Equal(12, Names.Count);

    [Theory]
    [MemberData(nameof(Names))]
    public void Sample_ReadAndWrittenAgain_IsTheSameBytes(string name)
    {
        var stream = File.ReadAllBytes(Path.Combine(Folder, name));
        var output = new ArrayBufferWriter<byte>();
        var rest = SplitBuffers.Whole(stream);
        var parser = new InstructionParser();
        while (parser.TryRead(ref rest, out var instruction))
            InstructionWriter.Write(output, instruction.Opcode, instruction.ToStrings().AsSpan(1));
        Assert.True(output.WrittenSpan.SequenceEqual(stream));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Sample_CutInTwoAtEveryByte_GivesTheSameInstructions(string name)
    {
        var stream = File.ReadAllBytes(Path.Combine(Folder, name));
        var ends = Ends(stream);
        for (var cut = 0; cut <= stream.Length; cut++)
        {
            // As two arrivals: the first piece alone, then what is left of it with the second piece.
            var parser = new InstructionParser();
            var read = 0;
            var buffer = new ReadOnlySequence<byte>(stream, 0, cut);
            read = ReadAll(parser, ref buffer, ends, read);
            var from = (int)parser.Offset;
            buffer = cut == from ? new ReadOnlySequence<byte>(stream, from, stream.Length - from) : SplitBuffers.At(stream.AsMemory(from), cut - from);
            read = ReadAll(parser, ref buffer, ends, read);
            Assert.Equal(ends.Count, read);
            Assert.False(parser.IsInsideInstruction);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Sample_ByteByByte_GivesTheSameInstructions(string name)
    {
        var stream = File.ReadAllBytes(Path.Combine(Folder, name));
        var ends = Ends(stream);
        var parser = new InstructionParser();
        var read = 0;
        for (var arrived = 1; arrived <= stream.Length; arrived++)
        {
            var from = (int)parser.Offset;
            var buffer = new ReadOnlySequence<byte>(stream, from, arrived - from);
            read = ReadAll(parser, ref buffer, ends, read);
        }
        Assert.Equal(ends.Count, read);

        var segments = SplitBuffers.EachByte(stream);
        Assert.Equal(ends.Count, ReadAll(new InstructionParser(), ref segments, ends, 0));
    }

    // By a second way that knows nothing of the parser: these samples are ASCII, so lengths are bytes.
    private static List<long> Ends(byte[] stream)
    {
        var ends = new List<long>();
        for (var i = 0; i < stream.Length;)
        {
            var dot = Array.IndexOf(stream, (byte)'.', i);
            var terminator = dot + 1 + int.Parse(System.Text.Encoding.ASCII.GetString(stream, i, dot - i), System.Globalization.CultureInfo.InvariantCulture);
            if (stream[terminator] == ';')
                ends.Add(terminator + 1);
            i = terminator + 1;
        }
        return ends;
    }

    private static int ReadAll(InstructionParser parser, ref ReadOnlySequence<byte> buffer, List<long> ends, int read)
    {
        while (parser.TryRead(ref buffer, out var instruction))
        {
            if (ends[read] != parser.Offset || ends[read] - (read == 0 ? 0 : ends[read - 1]) != instruction.Raw.Length)
                Assert.Fail($"Instruction {read} ends at {parser.Offset} instead of {ends[read]}.");
            read++;
        }
        return read;
    }
}
