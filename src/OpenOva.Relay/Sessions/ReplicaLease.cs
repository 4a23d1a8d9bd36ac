using OpenOva.Relay.Configuration;
using OpenOva.Relay.Database;
using OpenOva.Relay.Recordings;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Sessions;

/// <summary>
/// The lease under which this replica holds sessions; its epoch is part of every key they write. When it has lapsed while the database answers, the sessions
/// end; while the database is down they go on. A former life of this replica, known by the spool that only one process can lock, gives its lease up at once.
/// </summary>
internal sealed class ReplicaLease(
    Leases leases, ReplicaName replica, SessionsOptions options, RecordingsOptions recordings, DataDirectory data, SpoolIntake spool, LiveSessions live,
    TimeProvider time, ILogger<ReplicaLease> logger) : BackgroundService
{
    private readonly TaskCompletionSource _taken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Lease? _lease;
    private bool _databaseFailed;

    /// <summary>What a replica's lease is called.</summary>
    public static string NameOf(string replica) => $"replica/{replica}";

    /// <summary>The present epoch.</summary>
    public long Epoch => _lease?.Epoch ?? 0;

    /// <summary>Completes when the lease was taken for the first time.</summary>
    public Task Taken => _taken.Task;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                await RenewAsync(stoppingToken);
                await Task.Delay(_lease is null ? TimeSpan.FromSeconds(1) : options.Lease / 4, time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Sessions end first, then the lease is given up in StopAsync.
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            if (_lease is { } lease) await leases.ReleaseAsync(lease, cancellationToken);
        }
        catch (DatabaseUnavailableException exception)
        {
            logger.LeaseNotRenewed(exception);
        }
    }

    private async Task RenewAsync(CancellationToken cancellation)
    {
        try
        {
            if (_lease is { } lease)
            {
                if (await leases.RenewAsync(lease, options.Lease, cancellation) || await ReclaimedAsync(lease, cancellation))
                {
                    _databaseFailed = false;
                    return;
                }

                logger.LeaseLost(replica.Name);
                live.EndAll(SessionOutcome.Of(SessionEndReason.ReplicaLost, ErrorReason.ReplicaLost), forGood: false);
                _lease = null;
            }

            await GiveUpFormerLifeAsync(cancellation);
            _databaseFailed = false;
            _lease = await leases.TryAcquireAsync(NameOf(replica.Name), replica.Instance, options.Lease, cancellation);
            if (_lease is null) return;
            Directory.CreateDirectory(Path.GetDirectoryName(InstancePath)!);
            await File.WriteAllTextAsync(InstancePath, replica.Instance, cancellation);
            logger.LeaseTaken(replica.Name, _lease.Epoch);
            _taken.TrySetResult();
        }
        catch (DatabaseUnavailableException exception)
        {
            _databaseFailed = true;
            logger.LeaseNotRenewed(exception);
        }
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
        if (!File.Exists(InstancePath)) return;
        var former = await File.ReadAllTextAsync(InstancePath, cancellation);
        if (former.Length > 0 && former != replica.Instance) await leases.ReleaseAllAsync(former, cancellation);
    }

    private string InstancePath => Path.Combine(data.At(recordings.Spool), "instance");
}
