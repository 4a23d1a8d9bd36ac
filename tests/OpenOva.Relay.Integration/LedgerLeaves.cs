using Microsoft.Extensions.DependencyInjection;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Ledger;

namespace OpenOva.Relay.Integration;

/// <summary>The ledger's leaves as they are hashed.</summary>
internal static class LedgerLeaves
{
    public static async Task<IReadOnlyList<LedgerLeaf>> AllAsync(RelayUnderTest relay, string organisation = "acme")
    {
        await relay.Services.GetRequiredService<LedgerSequencer>().SequenceAsync(CancellationToken.None);
        var database = relay.Services.GetRequiredService<RelayDatabase>();
        var rows = await LedgerQueries.LeavesAsync(database, organisation, 0, long.MaxValue, int.MaxValue, CancellationToken.None);
        return [.. rows.Select(r => LedgerEventTable.Check(LedgerLeaf.Parse(r.Leaf, $"leaf {r.Seq}")))];
    }

    /// <summary>The types of all events, of a service that has stopped and numbers no more.</summary>
    public static async Task<IReadOnlyList<string>> TypesAsync(RelayDatabase database, string organisation = "acme") =>
        await database.QueryAsync<string>(
            "SELECT type FROM ledger_leaves WHERE organisation = @organisation UNION ALL SELECT type FROM ledger_staged WHERE organisation = @organisation", new { organisation });

    /// <summary>Waits until a component's outage has begun or ended in the ledger.</summary>
    public static async Task<LedgerLeaf> OutageAsync(this RelayUnderTest relay, string type, string component)
    {
        LedgerLeaf? found = null;
        await Streams.UntilAsync(async () => (found = (await AllAsync(relay)).LastOrDefault(l => l.Type == type && l.Data.String("component") == component)) is not null, 90);
        if (type == "outage.ended") Assert.True(found!.Data.Count("until_us") > found.Data.Count("from_us"));
        return found!;
    }

    public static async Task<IReadOnlyList<LedgerLeaf>> OfSessionAsync(RelayUnderTest relay, string session) =>
        [.. (await AllAsync(relay)).Where(l => l.Data.Has("session") && l.Data.String("session") == session)];
}
