using System.Buffers.Binary;
using OpenOva.Relay.Evidence.Recording;

namespace OpenOva.Relay.Evidence.Spool;

/// <summary>
/// The payload of an output frame: <c>u8 n</c>, then n times <c>u8 class, u32 count, u64 bytes</c>, then the recorded bytes. One frame is one batch of
/// instructions: written before the same batch is delivered.
/// </summary>
public static class OutputPayload
{
    private const int EntryBytes = 1 + 4 + 8;

    /// <summary>The largest head: an entry for every class.</summary>
    public const int MaxHeadBytes = 1 + 32 * EntryBytes;

    /// <summary>Writes the head; the recorded bytes follow it.</summary>
    /// <returns>Bytes written.</returns>
    public static int WriteHead(Span<byte> to, ReadOnlySpan<(InstructionClass Class, Tally Tally)> counts)
    {
        to[0] = (byte)counts.Length;
        var at = 1;
        foreach (var (c, tally) in counts)
        {
            to[at] = (byte)c;
            BinaryPrimitives.WriteUInt32LittleEndian(to[(at + 1)..], (uint)tally.Count);
            BinaryPrimitives.WriteInt64LittleEndian(to[(at + 5)..], tally.Bytes);
            at += EntryBytes;
        }

        return at;
    }

    /// <summary>Reads a payload: adds its counts to the totals, and gives the recorded bytes.</summary>
    /// <param name="payload">The frame's payload.</param>
    /// <param name="totals">Receives the counts.</param>
    /// <param name="recorded">Receives the recorded instructions' number.</param>
    /// <exception cref="EvidenceFormatException">Too short for what it announces.</exception>
    public static ReadOnlyMemory<byte> Read(ReadOnlyMemory<byte> payload, ClassTotals totals, out long recorded)
    {
        var span = payload.Span;
        recorded = 0;
        if (span.IsEmpty || span.Length < 1 + span[0] * EntryBytes) throw new EvidenceFormatException("a spool output frame is too short");
        var at = 1;
        for (var i = 0; i < span[0]; i++, at += EntryBytes)
        {
            var c = (InstructionClass)span[at];
            var count = BinaryPrimitives.ReadUInt32LittleEndian(span[(at + 1)..]);
            totals.Add(c, count, BinaryPrimitives.ReadInt64LittleEndian(span[(at + 5)..]));
            if (c.IsRecorded()) recorded += count;
        }

        return payload[at..];
    }
}
