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
                if (piece.Key != RecordingKeys.Of(descriptor).LiveSegment(segments.Number)) throw new EvidenceFormatException($"{piece.Key} stands where segment {segments.Number} should");
                var read = LivePiece.Parse(await store.GetBytesAsync(bucket, piece.Key, LivePiece.MaxBytes, cancellation), piece.Key);
                last = Adopt(segments, read, piece.Key);
                heartbeats.AddRange(last.Heartbeats.Select(h => h.MonoMs));
                await segment(read.Header, read.Raw);
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

    private SegmentHeader Adopt(SegmentBuilder segments, LivePiece piece, string what)
    {
        var jws = Jws.Parse(piece.Header, JwsTypes.Segment, what);
        if (!jws.IsSignedBy(lost.Descriptor.SessionKey)) throw new EvidenceFormatException($"{what} is not signed by the session's key");
        var counter = new InstructionCounter();
        counter.Read(piece.Raw);
        segments.Append(piece.Raw, counter.Count, null, null, 0);
        if (segments.Adopt(jws) is { } adopted) return adopted.Header;
        segments.Drop();
        throw new EvidenceFormatException($"{what} is not what its header says, or does not follow the segment before");
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
