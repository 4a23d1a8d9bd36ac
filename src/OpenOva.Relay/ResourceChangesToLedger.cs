using OpenOva.Relay.Connections;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Ledger;

namespace OpenOva.Relay;

/// <summary>What becomes of declarations enters the ledger of their organisation, once, whichever replica sees it first.</summary>
internal sealed class ResourceChangesToLedger(RelayDatabase database, LedgerStage ledger, ConnectionsOptions options)
{
    public Task PublishAsync(ResourceChanges changes, CancellationToken cancellation) =>
        database.TransactAsync(
            async transaction =>
            {
                var gone = changes.Declared is { } declared ? await ResourceRegister.GoneAsync(transaction, declared) : [];
                foreach (var change in changes.Changes.Concat(gone))
                {
                    // A document that does not say whose it is concerns the organisation that this installation serves by default, if there is one.
                    var organisation = change.Organisation ?? options.DefaultOrganisation;
                    if (organisation.Length > 0 && await ResourceRegister.AsNewsAsync(transaction, change) is { } news)
                        await ledger.AddAsync(transaction, organisation, TypeOf(news), ResourceChangeData.Of(news, options.Kubernetes.IsConfigured ? "kubernetes" : "folder"));
                }
            },
            cancellation);

    private static string TypeOf(ResourceChange change) => change.What == ResourceKind.Policy ? LedgerEventTypes.PolicyChanged : LedgerEventTypes.ConnectionChanged;
}
