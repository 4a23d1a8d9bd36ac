using System.Text;
using OpenOva.Relay.Evidence;
using OpenOva.Relay.Evidence.Keys;
using OpenOva.Relay.Evidence.Recording;
using OpenOva.Relay.ObjectStorage;

namespace OpenOva.Relay.Recordings;

/// <summary>
/// Reads a lost recording back from its live pieces. Only what the session's own key signed and what chains from the ledgered opening is taken: who can write
/// to the store cannot add to a recording. A piece that does not fit ends the chain, is declared as a gap, and stays in the store.
/// </summary>
internal sealed class LiveSource(LostRecording lost, IObjectStore store, string bucket) : ISegmentSource
{
    private static readonly byte[] Magic = "RELAY-SEGMENT 1\n"u8.ToArray();
    private const int MaxHeaderBytes = 256 * 1024;
    private const int MaxPieceBytes = 64 << 20;

    public string Organisation => lost.Descriptor.Organisation;

    public Guid Session { get; } = Guid.ParseExact(lost.Descriptor.Session, "D");

    public async Task<ReplayedSession> ReplayAsync(ISigningKey serviceKey, Func<string, ReadOnlyMemory<byte>, Task> segment, CancellationToken cancellation)
    {
        var descriptor = lost.Descriptor;
        using var segments = new SegmentBuilder(descriptor.Organisation, descriptor.Session, descriptor.Epoch, descriptor.Opening.Sha256);
        var heartbeats = new List<long>();
        SegmentHeader? last = null;
        string? broken = null;
        var pieces = 0L;
        await foreach (var piece in store.ListAsync(bucket, RecordingKeys.Of(descriptor).LivePrefix, cancellation))
        {
            pieces++;
            if (broken is not null) continue;
            try
            {
                var content = await store.GetBytesAsync(bucket, piece.Key, MaxPieceBytes, cancellation);
                if (piece.Key != RecordingKeys.Of(descriptor).LiveSegment(segments.Number)) throw new EvidenceFormatException($"{piece.Key} stands where segment {segments.Number} should");
                var (compact, raw) = Read(content, piece.Key);
                last = Adopt(segments, compact, raw, piece.Key);
                heartbeats.AddRange(last.Heartbeats.Select(h => h.MonoMs));
                await segment(compact, raw);
            }
            catch (Exception exception) when (exception is EvidenceFormatException or ObjectChecksumException)
            {
                broken = exception.Message;
            }
        }

        if (last is not null) Count(segments.Totals, last);
        var own = segments.Number;
        if (own == 0)
        {
            var closed = await segments.CloseAsync(serviceKey, SegmentSigner.Service, descriptor.OpenedUs, cancellation);
            await segment(closed.Jws.Compact, closed.Raw);
        }

        return new ReplayedSession
        {
            Descriptor = descriptor,
            Totals = segments.Totals,
            Head = segments.Head,
            Coverage = heartbeats.Count == 0 ? new Coverage(0, 0, 0, 0) : Coverage.Measure(heartbeats[0], heartbeats, heartbeats[^1]),
            End = null,
            EndedUs = last?.LastWallUs ?? descriptor.OpenedUs,
            ConnectedUs = lost.ConnectedUs,
            SyncMs = lost.SyncMs,
            GuacdVersion = lost.GuacdVersion,
            Gaps = broken is null ? [] : [(own - 1, $"{pieces - own} live pieces were not taken: {broken}")],
            ServiceFrom = own,
            FromLivePieces = true,
        };
    }

    private static (string Header, byte[] Raw) Read(byte[] content, string what)
    {
        var head = content.AsSpan();
        if (!head.StartsWith(Magic)) throw new EvidenceFormatException($"{what} is no live segment");
        head = head[Magic.Length..];
        var end = head.IndexOf((byte)'\n');
        if (end is < 1 or > MaxHeaderBytes) throw new EvidenceFormatException($"{what} has no header");
        var compact = Encoding.ASCII.GetString(head[..end]);
        var bytes = SegmentHeader.Parse(Jws.Parse(compact, JwsTypes.Segment, what), what).RawBytes;
        if (bytes > MaxPieceBytes) throw new EvidenceFormatException($"{what} says that it holds {bytes} bytes");
        var member = content.AsMemory(Magic.Length + end + 1);
        using var raw = new MemoryStream((int)bytes);
        using var from = new MemoryStream(member.ToArray(), writable: false);
        GzipMembers.Decompress(from, member.Length, bytes, raw.Write, what);
        return (compact, raw.ToArray());
    }

    private SegmentHeader Adopt(SegmentBuilder segments, string compact, byte[] raw, string what)
    {
        var jws = Jws.Parse(compact, JwsTypes.Segment, what);
        if (!jws.IsSignedBy(lost.Descriptor.SessionKey)) throw new EvidenceFormatException($"{what} is not signed by the session's key");
        var counter = new InstructionCounter();
        counter.Read(raw);
        segments.Append(raw, counter.Count, null, null, 0);
        return (segments.Adopt(jws) ?? throw new EvidenceFormatException($"{what} is not what its header says, or does not follow the segment before")).Header;
    }

    private static void Count(ClassTotals totals, SegmentHeader last)
    {
        foreach (var (name, tally) in last.Classes)
        {
            var c = InstructionClasses.All.FirstOrDefault(c => c.Name() == name);
            if (c.Name() != name) throw new EvidenceFormatException($"a segment counts a class {name}, which this build does not know");
            totals.Add(c, tally.Count, tally.Bytes);
        }

        totals.Add(InstructionClass.Synthesised, last.Synthesised.Count, last.Synthesised.Bytes);
    }
}
