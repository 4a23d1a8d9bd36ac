using OpenOva.Relay.Connections;
using OpenOva.Relay.Tests.Database;

namespace OpenOva.Relay.Tests.Connections;

[Trait("Kind", "Fast")]
public sealed class ConnectionRegisterOnSqliteTests() : ConnectionRegisterTests(TestDatabaseKind.Sqlite);

[Trait("Kind", "Real")]
public sealed class ConnectionRegisterOnPostgresTests() : ConnectionRegisterTests(TestDatabaseKind.Postgres);

public abstract class ConnectionRegisterTests(TestDatabaseKind kind) : DatabaseTests(kind)
{
    private static readonly ResourceProblem Problem = new("a.yaml", 3, 5, "spec.port", "must be a whole number", ResourceKind.Connection, "acme", "a");

    [Fact]
    public async Task IsNews_SameChangeFromEveryReplica_IsNewsOnce()
    {
        var added = Change(ConnectionChangeKind.Added, "d1");
        var changed = Change(ConnectionChangeKind.Changed, "d2");
        var invalid = Change(ConnectionChangeKind.Invalid, "d2") with { Problem = Problem };
        var restored = Change(ConnectionChangeKind.Restored, "d2");
        var removed = Change(ConnectionChangeKind.Removed, null);
        foreach (var change in new[] { added, changed, invalid, restored, removed })
        {
            Assert.True(await IsNewsAsync(change));
            Assert.False(await IsNewsAsync(change));
        }
    }

    [Fact]
    public async Task IsNews_RestartWithTheSameVersion_IsNone()
    {
        await IsNewsAsync(Change(ConnectionChangeKind.Added, "d1"));

        Assert.False(await IsNewsAsync(Change(ConnectionChangeKind.Added, "d1")));
        Assert.True(await IsNewsAsync(Change(ConnectionChangeKind.Added, "d2")));
        Assert.True(await IsNewsAsync(Change(ConnectionChangeKind.Added, "d1") with { Organisation = "globex" }));
    }

    [Fact]
    public async Task IsNews_DocumentWithoutAName_Always()
    {
        var nameless = Change(ConnectionChangeKind.Invalid, null) with { Organisation = null, Name = null, Problem = Problem };

        Assert.True(await IsNewsAsync(nameless));
        Assert.True(await IsNewsAsync(nameless));
    }

    private static ConnectionChange Change(ConnectionChangeKind kind, string? digest) => new(kind, "acme", "a", digest, null, null, null);

    private Task<bool> IsNewsAsync(ConnectionChange change) =>
        Db.TransactAsync(transaction => ConnectionRegister.IsNewsAsync(transaction, change), Cancellation);
}
