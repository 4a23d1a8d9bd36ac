using System.Collections.Frozen;
using Microsoft.Extensions.Logging.Abstractions;
using OpenOva.Relay.Database;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Identity.Logout;
using OpenOva.Relay.Sessions;
using OpenOva.Relay.Sessions.Joins;
using OpenOva.Relay.Telemetry;
using OpenOva.Relay.Tests.Database;
using OpenOva.Relay.Tests.Ledger;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Tests.Sessions;

[Trait("Kind", "Fast")]
public sealed class SessionJoinsOnSqliteTests() : SessionJoinsTests(TestDatabaseKind.Sqlite);

[Trait("Kind", "Real")]
public sealed class SessionJoinsOnPostgresTests() : SessionJoinsTests(TestDatabaseKind.Postgres);

/// <summary>The rows of watching: who may, his ticket, and what is kept of it.</summary>
public abstract class SessionJoinsTests(TestDatabaseKind kind) : LedgerFixture(kind)
{
    private const string Session = "0198c0de-0000-7000-8000-000000000001";
    private readonly SessionsOptions _options = new();
    private readonly RelayMetrics _metrics = new();

    private Persons Persons => new(new PersonAccounts(new IdentityOptions(), Time, (_, _) => Task.CompletedTask), Time);

    [Fact]
    public async Task Live_Sessions_AreThoseThatHaveNotEnded()
    {
        await InsertAsync(1, "sub-a");
        await InsertAsync(2, "sub-b");
        await InsertAsync(3, "sub-a", endedUs: 5);

        Assert.Equal([1, 2], await LiveAsync(null, 10));
        Assert.Equal([2], await LiveAsync("sub-b", 10));
        Assert.Equal([1], await LiveAsync(null, 1));
    }

    [Fact]
    public async Task Find_ASessionToWatch_AsksWhoAndWhy()
    {
        await InsertAsync(1, "sub-a");
        var joins = Joins();

        Assert.Equal(Session, (await joins.FindAsync(Officer(), Session, "why", Cancellation)).Id);
        Assert.Equal(ErrorReason.OwnDoing, await RefusedAsync(joins, Officer("sub-a"), Session));
        Assert.Equal(ErrorReason.NotPermitted, await RefusedAsync(joins, Officer() with { Roles = CallerRoles.Operator | CallerRoles.Auditor | CallerRoles.Admin }, Session));
        Assert.Equal(ErrorReason.NotPermitted, await RefusedAsync(joins, Officer() with { Organisation = "globex" }, Session));
        Assert.Equal(ErrorReason.NotPermitted, await RefusedAsync(joins, Officer(), "no id\0"));
        Assert.Equal(ErrorReason.InvalidArgument, await RefusedAsync(joins, Officer(), Session, ""));
        Assert.Equal(ErrorReason.InvalidArgument, await RefusedAsync(joins, Officer(), Session, new string('x', 1_001)));
    }

    [Fact]
    public async Task Ticket_ToWatch_IsRedeemedOnceByItsPersonForItsSession()
    {
        await InsertAsync(1, "sub-a");
        var tickets = new WatchTickets(Db, Joins(), _options, Time);
        var made = await tickets.MakeAsync(Officer(), Session, "a suspicion", Cancellation);
        Task<ErrorReason> RedeemAsync(Caller caller, string session, string ticket) => FailureAsync(() => tickets.RedeemAsync(caller, session, ticket, Cancellation));

        Assert.Equal(ErrorReason.TicketRefused, await RedeemAsync(Officer("sub-p"), Session, made.Ticket));
        Assert.Equal(ErrorReason.TicketRefused, await RedeemAsync(Officer(), "0198c0de-0000-7000-8000-000000000002", made.Ticket));
        Assert.Equal(ErrorReason.TicketRefused, await RedeemAsync(Officer(), Session, "another"));
        Assert.Equal("a suspicion", await tickets.RedeemAsync(Officer(), Session, made.Ticket, Cancellation));
        Assert.Equal(ErrorReason.TicketRefused, await RedeemAsync(Officer(), Session, made.Ticket));
        var late = await tickets.MakeAsync(Officer(), Session, "a suspicion", Cancellation);
        await Db.ExecuteAsync("UPDATE session_watch_tickets SET expires_us = relay_now_us() WHERE redeemed_us IS NULL", new { }, Cancellation);
        Assert.Equal(ErrorReason.TicketRefused, await RedeemAsync(Officer(), Session, late.Ticket));
    }

    [Fact]
    public async Task Sweep_OfWhatIsOver_NotesTheEndsThatNobodyNotedAndForgetsTickets()
    {
        var now = await Db.ExecuteScalarAsync<long>("SELECT relay_now_us()", null, Cancellation);
        await InsertAsync(1, "sub-a");
        await InsertAsync(2, "sub-a", endedUs: now);
        await InsertAsync(3, "sub-a", endedUs: now - 120_000_000);
        using var records = Records();
        for (var n = 1; n <= 3; n++) await records.BeginAsync(Join(n), Officer(), "why", Cancellation);
        await records.EndAsync(Join(2), JoinEndReason.WatcherLeft, 7);
        await records.EndAsync(Join(2), JoinEndReason.GuacdLost, 8);
        await Db.ExecuteAsync(
            "INSERT INTO session_watch_tickets (hash, organisation, session, client, purpose, expires_us) VALUES ('h', 'acme', 's', 'c', 'p', 1)", new { }, Cancellation);

        await records.SweepAsync(Cancellation);

        Assert.Equal(
            ["1  ", "2 WATCHER_LEFT 7", "3 REPLICA_LOST "],
            await Db.QueryAsync<string>("SELECT id || ' ' || COALESCE(reason, '') || ' ' || COALESCE(CAST(bytes AS TEXT), '') FROM session_joins ORDER BY id", null, Cancellation));
        Assert.Equal(
            ["session.join-ended 2", "session.joined 3"],
            await Db.QueryAsync<string>(
                "SELECT type || ' ' || CAST(COUNT(*) AS TEXT) FROM ledger_staged WHERE type LIKE 'session.join%' GROUP BY type ORDER BY type", null, Cancellation));
        Assert.Equal(0L, await Db.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM session_watch_tickets", null, Cancellation));
    }

    protected override Task TearDownAsync()
    {
        _metrics.Dispose();
        return base.TearDownAsync();
    }

    private static Caller Officer(string subject = "sub-o") => new()
    {
        Organisation = "acme",
        Issuer = "https://sso.example/realms/acme",
        Subject = subject,
        Roles = CallerRoles.SecurityOfficer,
        TokenRoles = FrozenSet<string>.Empty,
        Expires = DateTimeOffset.MaxValue,
    };

    private static JoinRow Join(int n) => new()
    {
        Organisation = "acme", Id = $"{n}", Session = $"0198c0de-0000-7000-8000-{n:d12}", Issuer = "https://sso.example/realms/acme", Subject = "sub-o", JoinedUs = n, UntilUs = 9,
    };

    private JoinRecords Records() => new(
        Db, Stage, Persons, new RepeatedWork(_metrics, Time, NullLogger<RepeatedWork>.Instance), Time, NullLogger<JoinRecords>.Instance);

    private SessionJoins Joins() => new(
        Db, Persons, new LiveSessions(_options, _metrics), Records(), Stage, new SignOuts(), ReplicaName.Create("a", Time), _options, Time, NullLogger<SessionJoins>.Instance);

    private static Task<ErrorReason> RefusedAsync(SessionJoins joins, Caller watcher, string session, string purpose = "why") =>
        FailureAsync(() => joins.FindAsync(watcher, session, purpose, Cancellation));

    private static async Task<ErrorReason> FailureAsync(Func<Task> call) => (await Assert.ThrowsAsync<RelayException>(call)).Reason;

    private async Task<IEnumerable<int>> LiveAsync(string? subject, int most) =>
        (await SessionQueries.LiveAsync(Db, "acme", "https://sso.example/realms/acme", subject, most, Cancellation)).Select(row => (int)row.OpenedUs);

    private Task InsertAsync(int n, string subject, long? endedUs = null) => Db.TransactAsync(
        transaction => SessionQueries.InsertAsync(transaction, new SessionRow
        {
            Organisation = "acme", Id = $"0198c0de-0000-7000-8000-{n:d12}", Connection = "ssh-db", Protocol = "ssh", ConnectionDigest = "digest",
            Issuer = "https://sso.example/realms/acme", Subject = subject, RecordingRequired = true, Bucket = "guacamole-recordings", RetentionDays = 30,
            State = "CONNECTED", DecisionEvent = "event", DecisionSha256 = "sha", Replica = "a", OpenedUs = n, EndedUs = endedUs,
        }),
        Cancellation);
}
