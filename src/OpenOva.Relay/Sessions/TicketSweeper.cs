using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Ledger;
using OpenOva.Relay.Telemetry;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Sessions;

/// <summary>Ends sessions whose ticket expired unused, so that every opening has an end in the ledger.</summary>
internal sealed class TicketSweeper(RelayDatabase database, LedgerStage ledger, RepeatedWork work, TimeProvider time) : BackgroundService
{
    private const int Batch = 100;
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    /// <summary>Ends those that are due now; returns how many.</summary>
    public async Task<int> SweepAsync(CancellationToken cancellation)
    {
        var outcome = SessionOutcome.Of(SessionEndReason.TicketExpired, ErrorReason.TicketRefused);
        var ended = 0;
        var due = await SessionQueries.ExpiredAsync(database, Batch, cancellation);
        foreach (var row in due)
        {
            await database.TransactAsync(
                async transaction =>
                {
                    var now = time.GetUnixMicroseconds();
                    if (!await SessionQueries.EndedAsync(
                        transaction, row.Organisation, row.Id, row.Epoch, SessionState.Failed, outcome.Reason, outcome.Failure!.Value.Name(), outcome.Status, now)) return;
                    await ledger.AddAsync(transaction, row.Organisation, LedgerEventTypes.SessionEnded, SessionEvents.Ended(row, outcome, null, now));
                },
                cancellation);
            ended++;
        }

        if (due.Count > 0) await SessionQueries.ForgetExpiredTicketsAsync(database, cancellation);
        return ended;
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => work.RunAsync(
        "expired-tickets",
        Period,
        async cancellation =>
        {
            while (await SweepAsync(cancellation) == Batch)
            {
                // More than a batch was due.
            }
        },
        stoppingToken);
}
