using OpenOva.Relay.Database;
using OpenOva.Relay.Telemetry;

namespace OpenOva.Relay.Sessions;

/// <summary>
/// Finishes what a dead replica left: the janitor, which runs on every replica. It acts when the dead one's lease has been lapsed for one full lease during
/// which this replica could always ask the database: after an outage of the database every replica gets that long to renew. Taking the dead one's lease first
/// fences it: should it only have stood still, it learns that its sessions are over.
/// </summary>
internal sealed class LostReplicas(
    RelayDatabase database, Leases leases, ReplicaLease own, ReplicaName replica, SessionFinisher finisher, SessionsOptions options, RepeatedWork work,
    TimeProvider time, ILogger<LostReplicas> logger) : BackgroundService
{
    private long? _healthySince;

    /// <summary>Looks once; returns how many sessions were taken over.</summary>
    public async Task<int> LookAsync(CancellationToken cancellation)
    {
        try
        {
            var lost = await SessionQueries.LostReplicasAsync(database, replica.Name, options.Lease, cancellation);
            _healthySince ??= time.GetTimestamp();
            if (time.GetElapsedTime(_healthySince.Value) < options.Lease) return 0;
            var taken = 0;
            foreach (var name in lost) taken += await TakeOverAsync(name, cancellation);
            return taken;
        }
        catch
        {
            _healthySince = null;
            throw;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await own.Taken.WaitAsync(stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await work.RunAsync("lost-replicas", options.Lease / 5, LookAsync, stoppingToken);
    }

    private async Task<int> TakeOverAsync(string name, CancellationToken cancellation)
    {
        if (await leases.TryAcquireAsync(ReplicaLease.NameOf(name), replica.Instance, options.Lease, cancellation) is not { } fence) return 0;
        try
        {
            var left = await SessionQueries.LeftAsync(database, name, fence.Epoch, cancellation);
            var added = left.Count(finisher.TakeOver);
            if (added > 0) logger.ReplicaTakenOver(name, added);
            return added;
        }
        finally
        {
            await leases.ReleaseAsync(fence, CancellationToken.None);
        }
    }
}
