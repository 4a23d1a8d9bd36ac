using Microsoft.Extensions.Logging.Abstractions;
using OpenOva.Relay.Database;

namespace OpenOva.Relay.Tests.Database;

[Trait("Kind", "Fast")]
public sealed class DatabaseMigratorOnSqliteTests() : DatabaseMigratorTests(TestDatabaseKind.Sqlite);

[Trait("Kind", "Real")]
public sealed class DatabaseMigratorOnPostgresTests() : DatabaseMigratorTests(TestDatabaseKind.Postgres);

public abstract class DatabaseMigratorTests(TestDatabaseKind kind) : DatabaseTests(kind)
{
    private static readonly Migration First = new(1, "first", "CREATE TABLE first (id TEXT); INSERT INTO first VALUES ('once');");
    private static readonly Migration Second = new(2, "second", "CREATE TABLE second (id TEXT);");

    [Fact]
    public async Task Migrate_ReplicasAtOnce_ApplyEachOnce()
    {
        var outcomes = await BoundedAsync(Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
            Migrator(Replica(), First, Second).MigrateAsync(Cancellation)))));

        Assert.Equal(2, outcomes.Sum(outcome => outcome.Applied.Count));
        Assert.All(outcomes, outcome => Assert.Equal(2, outcome.Version));
        Assert.Equal(1L, await Db.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM first", null, Cancellation));
    }

    [Fact]
    public async Task Migrate_AppliedMigrationEdited_IsRefused()
    {
        await Migrator(Db, First).MigrateAsync(Cancellation);

        var refusal = await Assert.ThrowsAsync<MigrationException>(() =>
            Migrator(Db, First with { Sql = First.Sql + " " }, Second).MigrateAsync(Cancellation));

        Assert.Contains("0001_first", refusal.Message, StringComparison.Ordinal);
        await Migrator(Db, First, Second).MigrateAsync(Cancellation);
    }

    [Fact]
    public async Task Migrate_OneFails_NoneOfTheRunStands()
    {
        var broken = new Migration(3, "broken", "CREATE TABLE third (id TEXT); INSERT INTO nowhere VALUES (1);");

        await Assert.ThrowsAnyAsync<Exception>(() => Migrator(Db, First, broken).MigrateAsync(Cancellation));

        Assert.Equal([1, 3], (await Migrator(Db, First, broken).PendingAsync(Cancellation)).Select(migration => migration.Version));
        await Migrator(Db, First).MigrateAsync(Cancellation);
    }

    [Fact]
    public async Task Migrate_DatabaseIsNewer_LeavesItAlone()
    {
        await Migrator(Db, First, Second).MigrateAsync(Cancellation);

        var outcome = await Migrator(Db, First).MigrateAsync(Cancellation);

        Assert.Empty(outcome.Applied);
    }

    [Fact]
    public async Task Pending_FreshDatabase_ListsAllAndChangesNothing()
    {
        Assert.Equal(2, (await Migrator(Db, First, Second).PendingAsync(Cancellation)).Count);
        Assert.Equal(2, (await Migrator(Db, First, Second).PendingAsync(Cancellation)).Count);
    }

    [Fact]
    public async Task Migrate_EmbeddedMigrations_ApplyAndAreNumberedOnce()
    {
        var embedded = Migration.Embedded(typeof(DatabaseMigrator).Assembly);

        var outcome = await Migrator(Db, [.. embedded]).MigrateAsync(Cancellation);

        Assert.Contains(embedded, migration => migration is { Version: 1, Name: "wiring" });
        Assert.Equal(embedded.Count, outcome.Applied.Count);
        Assert.Empty(await Migrator(Db, [.. embedded]).PendingAsync(Cancellation));
    }

    private protected override Task MigrateAsync() => Task.CompletedTask;

    private static DatabaseMigrator Migrator(RelayDatabase database, params Migration[] migrations) =>
        new(database, migrations, NullLogger<DatabaseMigrator>.Instance);
}
