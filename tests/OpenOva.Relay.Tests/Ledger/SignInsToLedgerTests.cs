using System.Collections.Frozen;
using Microsoft.Extensions.Logging.Abstractions;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Identity.Logout;
using OpenOva.Relay.Telemetry;
using OpenOva.Relay.Tests.Database;

namespace OpenOva.Relay.Tests.Ledger;

[Trait("Kind", "Fast")]
public sealed class SignInsToLedgerOnSqliteTests() : SignInsToLedgerTests(TestDatabaseKind.Sqlite);

[Trait("Kind", "Real")]
public sealed class SignInsToLedgerOnPostgresTests() : SignInsToLedgerTests(TestDatabaseKind.Postgres);

/// <summary>One event for each sign-in: not for each token, call or replica.</summary>
public abstract class SignInsToLedgerTests(TestDatabaseKind kind) : LedgerFixture(kind)
{
    private readonly RelayMetrics _metrics = new();

    [Fact]
    public async Task Tokens_OfOneSession_AreOneSignInOnWhicheverReplica()
    {
        var (first, second) = (Another(), Another());
        for (var n = 0; n < 5; n++)
        {
            first.SignIns.Note(Person("olivia", "session-1"));
            second.SignIns.Note(Person("olivia", "session-1"));
        }

        second.SignIns.Note(Person("olivia", "session-2"));
        first.SignIns.Note(Person("anton", "session-1"));
        await first.Ledger.FlushAsync(Cancellation);
        await second.Ledger.FlushAsync(Cancellation);
        first.SignIns.Note(Person("olivia", "session-2"));
        await first.Ledger.FlushAsync(Cancellation);

        var told = await SignedInAsync();
        Assert.Equal(
            new[] { ("anton", SignOut.HashOf("session-1")), ("olivia", SignOut.HashOf("session-1")), ("olivia", SignOut.HashOf("session-2")) }.Order(),
            told.Select(leaf => (leaf.Data.Object("subject").String("sub"), leaf.Data.String("sid_sha256"))).Order());
        Assert.All(told, leaf => Assert.Equal(("gold", "relay"), (leaf.Data.String("acr"), leaf.Data.String("client"))));
        Assert.All(told, leaf => Assert.DoesNotContain("session-1", leaf.Data.Element.GetRawText(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Tokens_WithoutASession_AreOneSignInADay()
    {
        var replica = Another();
        foreach (var issued in (DateTimeOffset[])[At(1, 0), At(1, 12), At(1, 23), At(2, 0)]) replica.SignIns.Note(Person("gateway", null) with { IssuedAt = issued });
        await replica.Ledger.FlushAsync(Cancellation);

        Assert.Equal(2, (await SignedInAsync()).Count);
    }

    [Fact]
    public async Task Database_AwayMeanwhile_LosesNone()
    {
        var replica = Another();
        replica.SignIns.Note(Person("olivia", "session-1"));
        await Db.ExecuteAsync("ALTER TABLE sign_ins RENAME TO sign_ins_away", null, Cancellation);
        await Assert.ThrowsAnyAsync<Exception>(() => replica.Ledger.FlushAsync(Cancellation));
        await Db.ExecuteAsync("ALTER TABLE sign_ins_away RENAME TO sign_ins", null, Cancellation);

        await replica.Ledger.FlushAsync(Cancellation);
        await replica.Ledger.FlushAsync(Cancellation);

        Assert.Single(await SignedInAsync());
    }

    private static DateTimeOffset At(int day, int hour) => new(2026, 3, day, hour, 30, 0, TimeSpan.Zero);

    private static Caller Person(string subject, string? sid) => new()
    {
        Organisation = "acme",
        Issuer = "https://sso.test/realms/acme",
        Subject = subject,
        Roles = CallerRoles.Operator,
        TokenRoles = FrozenSet<string>.Empty,
        ClientId = "relay",
        SessionId = sid,
        Acr = "gold",
        IssuedAt = At(1, 0),
        Expires = At(1, 1),
    };

    private (SignIns SignIns, SignInsToLedger Ledger) Another()
    {
        var signIns = new SignIns(Time);
        return (signIns, new SignInsToLedger(signIns, Replica(), Stage, new RepeatedWork(_metrics, Time, NullLogger<RepeatedWork>.Instance), Time, NullLogger<SignInsToLedger>.Instance));
    }

    private async Task<IReadOnlyList<LedgerLeaf>> SignedInAsync()
    {
        await Sequencer("a").SequenceAsync(Cancellation);
        return [.. (await LeavesAsync("acme")).Where(leaf => leaf.Type == LedgerEventTypes.SubjectSignedIn)];
    }
}
