using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Evidence.Recording;
using OpenOva.Relay.Evidence.Spool;
using OpenOva.Relay.Ledger;
using OpenOva.Relay.ObjectStorage;

namespace OpenOva.Relay.Recordings;

/// <summary>
/// Puts closed segments of open recordings into the store, each recording's in their order, and once a minute the position of each chain into the ledger. A segment is put
/// only after its frames were synced: what the store or the ledger knows of a recording, the spool has too, whatever happens to the machine.
/// Segments wait as positions in the spool, so an outage of the store costs disk, not memory.
/// </summary>
internal sealed class LiveSegments(
    SpoolLog spool, IObjectStore store, ObjectStorageOptions buckets, RelayDatabase database, Leases leases, ReplicaName replica, LedgerStage ledger,
    RecordingsOptions options, TimeProvider time, ILogger<LiveSegments> logger) : BackgroundService
{
    // A put waits for the store's answer: one at a time would fall behind a busy replica.
    private readonly Lane[] _lanes = [.. Enumerable.Range(0, 8).Select(_ => new Lane())];
    private readonly ConcurrentDictionary<Guid, long> _chained = new();

    /// <summary>Takes a segment that was just closed. Never blocks.</summary>
    public void Add(SpooledSegment segment) => LaneOf(segment.Session.Id).Closed.Writer.TryWrite(segment);

    /// <summary>
    /// The session is about to be sealed: its remaining segments need not be put any more. When it returns none is being put.
    /// </summary>
    public async Task FinishAsync(SpooledSession session, CancellationToken cancellation)
    {
        session.IsFinished = true;
        var lane = LaneOf(session.Id);
        await lane.Uploading.WaitAsync(cancellation);
        lane.Uploading.Release();
        _chained.TryRemove(session.Id, out _);
    }

    public override void Dispose()
    {
        foreach (var lane in _lanes) lane.Uploading.Dispose();
        base.Dispose();
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(_lanes.Select(lane => UploadAsync(lane, stoppingToken)));

    private Lane LaneOf(Guid session) => _lanes[(uint)session.GetHashCode() % _lanes.Length];

    private async Task UploadAsync(Lane lane, CancellationToken stoppingToken)
    {
        try
        {
            await foreach (var segment in lane.Closed.Reader.ReadAllAsync(stoppingToken))
            {
                while (!await TryUploadAsync(lane, segment, stoppingToken)) await Task.Delay(options.RetryPeriod, time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The spool has what was not put; sealing or recovery goes on from there.
        }
    }

    private async Task<bool> TryUploadAsync(Lane lane, SpooledSegment segment, CancellationToken cancellation)
    {
        await lane.Uploading.WaitAsync(cancellation);
        try
        {
            if (segment.Session.IsFinished) return true;
            await spool.SyncAsync(cancellation);
            await PutAsync(segment, cancellation);
            await ChainAsync(segment, cancellation);
            return true;
        }
        // All of them, a time limit's cancellation too: the lane serves many sessions, and one that ended by an exception would end unseen.
        catch (Exception exception) when (!cancellation.IsCancellationRequested)
        {
            logger.UploadFailed(segment.Descriptor.Session, segment.Number, options.RetryPeriod, exception);
            // A spool that failed, or is damaged here, will not get better; sealing says so.
            return exception is EvidenceFormatException or SpoolFailedException;
        }
        finally
        {
            lane.Uploading.Release();
        }
    }

    private async Task PutAsync(SpooledSegment segment, CancellationToken cancellation)
    {
        var content = Read(segment).Encode();
        try
        {
            await store.PutIfAbsentAsync(
                buckets.EvidenceBucket, RecordingKeys.Of(segment.Descriptor).LiveSegment(segment.Number), content, null, cancellation);
        }
        catch (ObjectAlreadyExistsException)
        {
            // The key holds this replica's epoch: an earlier try of ours succeeded though its answer was lost.
        }
    }

    private LivePiece Read(SpooledSegment segment)
    {
        using var raw = new MemoryStream();
        foreach (var position in segment.Session.Range(segment.FirstFrame, segment.Frames))
        {
            var frame = spool.Read(position);
            if (frame.Type == SpoolFrameType.Output) raw.Write(OutputPayload.Read(frame.Payload, new ClassTotals(), out _).Span);
            else if (frame.Type == SpoolFrameType.Segment) return new(Encoding.ASCII.GetString(frame.Payload.Span), raw.ToArray());
        }

        throw new EvidenceFormatException("a closed segment has no header in the spool");
    }

    private async Task ChainAsync(SpooledSegment segment, CancellationToken cancellation)
    {
        var now = time.GetUnixMicroseconds();
        var last = _chained.GetOrAdd(segment.Session.Id, now);
        if (now - last < options.ChainPeriod.Ticks / TimeSpan.TicksPerMicrosecond) return;
        await database.TransactAsync(
            async transaction =>
            {
                // Once another replica has taken over, what it sealed is the recording, and the ledger must not know of more than that.
                if (!await leases.HoldsAsync(transaction, $"replica/{replica.Name}", segment.Descriptor.Epoch)) return;
                await ledger.AddAsync(transaction, segment.Descriptor.Organisation, LedgerEventTypes.RecordingChain, new JsonObject
                {
                    ["session"] = segment.Descriptor.Session,
                    ["epoch"] = segment.Descriptor.Epoch,
                    ["number"] = segment.Number,
                    ["head"] = segment.Head,
                });
            },
            cancellation);
        _chained[segment.Session.Id] = now;
    }

    private sealed class Lane
    {
        public Channel<SpooledSegment> Closed { get; } = Channel.CreateUnbounded<SpooledSegment>(new UnboundedChannelOptions { SingleReader = true });

        public SemaphoreSlim Uploading { get; } = new(1, 1);
    }
}
