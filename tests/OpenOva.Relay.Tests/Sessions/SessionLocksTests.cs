using System.Collections.Frozen;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Sessions;
using OpenOva.Relay.Tests.Database;
using OpenOva.Relay.Tests.Ledger;

namespace OpenOva.Relay.Tests.Sessions;

[Trait("Kind", "Fast")]
public sealed class SessionLocksOnSqliteTests() : SessionLocksTests(TestDatabaseKind.Sqlite);

[Trait("Kind", "Real")]
public sealed class SessionLocksOnPostgresTests() : SessionLocksTests(TestDatabaseKind.Postgres);

public abstract class SessionLocksTests(TestDatabaseKind kind) : LedgerFixture(kind)
{
    private static readonly string Session = Guid.CreateVersion7().ToString("D");

    [Fact]
    public async Task Orders_ClockSetBackMeanwhile_AreObeyedInTheirOrder()
    {
        var locks = new SessionLocks(Db, Stage);
        var sofia = new Caller
        {
            Organisation = "acme", Issuer = "https://sso.test", Subject = "sofia", Roles = CallerRoles.SecurityOfficer, TokenRoles = FrozenSet<string>.Empty,
            Expires = DateTimeOffset.MaxValue,
        };
        await Db.ExecuteAsync(
            """
            INSERT INTO sessions (organisation, id, connection, protocol, connection_digest, issuer, subject, recording_required, recording_opened, bucket,
            retention_days, state, decision_event, decision_sha256, replica, epoch, opened_us, recorded_bytes, recovered)
            VALUES ('acme', @id, 'db', 'ssh', '', 'https://sso.test', 'olivia', FALSE, FALSE, '', 1, 'LIVE', '', '', 'a', 1, 0, 0, FALSE)
            """,
            new { id = Session },
            Cancellation);

        await locks.OrderAsync("acme", Session, true, sofia, "a suspicion", Cancellation);
        Time.Advance(TimeSpan.FromMinutes(-5));
        await locks.OrderAsync("acme", Session, false, sofia, "an error", Cancellation);

        var waiting = await locks.WaitingAsync("a", Cancellation);
        Assert.Equal([true, false], waiting.Select(order => order.Locked));
        Assert.Equal(waiting.Count, waiting.Select(order => order.OrderedUs).Distinct().Count());
    }
}
