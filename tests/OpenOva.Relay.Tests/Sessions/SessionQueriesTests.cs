using Microsoft.Extensions.Logging.Abstractions;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Sessions;
using OpenOva.Relay.Telemetry;
using OpenOva.Relay.Tests.Database;
using OpenOva.Relay.Tests.Ledger;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Tests.Sessions;

[Trait("Kind", "Fast")]
public sealed class SessionQueriesOnSqliteTests() : SessionQueriesTests(TestDatabaseKind.Sqlite);

[Trait("Kind", "Real")]
public sealed class SessionQueriesOnPostgresTests() : SessionQueriesTests(TestDatabaseKind.Postgres);

/// <summary>The sessions' statements, on the database itself.</summary>
public abstract class SessionQueriesTests(TestDatabaseKind kind) : LedgerFixture(kind)
{
    private readonly RelayMetrics _metrics = new();

    private const string Client = "gateway https://sso.example/realms/acme gateway";

    [Fact]
    public async Task Find_InsertedRow_IsTheSameAndOfItsOrganisationAlone()
    {
        var row = await InsertAsync(1);

        var found = (await SessionQueries.FindAsync(Db, "acme", row.Id, Cancellation))!;

        Assert.Equivalent(row, found, strict: true);
        Assert.Equivalent(row, await Db.TransactAsync(transaction => SessionQueries.FindAsync(transaction, "acme", row.Id), Cancellation), strict: true);
        Assert.Null(await SessionQueries.FindAsync(Db, "globex", row.Id, Cancellation));
        Assert.Null(await SessionQueries.FindAsync(Db, "acme", Id(2), Cancellation));
    }

    [Fact]
    public async Task Texts_Inserted_StandInTheirOwnPlace()
    {
        await Db.TransactAsync(transaction => SessionQueries.InsertTextsAsync(transaction, "acme", Id(1), [1, 2], "why", "CHG-1", "10.1.2.3"), Cancellation);

        Assert.Equal("why CHG-1", await Db.ExecuteScalarAsync<string>("SELECT purpose || ' ' || ticket_reference FROM session_texts WHERE session = @id", new { id = Id(1) }, Cancellation));
    }

    [Fact]
    public async Task List_PageByPage_IsNewestFirstWithoutGapOrRepeat()
    {
        for (var n = 1; n <= 7; n++) await InsertAsync(n, subject: n % 2 == 0 ? "sub-b" : "sub-a");
        await InsertAsync(8, organisation: "globex");

        Assert.Equal([7, 6, 5], await PageAsync("g", 3));
        Assert.Equal([4, 3, 2], await PageAsync(Id(5), 3));
        Assert.Equal([1], await PageAsync(Id(2), 3));
        Assert.Empty(await PageAsync(Id(1), 3));
        Assert.Equal([6, 4], await PageAsync("g", 2, "sub-b"));
        Assert.Equal([2], await PageAsync(Id(4), 2, "sub-b"));
        Assert.Empty(await SessionQueries.ListAsync(Db, "acme", "https://another/issuer", "sub-b", "g", 10, Cancellation));
    }

    [Fact]
    public async Task Ticket_OfItsClientAndTime_IsFoundAndRedeemedOnce()
    {
        var row = await OpenAsync(1, "hash-1", seconds: 60);
        await OpenAsync(2, "hash-2", seconds: -1);

        Assert.Equal(row.Id, (await SessionQueries.FindByTicketAsync(Db, "hash-1", Holder(Client), Cancellation))?.Id);
        Assert.Null(await SessionQueries.FindByTicketAsync(Db, "hash-1", Holder("gateway another"), Cancellation));
        Assert.Null(await SessionQueries.FindByTicketAsync(Db, "hash-0", Holder(Client), Cancellation));
        Assert.Null(await SessionQueries.FindByTicketAsync(Db, "hash-2", Holder(Client), Cancellation));

        Assert.False(await RedeemAsync(row, "hash-1", "gateway another"));
        Assert.False(await RedeemAsync(row, "hash-2"));
        Assert.True(await RedeemAsync(row, "hash-1"));
        Assert.False(await RedeemAsync(row, "hash-1"));
        Assert.Null(await SessionQueries.FindByTicketAsync(Db, "hash-1", Holder(Client), Cancellation));

        var redeemed = (await SessionQueries.FindAsync(Db, "acme", row.Id, Cancellation))!;
        Assert.Equal(("CONNECTING", "replica-a", 7L, true), (redeemed.State, redeemed.Replica, redeemed.Epoch, redeemed.RecordingOpened));
    }

    [Fact]
    public async Task Ticket_BoundToAnAddress_IsHisWhoIsThere()
    {
        await OpenAsync(1, "hash-1", seconds: 60);
        await TransactAsync(async transaction => await transaction.ExecuteAsync("UPDATE session_tickets SET client = @there", new { there = Holder(Client).ClientAt }) == 1);

        Assert.NotNull(await SessionQueries.FindByTicketAsync(Db, "hash-1", Holder(Client), Cancellation));
        Assert.Null(await SessionQueries.FindByTicketAsync(Db, "hash-1", Holder(Client) with { ClientAt = $"{Client} at 10.1.2.4" }, Cancellation));
    }

    [Fact]
    public async Task Ticket_RedeemedByTwentyAtOnce_IsOnesAlone()
    {
        var row = await OpenAsync(1, "hash-1", seconds: 60);
        RelayDatabase[] replicas = [Db, Replica(), Replica(), Replica()];

        var redeemed = await BoundedAsync(Task.WhenAll(Enumerable.Range(0, 20).Select(i => Task.Run(() =>
            replicas[i % 4].TransactAsync(transaction => SessionQueries.RedeemAsync(transaction, "hash-1", Holder(Client), row, $"replica-{i}", i + 1, true), Cancellation)))));

        var winner = Assert.Single(Enumerable.Range(0, 20), i => redeemed[i]);
        Assert.Equal($"replica-{winner}", (await SessionQueries.FindAsync(Db, "acme", row.Id, Cancellation))!.Replica);
    }

    [Fact]
    public async Task Transitions_EachNotedTwice_CountOnce()
    {
        var row = await OpenAsync(1, "hash-1", seconds: 60);
        await RedeemAsync(row, "hash-1");

        Assert.False(await TransactAsync(t => SessionQueries.ConnectedAsync(t, "acme", row.Id, 6, 100)));
        Assert.True(await TransactAsync(t => SessionQueries.ConnectedAsync(t, "acme", row.Id, 7, 100)));
        Assert.False(await TransactAsync(t => SessionQueries.ConnectedAsync(t, "acme", row.Id, 7, 101)));
        Assert.Equal(("CONNECTED", (long?)100), await StateAsync(row, r => r.ConnectedUs));

        Assert.False(await TransactAsync(t => SessionQueries.VerifiedAsync(t, "acme", row.Id, 150)));
        Assert.False(await TransactAsync(t => EndAsync(t, row, 6, 200)));
        Assert.True(await TransactAsync(t => EndAsync(t, row, 7, 200)));
        Assert.False(await TransactAsync(t => EndAsync(t, row, 7, 201)));
        Assert.Equal(("ENDED", (long?)200), await StateAsync(row, r => r.EndedUs));

        Assert.True(await TransactAsync(t => SessionQueries.SealedAsync(t, "acme", row.Id, 300, 4711, true)));
        Assert.False(await TransactAsync(t => SessionQueries.SealedAsync(t, "acme", row.Id, 301, 1, false)));
        Assert.Equal(("SEALED", (long?)300), await StateAsync(row, r => r.SealedUs));

        Assert.True(await TransactAsync(t => SessionQueries.VerifiedAsync(t, "acme", row.Id, 400)));
        Assert.False(await TransactAsync(t => SessionQueries.VerifiedAsync(t, "acme", row.Id, 401)));
        Assert.Equal(("VERIFIED", (long?)400), await StateAsync(row, r => r.VerifiedUs));

        var found = (await SessionQueries.FindAsync(Db, "acme", row.Id, Cancellation))!;
        Assert.Equal((4711L, true, "CLIENT_LEFT", null), (found.RecordedBytes, found.Recovered, found.EndReason, found.Failure));
    }

    [Fact]
    public async Task Connected_NotedAfterTheEnd_ChangesNothing()
    {
        var row = await OpenAsync(1, "hash-1", seconds: 60);
        await RedeemAsync(row, "hash-1");
        await TransactAsync(t => EndAsync(t, row, 7, 200));

        Assert.False(await TransactAsync(t => SessionQueries.ConnectedAsync(t, "acme", row.Id, 7, 100)));

        Assert.Equal(("ENDED", null), await StateAsync(row, r => r.ConnectedUs));
    }

    [Fact]
    public async Task Sweeper_TicketsExpired_EndsTheirSessionsOnceAndForgetsThem()
    {
        var waiting = await OpenAsync(1, "hash-1", seconds: 60);
        var expired = await OpenAsync(2, "hash-2", seconds: -1);
        var redeemed = await OpenAsync(3, "hash-3", seconds: 60);
        await RedeemAsync(redeemed, "hash-3");
        await Db.ExecuteAsync("UPDATE session_tickets SET expires_us = 1 WHERE hash = 'hash-3'", null, Cancellation);

        await BoundedAsync(Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => Sweeper(Replica()).SweepAsync(Cancellation)))));
        Assert.Equal(0, await Sweeper(Db).SweepAsync(Cancellation));

        Assert.Equal("OPENED", (await SessionQueries.FindAsync(Db, "acme", waiting.Id, Cancellation))!.State);
        Assert.Equal("CONNECTING", (await SessionQueries.FindAsync(Db, "acme", redeemed.Id, Cancellation))!.State);
        var ended = (await SessionQueries.FindAsync(Db, "acme", expired.Id, Cancellation))!;
        Assert.Equal(("FAILED", "TICKET_EXPIRED", "TICKET_REFUSED"), (ended.State, ended.EndReason, ended.Failure));
        await Sequencer("a").SequenceAsync(Cancellation);
        var leaf = Assert.Single(await LeavesAsync("acme"));
        Assert.Equal((LedgerEventTypes.SessionEnded, expired.Id, "TICKET_EXPIRED", false), (leaf.Type, leaf.Data.String("session"), leaf.Data.String("reason"), leaf.Data.Boolean("connected")));
        Assert.Equal(["hash-1", "hash-3"], await Db.QueryAsync<string>("SELECT hash FROM session_tickets ORDER BY hash", null, Cancellation));
        Assert.False(await RedeemAsync(expired, "hash-2"));
    }

    [Fact]
    public async Task Left_OfAFormerLife_AreThisReplicasUnfinishedOfEarlierEpochs()
    {
        for (var n = 1; n <= 5; n++) await OpenAsync(n, $"hash-{n}", seconds: 60);
        await RedeemAsync(Row(1), "hash-1", epoch: 3);
        await RedeemAsync(Row(2), "hash-2", epoch: 4);
        await RedeemAsync(Row(3), "hash-3", epoch: 3, replica: "replica-b");
        await RedeemAsync(Row(4), "hash-4", epoch: 2);
        await TransactAsync(t => EndAsync(t, Row(4), 2, 200));
        await RedeemAsync(Row(5), "hash-5", epoch: 2);
        await TransactAsync(t => EndAsync(t, Row(5), 2, 200));
        await TransactAsync(t => SessionQueries.SealedAsync(t, "acme", Id(5), 300, 1, false));

        // The first has not ended, and the fourth's recording is not sealed.
        Assert.Equal([Id(1), Id(4)], (await SessionQueries.LeftAsync(Db, "replica-a", 4, Cancellation)).Select(row => row.Id).Order());
    }

    [Fact]
    public async Task Lost_Replicas_AreThoseWithUnfinishedSessionsWhoseLeaseLapsedLongEnoughAgo()
    {
        var leases = new Leases(Db);
        foreach (var (n, replica) in new[] { (1, "gone"), (2, "alive"), (3, "never"), (4, "own") })
        {
            await OpenAsync(n, $"hash-{n}", seconds: 60);
            await RedeemAsync(Row(n), $"hash-{n}", epoch: 3, replica: replica);
        }

        await leases.TryAcquireAsync("replica/gone", "gone/1", TimeSpan.FromMilliseconds(1), Cancellation);
        await leases.TryAcquireAsync("replica/alive", "alive/1", TimeSpan.FromMinutes(1), Cancellation);

        Assert.Equal(["never"], await SessionQueries.LostReplicasAsync(Db, "own", TimeSpan.FromMinutes(1), Cancellation));
        await Db.ExecuteAsync("UPDATE leases SET until_us = until_us - 120000000 WHERE name = 'replica/gone'", null, Cancellation);
        Assert.Equal(["gone", "never"], (await SessionQueries.LostReplicasAsync(Db, "own", TimeSpan.FromMinutes(1), Cancellation)).Order());
    }

    private static string Id(int n) => $"0198c0de-0000-7000-8000-{n:d12}";

    private static SessionRow Row(int n, string organisation = "acme", string subject = "sub-a") => new()
    {
        Organisation = organisation,
        Id = Id(n),
        Connection = "ssh-db",
        Protocol = "ssh",
        ConnectionDigest = "digest",
        Issuer = "https://sso.example/realms/acme",
        Subject = subject,
        GatewayClient = n % 2 == 0 ? null : "gateway",
        RecordingRequired = true,
        Bucket = "guacamole-recordings",
        RetentionDays = 30,
        State = "OPENED",
        DecisionEvent = "event",
        DecisionSha256 = "sha",
        OpenedUs = n,
    };

    private async Task<SessionRow> InsertAsync(int n, string organisation = "acme", string subject = "sub-a")
    {
        var row = Row(n, organisation, subject);
        await Db.TransactAsync(transaction => SessionQueries.InsertAsync(transaction, row), Cancellation);
        return row;
    }

    private async Task<SessionRow> OpenAsync(int n, string hash, int seconds)
    {
        var row = await InsertAsync(n);
        var now = await Db.ExecuteScalarAsync<long>("SELECT relay_now_us()", null, Cancellation);
        await Db.TransactAsync(t => SessionQueries.InsertTicketAsync(t, hash, "acme", row.Id, Client, now + seconds * 1_000_000L), Cancellation);
        return row;
    }

    private async Task<IEnumerable<int>> PageAsync(string before, int most, string? subject = null) =>
        (await SessionQueries.ListAsync(Db, "acme", "https://sso.example/realms/acme", subject, before, most, Cancellation)).Select(row => (int)row.OpenedUs);

    private static TicketHolder Holder(string client) => new(client, $"{client} at 10.1.2.3");

    private Task<bool> RedeemAsync(SessionRow row, string hash, string client = Client, long epoch = 7, string replica = "replica-a") =>
        TransactAsync(transaction => SessionQueries.RedeemAsync(transaction, hash, Holder(client), row, replica, epoch, true));

    private static Task<bool> EndAsync(RelayTransaction transaction, SessionRow row, long epoch, long at) =>
        SessionQueries.EndedAsync(transaction, "acme", row.Id, epoch, SessionState.Ended, SessionEndReason.ClientLeft, null, 0, at);

    private Task<bool> TransactAsync(Func<RelayTransaction, Task<bool>> work) => Db.TransactAsync(work, Cancellation);

    private async Task<(string State, long? At)> StateAsync(SessionRow row, Func<SessionRow, long?> at)
    {
        var found = (await SessionQueries.FindAsync(Db, "acme", row.Id, Cancellation))!;
        return (found.State, at(found));
    }

    private TicketSweeper Sweeper(RelayDatabase database) => new(database, Stage, new RepeatedWork(_metrics, Time, NullLogger<RepeatedWork>.Instance), Time);
}
