using System.Text.Json.Nodes;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Tests.Database;

namespace OpenOva.Relay.Tests.Ledger;

[Trait("Kind", "Fast")]
public sealed class ServiceEventsOnSqliteTests() : ServiceEventsTests(TestDatabaseKind.Sqlite);

[Trait("Kind", "Real")]
public sealed class ServiceEventsOnPostgresTests() : ServiceEventsTests(TestDatabaseKind.Postgres);

/// <summary>What each organisation is told of the service: once, and nothing of others.</summary>
public abstract class ServiceEventsTests(TestDatabaseKind kind) : LedgerFixture(kind)
{
    private static ServiceEvent Outage(Dictionary<string, int>? live = null) =>
        new(LedgerEventTypes.OutageBegan, new JsonObject { ["replica"] = "a", ["component"] = "database", ["from_us"] = 1 }, live);

    [Fact]
    public async Task Write_LiveSessions_EachOrganisationIsToldOfItsOwn()
    {
        var events = new ServiceEvents(Db, Stage, ["acme", "globex"]);
        events.Add(Outage(new() { ["acme"] = 3 }));

        await events.WriteAsync(Cancellation);
        await Sequencer("a").SequenceAsync(Cancellation);

        Assert.Equal(3, Assert.Single(await LeavesAsync("acme")).Data.Int64("live_sessions"));
        Assert.Equal(0, Assert.Single(await LeavesAsync("globex")).Data.Int64("live_sessions"));
    }

    [Fact]
    public async Task Write_AgainAfterAnUnknownOutcome_ToldOnce()
    {
        var events = new ServiceEvents(Db, Stage, ["acme"]);
        var outage = Outage();
        events.Add(outage);

        // Committed, and the answer lost: before it is tried again it is numbered, or is not yet.
        await Db.TransactAsync(transaction => events.WriteAsync(transaction, outage), Cancellation);
        await Db.TransactAsync(transaction => events.WriteAsync(transaction, outage), Cancellation);
        await Sequencer("a").SequenceAsync(Cancellation);
        await events.WriteAsync(Cancellation);
        await Sequencer("a").SequenceAsync(Cancellation);

        Assert.Single(await LeavesAsync("acme"));
    }
}
