using System.Text.Json.Nodes;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Ledger;
using OpenOva.Relay.ObjectStorage;

namespace OpenOva.Relay;

/// <summary>
/// What the store was found to enforce enters the ledger of every organisation: at each start and each day, whether what is locked can be deleted after all. A
/// report then rests on the day's finding and not on a configuration.
/// </summary>
internal sealed class StoreChecksToLedger(RelayDatabase database, LedgerStage ledger, LedgerOrganisations organisations, ReplicaName replica)
{
    public Task PublishAsync(StoreReport report, CancellationToken cancellation) => database.TransactAsync(
        async transaction =>
        {
            foreach (var organisation in organisations.All) await ledger.AddAsync(transaction, organisation, LedgerEventTypes.StoreChecked, Data(report));
        },
        cancellation);

    private JsonObject Data(StoreReport report) => new()
    {
        ["replica"] = replica.Name,
        ["checked_us"] = report.TimeUs,
        ["sufficient"] = report.Sufficient,
        ["lock_enforced"] = report.Capabilities.LockEnforced,
        ["findings"] = new JsonArray([.. report.Findings.Select(finding => new JsonObject
        {
            ["bucket"] = finding.Bucket,
            ["check"] = finding.Check,
            ["required"] = finding.Required,
            ["outcome"] = finding.Outcome switch { FindingOutcome.Holds => "holds", FindingOutcome.Lacks => "lacks", _ => "not-found-out" },
        })]),
    };
}
