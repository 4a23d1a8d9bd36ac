using OpenOva.Relay.Connections;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Ledger;

namespace OpenOva.Relay;

/// <summary>Refused tokens enter the ledger of the organisation whose issuer they name, else of the default one.</summary>
internal sealed class RefusedTokensToLedger(RefusedTokens refused, RelayDatabase database, LedgerStage ledger, ConnectionsOptions options) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => refused.RunAsync(StageAsync, Interval, stoppingToken);

    private Task StageAsync(IReadOnlyList<RefusedTokenEvent> events, CancellationToken cancellation) =>
        database.TransactAsync(
            async transaction =>
            {
                foreach (var refusal in events)
                {
                    var organisation = refusal.Organisation ?? options.DefaultOrganisation;
                    if (organisation.Length > 0) await ledger.AddAsync(transaction, organisation, LedgerEventTypes.TokenRefused, refusal.ToLedgerData());
                }
            },
            cancellation);
}
