using System.Buffers;

namespace OpenOva.Relay.Shared;

/// <summary>The same bytes as a receive loop may come by them: in one piece, cut in two at every place, one at a time.</summary>
public static class SplitBuffers
{
    /// <summary>One segment.</summary>
    public static ReadOnlySequence<byte> Whole(ReadOnlyMemory<byte> bytes) => new(bytes);

    /// <summary>Segments that end at the given offsets, which must rise; an empty segment comes of an offset given twice.</summary>
    public static ReadOnlySequence<byte> At(ReadOnlyMemory<byte> bytes, params ReadOnlySpan<int> offsets)
    {
        var first = new Segment(bytes[..(offsets.IsEmpty ? bytes.Length : offsets[0])], null);
        var last = first;
        for (var i = 0; i < offsets.Length; i++)
            last = new Segment(bytes[offsets[i]..(i + 1 < offsets.Length ? offsets[i + 1] : bytes.Length)], last);
        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    /// <summary>Every way of cutting in two, the cuts at both ends included.</summary>
    public static IEnumerable<ReadOnlySequence<byte>> EveryTwoWay(ReadOnlyMemory<byte> bytes)
    {
        for (var i = 0; i <= bytes.Length; i++)
            yield return At(bytes, i);
    }

    /// <summary>A segment for each byte.</summary>
    public static ReadOnlySequence<byte> EachByte(ReadOnlyMemory<byte> bytes) => At(bytes, [.. Enumerable.Range(1, Math.Max(0, bytes.Length - 1))]);

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, Segment? previous)
        {
            Memory = memory;
            if (previous is null)
                return;
            RunningIndex = previous.RunningIndex + previous.Memory.Length;
            previous.Next = this;
        }
    }
}
