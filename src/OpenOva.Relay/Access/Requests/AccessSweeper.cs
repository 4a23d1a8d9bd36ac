using OpenOva.Relay.Access.Emergency;
using OpenOva.Relay.Access.Notices;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Ledger;
using OpenOva.Relay.Telemetry;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Access.Requests;

/// <summary>Closes requests whose time is over, and reminds of reviews that are owed. Each is done once, whichever replica sees it first.</summary>
internal sealed class AccessSweeper(
    RelayDatabase database, LedgerStage ledger, NoticeStage notices, EmergencyReviews reviews, RepeatedWork work, TimeProvider time) : BackgroundService
{
    private const int Most = 100;
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    /// <summary>Does what is due now.</summary>
    public async Task SweepAsync(CancellationToken cancellation)
    {
        foreach (var row in await RequestQueries.DueAsync(database, time.GetUnixMicroseconds(), Most, cancellation))
        {
            await database.TransactAsync(
                async transaction =>
                {
                    if (!await RequestQueries.ChangeAsync(transaction, row, AccessRequestState.Expired, row.Approvals, row.ExpiresUs, time.GetUnixMicroseconds())) return;
                    await ledger.AddAsync(
                        transaction, row.Organisation, LedgerEventTypes.AccessRequestClosed, RequestEvents.Closed(row, AccessRequestState.Expired, null, null));
                    await notices.AddAsync(
                        transaction, row.Organisation, NoticeKinds.Closed, row.Connection, request: row.Id, state: AccessRequestState.Expired.Name());
                },
                cancellation);
        }

        await reviews.RemindAsync(cancellation);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => work.RunAsync("access-due", Period, SweepAsync, stoppingToken);
}
