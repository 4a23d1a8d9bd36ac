using System.Data.Common;
using Npgsql;
using OpenOva.Relay.Database;

namespace OpenOva.Relay.Tests.Database;

[Trait("Kind", "Fast")]
public sealed class RelayDatabaseOnSqliteTests() : RelayDatabaseTests(TestDatabaseKind.Sqlite)
{
    [Fact]
    public async Task Open_Sqlite_IsDurableAndEnforcesKeys()
    {
        await using var connection = await Db.OpenAsync(Cancellation);

        Assert.Equal("wal", await ReadAsync(connection, "PRAGMA journal_mode"));
        Assert.Equal(2L, await ReadAsync(connection, "PRAGMA synchronous"));
        Assert.Equal(1L, await ReadAsync(connection, "PRAGMA foreign_keys"));
        Assert.Equal(5000L, await ReadAsync(connection, "PRAGMA busy_timeout"));
    }

    [Fact]
    public async Task Transact_SqliteFileCannotBeOpened_IsUnavailable()
    {
        var directory = Directory.CreateTempSubdirectory("relay-db-");
        await using var database = new RelayDatabase(new DatabaseOptions { Sqlite = directory.FullName }, directory.FullName, TimeProvider.System);

        var failure = await Assert.ThrowsAsync<DatabaseUnavailableException>(() => database.ExecuteScalarAsync<long>("SELECT 1", null, Cancellation));

        Assert.Equal(DatabaseFailure.Unavailable, failure.Failure);
        directory.Delete();
    }

    private static async Task<object?> ReadAsync(DbConnection connection, string sql)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        return await command.ExecuteScalarAsync(Cancellation);
    }
}

[Trait("Kind", "Real")]
public sealed class RelayDatabaseOnPostgresTests() : RelayDatabaseTests(TestDatabaseKind.Postgres)
{
    [Fact]
    public async Task Transact_ServerRefusesConnections_IsUnavailable()
    {
        var nobody = new NpgsqlConnectionStringBuilder(Options.Postgres) { Host = "127.0.0.1", Port = 1, Timeout = 5 };
        await using var database = new RelayDatabase(new DatabaseOptions { Postgres = nobody.ToString() }, "", Time);

        var failure = await BoundedAsync(Assert.ThrowsAsync<DatabaseUnavailableException>(() => database.OpenAsync(Cancellation)));

        Assert.Equal(DatabaseFailure.Unavailable, failure.Failure);
    }

    [Fact]
    public async Task Transact_ConnectionKilledInside_IsUnavailableAndNothingStands()
    {
        var failure = await BoundedAsync(Assert.ThrowsAsync<DatabaseUnavailableException>(() => Db.TransactAsync(
            async transaction =>
            {
                await transaction.ExecuteAsync("INSERT INTO leases (name, holder, epoch, until_us) VALUES ('a', 'a', 1, 0)");
                var pid = await transaction.ExecuteScalarAsync<int>("SELECT pg_backend_pid()");
                await Db.ExecuteScalarAsync<bool>("SELECT pg_terminate_backend(@pid)", new { pid }, Cancellation);
                await transaction.ExecuteAsync("UPDATE leases SET epoch = 2");
            },
            Cancellation)));

        Assert.False(failure.OutcomeUnknown);
        Assert.Equal(0L, await Db.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM leases", null, Cancellation));
    }
}

public abstract class RelayDatabaseTests(TestDatabaseKind kind) : DatabaseTests(kind)
{
    protected override Task SetUpAsync() => Db.ExecuteAsync(
        "CREATE TABLE shapes (id TEXT NOT NULL PRIMARY KEY, organisation TEXT NOT NULL, open BOOLEAN NOT NULL, body BYTEA, seen_us BIGINT)",
        null,
        Cancellation);

    [Fact]
    public async Task Query_SharedTypes_RoundTrip()
    {
        var id = Time.NewRowId();
        await Db.ExecuteAsync(
            "INSERT INTO shapes (id, organisation, open, body, seen_us) VALUES (@id, @organisation, @open, @body, @seen)",
            new { id, organisation = "acme", open = true, body = new byte[] { 0, 1, 255 }, seen = (long?)null },
            Cancellation);

        var shape = await Db.QuerySingleOrDefaultAsync<Shape>("SELECT * FROM shapes WHERE id = @id AND open = TRUE", new { id }, Cancellation);

        Assert.NotNull(shape);
        Assert.True(shape.Open);
        Assert.Equal(new byte[] { 0, 1, 255 }, shape.Body);
        Assert.Null(shape.SeenUs);
        Assert.Equal(id, shape.Id);
        Assert.Matches("^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$", id);
    }

    [Fact]
    public async Task Clock_Read_IsMicrosecondsOfNow()
    {
        var now = await Db.ExecuteScalarAsync<long>("SELECT relay_now_us()", null, Cancellation);

        Assert.InRange(now - Time.GetUnixMicroseconds(), -5_000_000, 5_000_000);
        Assert.Equal(RowClock.FromUnixMicroseconds(now).ToUnixMicroseconds(), now);
    }

    [Fact]
    public async Task Transact_WorkThrows_NothingStandsAndHooksDoNotRun()
    {
        var hooks = 0;
        await Assert.ThrowsAsync<InvalidDataException>(() => Db.TransactAsync(
            async transaction =>
            {
                await InsertAsync(transaction, "a");
                transaction.AfterCommit(() => hooks++);
                throw new InvalidDataException("refused");
            },
            Cancellation));

        Assert.Equal(0L, await CountAsync());
        Assert.Equal(0, hooks);
    }

    [Fact]
    public async Task Transact_Commits_HooksRunOnceAfterwardsAndTheirFailureIsTheirOwn()
    {
        var seen = new List<long>();
        await Db.TransactAsync(
            async transaction =>
            {
                await InsertAsync(transaction, "a");
                transaction.AfterCommit(() => throw new InvalidDataException("a hook's own failure"));
                transaction.AfterCommit(() => seen.Add(transaction.Completed ? 1 : 0));
            },
            Cancellation);

        Assert.Equal([1L], seen);
        Assert.Equal(1L, await CountAsync());
    }

    [Fact]
    public async Task Transact_FailedStatementSwallowed_IsRolledBackAllTheSame()
    {
        var failure = await Assert.ThrowsAnyAsync<DbException>(() => Db.TransactAsync(
            async transaction =>
            {
                await InsertAsync(transaction, "a");
                await Assert.ThrowsAnyAsync<DbException>(() => InsertAsync(transaction, "a"));
            },
            Cancellation));

        Assert.True(DatabaseFailures.IsUniqueViolation(failure));
        Assert.Equal(0L, await CountAsync());
    }

    [Fact]
    public async Task Transact_Nested_IsRefused()
    {
        await Db.TransactAsync(
            async transaction =>
            {
                await InsertAsync(transaction, "a");
                await BoundedAsync(Assert.ThrowsAsync<InvalidOperationException>(() => Db.ExecuteAsync("DELETE FROM shapes", null, Cancellation)));
            },
            Cancellation);

        Assert.Equal(1L, await CountAsync());
        await Db.ExecuteAsync("DELETE FROM shapes", null, Cancellation);
    }

    [Fact]
    public async Task Transact_TransactionKeptBeyondItsEnd_IsRefused()
    {
        var kept = await Db.TransactAsync(Task.FromResult, Cancellation);

        await Assert.ThrowsAsync<ObjectDisposedException>(() => kept.ExecuteAsync("DELETE FROM shapes"));
    }

    [Fact]
    public async Task Transact_ManyReadThenWrite_NoUpdateIsLost()
    {
        await Db.ExecuteAsync("INSERT INTO shapes (id, organisation, open, seen_us) VALUES ('n', 'acme', TRUE, 0)", null, Cancellation);
        RelayDatabase[] replicas = [Db, Replica(), Replica()];

        // Read, then write what was read plus one: loses updates under any weaker isolation.
        await BoundedAsync(Task.WhenAll(Enumerable.Range(0, 6).Select(worker => Task.Run(async () =>
        {
            for (var i = 0; i < 5; i++)
            {
                await ForeverAsync(() => replicas[worker % 3].TransactAsync(
                    async transaction =>
                    {
                        var seen = await transaction.ExecuteScalarAsync<long>("SELECT seen_us FROM shapes WHERE id = 'n'");
                        await transaction.ExecuteAsync("UPDATE shapes SET seen_us = @next WHERE id = 'n'", new { next = seen + 1 });
                    },
                    Cancellation));
            }
        }))));

        Assert.Equal(30L, await Db.ExecuteScalarAsync<long>("SELECT seen_us FROM shapes WHERE id = 'n'", null, Cancellation));
    }

    [Fact]
    public async Task Transact_WriteSkew_IsPrevented()
    {
        // Each of two may close only while the other is open: a check over rows that the other one writes.
        await Db.ExecuteAsync("INSERT INTO shapes (id, organisation, open) VALUES ('a', 'acme', TRUE), ('b', 'acme', TRUE)", null, Cancellation);
        var other = Replica();

        await BoundedAsync(Task.WhenAll(CloseAsync(Db, "a"), CloseAsync(other, "b")));

        Assert.Equal(1L, await Db.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM shapes WHERE open", null, Cancellation));

        Task CloseAsync(RelayDatabase database, string id) => Task.Run(() => database.TransactAsync(
            async transaction =>
            {
                if (await transaction.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM shapes WHERE open") < 2) return;
                await Task.Delay(50, Cancellation); // lets the two overlap where the database would allow it
                await transaction.ExecuteAsync("UPDATE shapes SET open = FALSE WHERE id = @id", new { id });
            },
            Cancellation));
    }

    [Fact]
    public async Task Transact_ConflictOnEveryAttempt_GivesUpTyped()
    {
        var runs = 0;
        var failure = await BoundedAsync(Assert.ThrowsAsync<DatabaseUnavailableException>(() => Db.TransactAsync(
            _ =>
            {
                runs++;
                throw Conflict();
            },
            Cancellation)));

        Assert.Equal(DatabaseFailure.Conflict, failure.Failure);
        Assert.Equal(Options.MaxAttempts, runs);
    }

    [Fact]
    public async Task Transact_ConflictOnce_RunsTheWorkAgainAndHooksOfTheLastRunOnly()
    {
        var runs = 0;
        var hooks = 0;
        await Db.TransactAsync(
            async transaction =>
            {
                transaction.AfterCommit(() => hooks++);
                await InsertAsync(transaction, "a");
                if (++runs == 1) throw Conflict();
            },
            Cancellation);

        Assert.Equal(2, runs);
        Assert.Equal(1, hooks);
        Assert.Equal(1L, await CountAsync());
    }

    private Exception Conflict() => Kind == TestDatabaseKind.Sqlite
        ? new Microsoft.Data.Sqlite.SqliteException("database is locked", 5)
        : new PostgresException("could not serialize access", "ERROR", "ERROR", PostgresErrorCodes.SerializationFailure);

    private static async Task ForeverAsync(Func<Task> work)
    {
        while (true)
        {
            try
            {
                await work();
                return;
            }
            catch (DatabaseUnavailableException exception) when (exception.Failure == DatabaseFailure.Conflict)
            {
                Cancellation.ThrowIfCancellationRequested();
            }
        }
    }

    private static Task<int> InsertAsync(RelayTransaction transaction, string id) =>
        transaction.ExecuteAsync("INSERT INTO shapes (id, organisation, open) VALUES (@id, 'acme', FALSE)", new { id });

    private Task<long> CountAsync() => Db.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM shapes", null, Cancellation);

    private sealed class Shape
    {
        public string Id { get; init; } = "";

        public bool Open { get; init; }

        public byte[]? Body { get; init; }

        public long? SeenUs { get; init; }
    }
}
