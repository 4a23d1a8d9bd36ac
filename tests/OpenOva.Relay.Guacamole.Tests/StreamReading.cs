using System.Buffers;
using OpenOva.Relay.Shared;

namespace OpenOva.Relay.Guacamole.Tests;

/// <summary>Drives a parser as a receive loop does: it is always given all that has come and not been returned.</summary>
internal static class StreamReading
{
    /// <summary>Reads bytes that come in pieces ending at the cuts, each piece a segment of its own.</summary>
    public static (List<string[]> Instructions, GuacamoleProtocolException? Error, InstructionParser Parser) Read(
        byte[] stream, int[] cuts, InstructionParserOptions? options = null)
    {
        var parser = new InstructionParser(options);
        var instructions = new List<string[]>();
        int[] ends = [.. cuts, stream.Length];
        try
        {
            for (var i = 0; i < ends.Length; i++)
            {
                var from = (int)parser.Offset;
                int[] inside = [.. ends.Take(i).Where(cut => cut > from).Select(cut => cut - from)];
                var buffer = SplitBuffers.At(stream.AsMemory(from..ends[i]), inside);
                while (parser.TryRead(ref buffer, out var instruction))
                    instructions.Add(instruction.ToStrings());
                Assert.Equal(ends[i] - parser.Offset, buffer.Length);
            }
        }
        catch (GuacamoleProtocolException exception)
        {
            return (instructions, exception, parser);
        }
        return (instructions, null, parser);
    }

    /// <summary>The ways of coming that every grammar test goes through: whole, cut in two at each place, byte by byte.</summary>
    public static IEnumerable<int[]> EveryCut(int length) =>
        [[], .. Enumerable.Range(0, length + 1).Select(cut => new[] { cut }), [.. Enumerable.Range(1, Math.Max(0, length - 1))]];
}
