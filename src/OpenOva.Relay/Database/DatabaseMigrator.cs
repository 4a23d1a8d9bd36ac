using System.Data;

namespace OpenOva.Relay.Database;

/// <summary>What <see cref="DatabaseMigrator.MigrateAsync"/> found and did.</summary>
internal sealed record MigrationOutcome(int Version, IReadOnlyList<Migration> Applied);

/// <summary>An applied migration's text differs from this build's, or the schema is older than this build and may not be migrated at start.</summary>
internal sealed class MigrationException(string message) : Exception(message);

/// <summary>Applies pending migrations, all in one transaction, under a lock: replicas that start together run each of them once.</summary>
internal sealed class DatabaseMigrator(RelayDatabase database, IReadOnlyList<Migration> migrations, ILogger<DatabaseMigrator> logger)
{
    private const string SelectApplied = "SELECT version, name, checksum FROM schema_migrations ORDER BY version";

    public DatabaseMigrator(RelayDatabase database, ILogger<DatabaseMigrator> logger)
        : this(database, Migration.Embedded(typeof(DatabaseMigrator).Assembly), logger)
    {
    }

    /// <summary>Brings the schema up to this build. Unknown newer migrations are left alone: during a rolling update an old replica may still start.</summary>
    /// <exception cref="MigrationException">An applied migration was edited.</exception>
    public async Task<MigrationOutcome> MigrateAsync(CancellationToken cancellation)
    {
        // Not serializable: its snapshot would be taken before the wait for the lock, and would miss what the other replica applied.
        var applied = await database.TransactAsync(ApplyAsync, IsolationLevel.ReadCommitted, cancellation);
        foreach (var migration in applied) logger.MigrationApplied(migration.Version, migration.Name);
        var version = migrations.Count == 0 ? 0 : migrations[^1].Version;
        logger.DatabaseReady(database.Dialect.ToString(), version, applied.Count);
        return new MigrationOutcome(version, applied);
    }

    /// <summary>What would be applied; nothing is changed and no right to change the schema is needed.</summary>
    public async Task<IReadOnlyList<Migration>> PendingAsync(CancellationToken cancellation)
    {
        var exists = database.Dialect == DatabaseDialect.Postgres
            ? "SELECT CASE WHEN to_regclass('schema_migrations') IS NULL THEN 0 ELSE 1 END"
            : "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = 'schema_migrations'";
        if (await database.ExecuteScalarAsync<long>(exists, null, cancellation) == 0) return migrations;
        return Pending(await database.QueryAsync<AppliedMigration>(SelectApplied, null, cancellation));
    }

    private async Task<List<Migration>> ApplyAsync(RelayTransaction transaction)
    {
        var pending = Pending(await AppliedAsync(transaction));
        foreach (var migration in pending)
        {
            await transaction.ExecuteAsync(migration.Sql);
            await transaction.ExecuteAsync(
                "INSERT INTO schema_migrations (version, name, checksum, applied_us) VALUES (@Version, @Name, @Checksum, relay_now_us())", migration);
        }

        return pending;
    }

    private async Task<IReadOnlyList<AppliedMigration>> AppliedAsync(RelayTransaction transaction)
    {
        if (database.Dialect == DatabaseDialect.Postgres)
        {
            // SQLite's lock is BEGIN IMMEDIATE, and its relay_now_us() is registered with each connection.
            await transaction.ExecuteAsync("SELECT pg_advisory_xact_lock(hashtextextended('openova-relay-migrations/' || current_schema(), 0))");
            await transaction.ExecuteAsync(
                """
                CREATE OR REPLACE FUNCTION relay_now_us() RETURNS BIGINT LANGUAGE sql VOLATILE
                AS $$ SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint $$
                """);
        }

        await transaction.ExecuteAsync(
            """
            CREATE TABLE IF NOT EXISTS schema_migrations (
                version BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_us BIGINT NOT NULL)
            """);
        return await transaction.QueryAsync<AppliedMigration>(SelectApplied);
    }

    private List<Migration> Pending(IReadOnlyList<AppliedMigration> applied)
    {
        var known = migrations.ToDictionary(migration => (long)migration.Version);
        foreach (var row in applied)
        {
            if (known.TryGetValue(row.Version, out var migration) && migration.Checksum != row.Checksum)
                throw new MigrationException($"Migration {row.Version:D4}_{row.Name} was applied with another text: restore the file and add a new one.");
        }

        var unknown = applied.Where(row => !known.ContainsKey(row.Version)).Select(row => $"{row.Version:D4}_{row.Name}").ToArray();
        if (unknown.Length > 0) logger.DatabaseIsNewer(string.Join(", ", unknown));
        var done = applied.Select(row => row.Version).ToHashSet();
        return [.. migrations.Where(migration => !done.Contains(migration.Version))];
    }

    private sealed class AppliedMigration
    {
        public long Version { get; init; }

        public string Name { get; init; } = "";

        public string Checksum { get; init; } = "";
    }
}
