using OpenOva.Relay.Configuration;
using OpenOva.Relay.Database;
using OpenOva.Relay.Recordings;
using OpenOva.Relay.Telemetry;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Sessions;

/// <summary>
/// The lease under which this replica holds sessions; its epoch is part of every key they write. When it has lapsed while the database answers, the sessions
/// end; while the database is down they go on. A former life of this replica, known by the spool that only one process can lock, gives its lease up at once.
/// </summary>
internal sealed class ReplicaLease(
    Leases leases, ReplicaName replica, SessionsOptions options, RecordingsOptions recordings, DataDirectory data, SpoolIntake spool, LiveSessions live,
    RepeatedWork work, TimeProvider time, ILogger<ReplicaLease> logger) : BackgroundService
{
    private readonly TaskCompletionSource _taken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile Lease? _lease;
    private bool _databaseFailed;
    private bool _isWritten;
    private bool _isUnwritten;

    // Since when the database has answered and the lease was not renewed.
    private long _unrenewedSince = time.GetTimestamp();

    /// <summary>What a replica's lease is called.</summary>
    public static string NameOf(string replica) => $"replica/{replica}";

    /// <summary>The present epoch.</summary>
    public long Epoch => _lease?.Epoch ?? 0;

    /// <summary>Completes when the lease was taken for the first time.</summary>
    public Task Taken => _taken.Task;

    // At the stop sessions end first, then the lease is given up in StopAsync.
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        work.RunAsync("replica-lease", () => _lease is null ? TimeSpan.FromSeconds(1) : options.Lease / 4, RoundAsync, stoppingToken);

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            if (_lease is { } lease) await leases.ReleaseAsync(lease, cancellationToken);
        }
        catch (Exception exception)
        {
            // It lapses by itself.
            logger.LeaseNotRenewed(exception);
        }
    }

    private async Task RoundAsync(CancellationToken cancellation)
    {
        var asked = time.GetTimestamp();
        try
        {
            await RenewAsync(cancellation);
            (_databaseFailed, _unrenewedSince) = (false, asked);
            await WriteInstanceAsync(cancellation);
        }
        catch (DatabaseUnavailableException exception)
        {
            (_databaseFailed, _unrenewedSince) = (true, time.GetTimestamp());
            logger.LeaseNotRenewed(exception);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // The database answers, though not as it should: a lease that has lapsed meanwhile is there for others to take.
            if (_lease is not null && time.GetElapsedTime(_unrenewedSince) >= options.Lease) Fence();
            throw;
        }
    }

    private async Task RenewAsync(CancellationToken cancellation)
    {
        if (_lease is { } lease)
        {
            if (await leases.RenewAsync(lease, options.Lease, cancellation) || await ReclaimedAsync(lease, cancellation)) return;
            Fence();
        }

        await GiveUpFormerLifeAsync(cancellation);
        _lease = await leases.TryAcquireAsync(NameOf(replica.Name), replica.Instance, options.Lease, cancellation);
        if (_lease is null) return;
        logger.LeaseTaken(replica.Name, _lease.Epoch);
        _taken.TrySetResult();
    }

    private void Fence()
    {
        logger.LeaseLost(replica.Name);
        // The epoch first: whoever enters after the others were ended must not do so under it.
        _lease = null;
        live.EndAll(SessionOutcome.Of(SessionEndReason.ReplicaLost, ErrorReason.ReplicaLost), forGood: false);
    }

    // A lease that lapsed because the database was away is still this replica's, unless another one took it over since. One that lapsed while the database
    // answered lapsed because this process stood still: others may have relied on that.
    private async Task<bool> ReclaimedAsync(Lease lease, CancellationToken cancellation)
    {
        if (!_databaseFailed || !await leases.ReclaimAsync(lease, options.Lease, cancellation)) return false;
        logger.LeaseReclaimed(replica.Name, lease.Epoch);
        return true;
    }

    private async Task GiveUpFormerLifeAsync(CancellationToken cancellation)
    {
        _ = spool; // whoever holds it holds the spool's lock, so the instance named in its folder is dead
        var former = "";
        try
        {
            if (File.Exists(InstancePath)) former = await File.ReadAllTextAsync(InstancePath, cancellation);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            logger.FormerLifeNotRead(exception);
        }

        if (former.Length > 0 && former != replica.Instance) await leases.ReleaseAllAsync(former, cancellation);
    }

    // Written beside and renamed: a full disk leaves the former life's name, which is better than none. It only spares the next start some waiting.
    private async Task WriteInstanceAsync(CancellationToken cancellation)
    {
        if (_isWritten || _lease is null) return;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(InstancePath)!);
            await File.WriteAllTextAsync(InstancePath + ".new", replica.Instance, cancellation);
            File.Move(InstancePath + ".new", InstancePath, overwrite: true);
            _isWritten = true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            if (!_isUnwritten) logger.InstanceNotWritten(exception);
            _isUnwritten = true;
        }
    }

    private string InstancePath => Path.Combine(data.At(recordings.Spool), "instance");
}
