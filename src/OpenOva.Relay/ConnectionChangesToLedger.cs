using OpenOva.Relay.Connections;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Ledger;

namespace OpenOva.Relay;

/// <summary>What becomes of declarations enters the ledger of their organisation, once, whichever replica sees it first.</summary>
internal sealed class ConnectionChangesToLedger(RelayDatabase database, LedgerStage ledger, ConnectionsOptions options)
{
    public Task PublishAsync(IReadOnlyList<ConnectionChange> changes, CancellationToken cancellation) =>
        database.TransactAsync(
            async transaction =>
            {
                foreach (var change in changes)
                {
                    // A document that does not say whose it is concerns the organisation that this installation serves by default, if there is one.
                    var organisation = change.Organisation ?? options.DefaultOrganisation;
                    if (organisation.Length > 0 && await ConnectionRegister.IsNewsAsync(transaction, change))
                        await ledger.AddAsync(transaction, organisation, LedgerEventTypes.ConnectionChanged, change.ToLedgerData());
                }
            },
            cancellation);
}
