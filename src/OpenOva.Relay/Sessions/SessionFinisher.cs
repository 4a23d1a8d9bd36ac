using System.Collections.Concurrent;
using System.Threading.Channels;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Evidence.Recording;
using OpenOva.Relay.Evidence.Spool;
using OpenOva.Relay.Ledger;
using OpenOva.Relay.ObjectStorage;
using OpenOva.Relay.Recordings;
using OpenOva.Relay.Telemetry;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Sessions;

/// <summary>A session that is over, or was found in the spool of a former life. Recording null: there is none in this replica's spool.</summary>
internal sealed record FinishedSession(string Organisation, string Id, long Epoch, SessionOutcome Outcome, long? ConnectedUs, long EndedUs, SpooledSession? Recording)
{
    /// <summary>Another replica's, or a former life's whose spool is gone: what is in the store is what there is.</summary>
    public bool TakenOver { get; init; }

    /// <summary>What was seen of the first frame; null where a former life or another replica saw it, or nobody did.</summary>
    public FirstFrame? FirstFrame { get; init; }

    /// <summary>How often finishing it was tried in vain.</summary>
    public int Failures { get; init; }
}

/// <summary>
/// Notes ends and seals recordings, again and again until it is done: while the database or the store is down, the spool keeps what is not sealed. At start it
/// takes over what a former life left.
/// </summary>
internal sealed class SessionFinisher(
    RelayDatabase database, LedgerStage ledger, RecordingSealer sealer, LiveSegments live, LostRecordings lost, DeleteLivePieces livePieces, IObjectStore store,
    ObjectStorageOptions buckets, SpoolIntake spool, ReplicaLease lease, ReplicaName replica, RecordingsOptions options, RepeatedWork work,
    TimeProvider time, ILogger<SessionFinisher> logger) : BackgroundService
{
    private const int Workers = 2;
    private const long LeftInTheSpool = -1;
    private static readonly SessionOutcome Lost = SessionOutcome.Of(SessionEndReason.ReplicaLost, ErrorReason.ReplicaLost);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);
    private readonly Channel<FinishedSession> _finished = Channel.CreateUnbounded<FinishedSession>();
    private readonly ConcurrentDictionary<string, byte> _takenOver = new(StringComparer.Ordinal);
    private int _open;

    /// <summary>Sessions that are not finished yet.</summary>
    public int Open => Volatile.Read(ref _open);

    /// <summary>Takes a session that is over. Never blocks.</summary>
    public void Add(FinishedSession session)
    {
        Interlocked.Increment(ref _open);
        _finished.Writer.TryWrite(session);
    }

    /// <summary>Takes an unfinished session of a replica that is lost. False: it is being finished already.</summary>
    public bool TakeOver(SessionRow row)
    {
        if (!_takenOver.TryAdd(row.Id, 0)) return false;
        Add(new FinishedSession(row.Organisation, row.Id, row.Epoch, Lost, row.ConnectedUs, 0, null) { TakenOver = true });
        return true;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await lease.Taken.WaitAsync(stoppingToken);
            foreach (var left in spool.Left) Add(new FinishedSession("", left.Id.ToString("D"), LeftInTheSpool, Lost, null, 0, left));
            await Task.WhenAll([work.UntilDoneAsync("sessions-left", options.RetryPeriod, EndUnspooledAsync, stoppingToken), .. Enumerable.Range(0, Workers).Select(_ => WorkAsync(stoppingToken))]);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The spool keeps what is not sealed for the next start.
        }
    }

    private async Task WorkAsync(CancellationToken cancellation)
    {
        await foreach (var session in _finished.Reader.ReadAllAsync(cancellation))
        {
            if (await TryFinishAsync(session, cancellation))
            {
                _takenOver.TryRemove(session.Id, out _);
                Interlocked.Decrement(ref _open);
                continue;
            }

            // Put back and not waited for: one that cannot be finished must not hold up the others.
            _ = PutBackAsync(session with { Failures = session.Failures + 1 }, cancellation);
        }
    }

    private async Task PutBackAsync(FinishedSession session, CancellationToken cancellation)
    {
        await Task.Delay(PauseBefore(session.Failures), time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _finished.Writer.TryWrite(session);
    }

    private TimeSpan PauseBefore(int failures)
    {
        var pause = options.RetryPeriod * Math.Pow(2, Math.Min(failures - 1, 10));
        return pause < LongestPause ? pause : LongestPause;
    }

    private async Task<bool> TryFinishAsync(FinishedSession session, CancellationToken cancellation)
    {
        try
        {
            if (session.Epoch == LeftInTheSpool) return await RecoverAsync(session.Recording!, cancellation);
            if (session.TakenOver) return await RecoverFromStoreAsync(session, cancellation);
            await database.TransactAsync(transaction => EndAsync(transaction, session), cancellation);
            if (session.Recording is { } recording) await SealAsync(recording, session.Outcome, cancellation);
            return true;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            throw;
        }
        catch (SealClaimedException)
        {
            logger.SealedElsewhere(session.Id);
            return false;
        }
        catch (Exception exception)
        {
            logger.SealingFailed(session.Id, PauseBefore(session.Failures + 1), exception);
            return false;
        }
    }

    private async Task SealAsync(SpooledSession recording, SessionOutcome outcome, CancellationToken cancellation)
    {
        await live.FinishAsync(recording, cancellation);
        // A spool that is full has no frame of the end; this replica knows it all the same.
        var row = await sealer.SealAsync(new SpoolSource(spool.Log, recording), new RecordedEnd(outcome.Reason.Name(), outcome.Status), SealedAsync, cancellation);
        await livePieces.DeleteLateAsync(row, cancellation);
        Forget(recording, row.Epoch);
    }

    private static async Task SealedAsync(RelayTransaction transaction, ReplayedSession replay, RecordingRow row)
    {
        if (!await SessionQueries.SealedAsync(transaction, row.Organisation, row.Session, row.SealedUs, row.RecordedBytes, row.Recovered))
            await SessionQueries.SupplementedAsync(transaction, row.Organisation, row.Session, row.RecordedBytes, row.Recovered);
    }

    private async Task<bool> RecoverAsync(SpooledSession recording, CancellationToken cancellation)
    {
        var descriptor = RecordingDescriptor.Parse(spool.Log.Read(recording.All().First()).Payload);
        var row = await SessionQueries.FindAsync(database, descriptor.Organisation, descriptor.Session, cancellation);
        if (row is { RecordingOpened: false })
        {
            // The ticket was never redeemed: the recorder was opened, and nothing reached anybody.
            Forget(recording, descriptor.Epoch);
            return true;
        }

        var sealedRow = await sealer.SealAsync(
            new SpoolSource(spool.Log, recording),
            null,
            async (transaction, replay, sealing) =>
            {
                await EndAsync(transaction, Recovered(descriptor, replay));
                await SealedAsync(transaction, replay, sealing);
            },
            cancellation);
        await livePieces.DeleteLateAsync(sealedRow, cancellation);
        Forget(recording, sealedRow.Epoch);
        return true;
    }

    private async Task<bool> RecoverFromStoreAsync(FinishedSession session, CancellationToken cancellation)
    {
        if (await SessionQueries.FindAsync(database, session.Organisation, session.Id, cancellation) is not { } row) return true;
        if (row is { EndedUs: not null, SealedUs: not null }) return true;
        var recording = row.RecordingOpened ? await lost.FindAsync(Subject(row), cancellation) : null;
        if (recording is null)
        {
            await database.TransactAsync(transaction => EndAsync(transaction, session with { EndedUs = time.GetUnixMicroseconds() }), cancellation);
            return true;
        }

        await sealer.SealAsync(
            new LiveSource(recording, store, buckets.EvidenceBucket),
            row.EndReason is null ? null : new RecordedEnd(row.EndReason, 0),
            async (transaction, replay, sealing) =>
            {
                await EndAsync(transaction, session with { EndedUs = replay.EndedUs });
                await SealedAsync(transaction, replay, sealing);
            },
            cancellation);
        return true;
    }

    private static RecordingSubject Subject(SessionRow row) => new(
        row.Organisation, row.Id, row.Epoch, row.Replica ?? "", row.OpenedUs, new ConnectionReference(row.Connection, row.Protocol, row.ConnectionDigest),
        new SubjectReference(row.Issuer, row.Subject), new EventReference(row.DecisionEvent, row.DecisionSha256), row.Bucket, (int)row.RetentionDays);

    private static FinishedSession Recovered(RecordingDescriptor descriptor, ReplayedSession replay)
    {
        var outcome = replay.End is { } end ? new SessionOutcome(SessionNames.EndReason(end.Reason), end.Status, null) : Lost;
        return new(descriptor.Organisation, descriptor.Session, descriptor.Epoch, outcome, replay.ConnectedUs, replay.EndedUs, null);
    }

    // Sessions of a former life of which the spool knows nothing: they were not recorded, or the spool is gone and the store has what was put.
    private async Task EndUnspooledAsync(CancellationToken cancellation)
    {
        var spooled = spool.Left.Select(s => s.Id.ToString("D")).ToHashSet(StringComparer.Ordinal);
        foreach (var row in await SessionQueries.LeftAsync(database, replica.Name, lease.Epoch, cancellation))
        {
            if (!spooled.Contains(row.Id)) TakeOver(row);
        }
    }

    private async Task EndAsync(RelayTransaction transaction, FinishedSession session)
    {
        var row = await SessionQueries.FindAsync(transaction, session.Organisation, session.Id);
        if (row is null || row.EndedUs is not null) return;
        // The note of the first frame may have failed while the database was down.
        if (session.ConnectedUs is { } connectedUs && await SessionQueries.ConnectedAsync(transaction, session.Organisation, session.Id, session.Epoch, connectedUs))
            await ledger.AddAsync(transaction, session.Organisation, LedgerEventTypes.SessionConnected, SessionEvents.Connected(
                session.Id, session.FirstFrame ?? new FirstFrame(session.Epoch, connectedUs, "", null, null)));
        var connected = session.ConnectedUs ?? row.ConnectedUs;
        // What was recorded is sealed, also where no frame came; what was not is over.
        var state = row.RecordingOpened ? SessionState.Ended : connected is null ? SessionState.Failed : SessionState.Ended;
        var failure = session.Outcome.Failure?.Name();
        if (!await SessionQueries.EndedAsync(
            transaction, session.Organisation, session.Id, session.Epoch, state, session.Outcome.Reason, failure, session.Outcome.Status, session.EndedUs)) return;
        await ledger.AddAsync(
            transaction, session.Organisation, LedgerEventTypes.SessionEnded, SessionEvents.Ended(row, session.Outcome, connected, session.EndedUs));
    }

    private void Forget(SpooledSession recording, long epoch)
    {
        try
        {
            spool.Log.Append(new SpoolFrame(
                SpoolFrameType.Sealed, recording.Id, (uint)epoch, recording.Count, time.GetUnixMicroseconds(), 0, ReadOnlyMemory<byte>.Empty));
        }
        catch (SpoolFailedException exception)
        {
            // The next start seals it again, and finds that it is sealed.
            logger.NotForgotten(recording.Id, exception);
        }

        spool.Log.Release(recording.Id);
    }
}
