using System.Globalization;
using System.Text.Json.Nodes;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence;
using OpenOva.Relay.Evidence.Json;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Ledger;
using OpenOva.Relay.ObjectStorage;

namespace OpenOva.Relay;

/// <summary>
/// What the store was found to enforce enters the ledger of every organisation: each day, whether what is locked can be deleted after all. A report then rests on
/// the day's finding and not on a configuration. All replicas check, at each start and each day; the same finding of the same day stands there once.
/// </summary>
internal sealed class StoreChecksToLedger(RelayDatabase database, LedgerStage ledger, LedgerOrganisations organisations, ReplicaName replica)
{
    // Longer than the day for which it is kept, by more than clocks differ.
    private static readonly TimeSpan Kept = TimeSpan.FromDays(2);

    public Task PublishAsync(StoreReport report, CancellationToken cancellation) => database.TransactAsync(
        async transaction =>
        {
            var finding = Finding(report);
            foreach (var organisation in organisations.All)
            {
                if (await IsNewAsync(transaction, organisation, finding)) await ledger.AddAsync(transaction, organisation, LedgerEventTypes.StoreChecked, Data(report));
            }
        },
        cancellation);

    // A lease that nobody gives up: whoever comes second that day finds it taken, unless it is the process that took it and was told to check more often.
    private async Task<bool> IsNewAsync(RelayTransaction transaction, string organisation, string finding)
    {
        await transaction.ExecuteAsync("DELETE FROM leases WHERE name LIKE 'store-checked/%' AND until_us <= relay_now_us()");
        return await transaction.ExecuteAsync(
            """
            INSERT INTO leases (name, holder, epoch, until_us) VALUES (@name, @holder, 1, relay_now_us() + @kept)
            ON CONFLICT (name) DO UPDATE SET until_us = excluded.until_us WHERE leases.holder = excluded.holder
            """,
            new { name = $"store-checked/{organisation}/{finding}", holder = $"checked by {replica.Instance}", kept = Kept.Ticks / TimeSpan.TicksPerMicrosecond }) == 1;
    }

    private static string Finding(StoreReport report)
    {
        var found = new JsonObject { ["lock_enforced"] = report.Capabilities.LockEnforced, ["findings"] = Findings(report) };
        return string.Create(CultureInfo.InvariantCulture, $"{RowClock.FromUnixMicroseconds(report.TimeUs):yyyy-MM-dd}/{Digests.Hex(CanonicalJson.Encode(found))[..16]}");
    }

    private JsonObject Data(StoreReport report) => new()
    {
        ["replica"] = replica.Name,
        ["checked_us"] = report.TimeUs,
        ["sufficient"] = report.Sufficient,
        ["lock_enforced"] = report.Capabilities.LockEnforced,
        ["findings"] = Findings(report),
    };

    private static JsonArray Findings(StoreReport report) => new([.. report.Findings.Select(finding => new JsonObject
    {
        ["bucket"] = finding.Bucket,
        ["check"] = finding.Check,
        ["required"] = finding.Required,
        ["outcome"] = finding.Outcome switch { FindingOutcome.Holds => "holds", FindingOutcome.Lacks => "lacks", _ => "not-found-out" },
    })]);
}
