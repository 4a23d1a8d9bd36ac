using System.Data.Common;
using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using OpenOva.Relay.Database;

namespace OpenOva.Relay.Tests.Database;

/// <summary>Which database a sealed test class runs on: Sqlite is Fast, Postgres is Real.</summary>
public enum TestDatabaseKind
{
    Sqlite,
    Postgres,
}

/// <summary>
/// A fresh, migrated database for each test. Write the tests in an abstract class and seal it twice:
/// <code>
/// [Trait("Kind", "Fast")] public sealed class ThingsOnSqliteTests() : ThingsTests(TestDatabaseKind.Sqlite);
/// [Trait("Kind", "Real")] public sealed class ThingsOnPostgresTests() : ThingsTests(TestDatabaseKind.Postgres);
/// </code>
/// PostgreSQL is the Npgsql connection string in RELAY_TEST_POSTGRES; each test gets a schema of its own. Unset: the test is skipped.
/// </summary>
public abstract class DatabaseTests(TestDatabaseKind kind) : IAsyncLifetime
{
    public const string PostgresVariable = "RELAY_TEST_POSTGRES";

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);
    private readonly List<RelayDatabase> _opened = [];
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("relay-db-");
    private string _schema = "";
    private RelayDatabase? _database;

    protected TestDatabaseKind Kind { get; } = kind;

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private protected RelayDatabase Db => _database!;

    /// <summary>The clock of every <see cref="RelayDatabase"/> of this test; on PostgreSQL <c>relay_now_us()</c> is the server's instead.</summary>
    private protected ShiftedTime Time { get; } = new();

    private protected DatabaseOptions Options { get; private set; } = new();

    public async ValueTask InitializeAsync()
    {
        Options = new DatabaseOptions { Sqlite = Path.Combine(_directory.FullName, "relay.db") };
        if (Kind == TestDatabaseKind.Postgres)
        {
            var server = Environment.GetEnvironmentVariable(PostgresVariable);
            Assert.SkipWhen(string.IsNullOrEmpty(server), $"postgres: {PostgresVariable} is not set");
            _schema = $"t{Guid.NewGuid():N}";
            Options.Postgres = new NpgsqlConnectionStringBuilder(server) { SearchPath = _schema, MaxPoolSize = 20 }.ToString();
            await AdministerAsync(server!, $"CREATE SCHEMA {_schema}");
        }

        _database = Replica();
        await MigrateAsync();
        await SetUpAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await TearDownAsync();
        foreach (var database in _opened) await database.DisposeAsync();
        if (_schema.Length > 0) await AdministerAsync(Environment.GetEnvironmentVariable(PostgresVariable)!, $"DROP SCHEMA {_schema} CASCADE");
        _directory.Delete(recursive: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Another process's view of the same database.</summary>
    private protected RelayDatabase Replica()
    {
        var database = new RelayDatabase(Options, _directory.FullName, Time);
        _opened.Add(database);
        return database;
    }

    /// <summary>What a derived class adds to the fresh database.</summary>
    protected virtual Task SetUpAsync() => Task.CompletedTask;

    /// <summary>Before the database goes; also after a failed set-up.</summary>
    protected virtual Task TearDownAsync() => Task.CompletedTask;

    private protected virtual Task MigrateAsync() =>
        new DatabaseMigrator(Db, NullLogger<DatabaseMigrator>.Instance).MigrateAsync(Cancellation);

    /// <summary>PostgreSQL only: returns when a statement that contains this text waits for a lock of this test's schema.</summary>
    protected async Task WaitUntilBlockedAsync(string statement)
    {
        while (await Db.ExecuteScalarAsync<long>(
            """
            SELECT COUNT(*) FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid JOIN pg_class c ON c.oid = l.relation
            JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE a.wait_event_type = 'Lock' AND a.query LIKE @pattern AND a.pid <> pg_backend_pid() AND n.nspname = current_schema()
            """,
            new { pattern = $"%{statement}%" },
            Cancellation) == 0)
        {
            await Task.Delay(10, Cancellation);
        }
    }

    protected static Task BoundedAsync(Task task) => task.WaitAsync(Bound, Cancellation);

    protected static Task<T> BoundedAsync<T>(Task<T> task) => task.WaitAsync(Bound, Cancellation);

    private static async Task AdministerAsync(string server, string sql)
    {
        await using DbConnection connection = new NpgsqlConnection(server);
        await connection.ExecuteAsync(sql);
    }
}
