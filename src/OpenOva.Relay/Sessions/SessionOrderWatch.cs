using OpenOva.Relay.Database;
using OpenOva.Relay.Telemetry;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Sessions;

/// <summary>
/// Obeys the orders to end sessions that this replica carries, and takes up locks and new ends of theirs, within <see cref="Period"/> of their commit. Each kind has a
/// loop of its own: what is wrong with one holds up no other.
/// </summary>
internal sealed class SessionOrderWatch(
    RelayDatabase database, SessionOrders orders, SessionLocks locks, LiveSessions live, ReplicaName replica, RepeatedWork work, ILogger<SessionOrderWatch> logger)
    : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(
        work.RunAsync("session-orders", Period, EndAsync, stoppingToken),
        work.RunAsync("session-locks", Period, LockAsync, stoppingToken),
        work.RunAsync("session-terms", Period, ExtendAsync, stoppingToken));

    private async Task EndAsync(CancellationToken cancellation)
    {
        foreach (var order in await orders.WaitingAsync(replica.Name, cancellation))
        {
            var outcome = SessionOutcome.Of(SessionNames.EndReason(order.Reason), ErrorReason.SessionTerminated);
            // An order that finds nobody here was overtaken by the session's end, or is for a former life of this replica, whose sessions are over.
            if (live.End(order.Session, outcome)) logger.EndOrdered(order.Session, order.Reason);
            await orders.ObeyedAsync(order, cancellation);
        }
    }

    private async Task LockAsync(CancellationToken cancellation)
    {
        foreach (var order in await locks.WaitingAsync(replica.Name, cancellation))
        {
            // As with ends below.
            if (live.Lock(order.Session, order.Locked) || !live.Has(order.Session)) await locks.SeenAsync(order, cancellation);
        }
    }

    private async Task ExtendAsync(CancellationToken cancellation)
    {
        foreach (var extension in await SessionTermsQueries.WaitingAsync(database, replica.Name, cancellation))
        {
            // One that is only being connected is looked for again; one that is over is not here any more.
            if (live.Extend(extension.Session, extension.UntilUs) || !live.Has(extension.Session)) await SessionTermsQueries.SeenAsync(database, extension, cancellation);
        }
    }
}
