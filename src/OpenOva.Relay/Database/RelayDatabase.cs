using System.Data;
using System.Data.Common;
using Dapper;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using OpenOva.Relay.Configuration;

namespace OpenOva.Relay.Database;

/// <summary>Which database stands behind <see cref="RelayDatabase"/>.</summary>
internal enum DatabaseDialect
{
    Sqlite,
    Postgres,
}

/// <summary>
/// The one door to the database. SQL is written once for both dialects: <c>@p</c> parameters, RETURNING, ON CONFLICT, BIGINT, TEXT, BOOLEAN,
/// BYTEA and row-value comparison are shared; array parameters, JSON operators, IDENTITY and SKIP LOCKED are not, and LIKE differs in case.
/// <c>relay_now_us()</c> is the database's clock in microseconds on both. Columns are snake_case and map to PascalCase properties of classes with init.
/// </summary>
internal sealed class RelayDatabase : IAsyncDisposable
{
    private readonly DatabaseOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly NpgsqlDataSource? _postgres;
    private readonly string _sqlite = "";

    // SQLite has one writer at a time. Waiting for it here costs no thread; SQLite's own busy wait, which blocks one, is left for other processes.
    private readonly SemaphoreSlim _sqliteWriter = new(1, 1);
    private readonly AsyncLocal<RelayTransaction?> _current = new();

    static RelayDatabase() => DefaultTypeMap.MatchNamesWithUnderscores = true;

    /// <param name="options">Which database; a relative SQLite path stands under <paramref name="dataDirectory"/>.</param>
    /// <param name="dataDirectory">Created when absent (SQLite only).</param>
    /// <param name="time">SQLite's <c>relay_now_us()</c>; PostgreSQL uses the server's clock.</param>
    public RelayDatabase(DatabaseOptions options, string dataDirectory, TimeProvider time, ILogger<RelayDatabase>? logger = null)
    {
        _options = options;
        _time = time;
        _logger = logger ?? NullLogger<RelayDatabase>.Instance;
        if (options.Postgres.Length > 0)
        {
            Dialect = DatabaseDialect.Postgres;
            _postgres = BuildDataSource(options);
        }
        else
        {
            Dialect = DatabaseDialect.Sqlite;
            var file = Path.GetFullPath(options.Sqlite, Path.GetFullPath(dataDirectory));
            PrivateDirectory.Create(Path.GetDirectoryName(file)!);
            _sqlite = new SqliteConnectionStringBuilder
            {
                DataSource = file,
                ForeignKeys = true,
                DefaultTimeout = Math.Max(1, (int)Math.Ceiling(options.BusyTimeout.TotalSeconds)),
            }.ToString();
        }
    }

    public DatabaseDialect Dialect { get; }

    /// <summary>The clock that <c>relay_now_us()</c> reads on SQLite, and that ids and row times are made from.</summary>
    public TimeProvider Time => _time;

    /// <summary>An open connection for reading; the caller disposes it. Writes belong in a transaction.</summary>
    /// <exception cref="DatabaseUnavailableException">The database cannot be reached now.</exception>
    public Task<DbConnection> OpenAsync(CancellationToken cancellation = default) => GuardAsync(() => ConnectAsync(cancellation));

    /// <summary>
    /// Runs <paramref name="work"/> in one serializable transaction and commits. After a conflict with another transaction it is rolled back
    /// and run again, at most <see cref="DatabaseOptions.MaxAttempts"/> times: the work must have no effect outside the transaction.
    /// Any exception rolls back. Transactions do not nest. PostgreSQL runs serializable because SQLite always does: code that checks
    /// and then writes is right on both.
    /// </summary>
    /// <exception cref="DatabaseUnavailableException">Unreachable, or conflicts to the last attempt.</exception>
    public Task<T> TransactAsync<T>(Func<RelayTransaction, Task<T>> work, CancellationToken cancellation = default) =>
        TransactAsync(work, IsolationLevel.Serializable, cancellation);

    /// <summary>
    /// The same under a weaker isolation, which matters on PostgreSQL alone: for statements that carry their own guard and must not
    /// be in other transactions' way. Business code does not need it.
    /// </summary>
    internal async Task<T> TransactAsync<T>(Func<RelayTransaction, Task<T>> work, IsolationLevel isolation, CancellationToken cancellation)
    {
        if (_current.Value is { Completed: false })
            throw new InvalidOperationException("A transaction is open in this flow already: pass it on instead of opening a second.");

        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await GuardAsync(() => TransactOnceAsync(work, isolation, cancellation));
            }
            catch (DatabaseUnavailableException exception)
                when (exception.Failure == DatabaseFailure.Conflict && attempt < _options.MaxAttempts)
            {
                _logger.TransactionConflict(attempt, _options.MaxAttempts);
            }

            // Real time, not the injected clock: it spaces out transactions that really run.
            await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(1, 4 << Math.Min(attempt, 7))), cancellation);
        }
    }

    /// <inheritdoc cref="TransactAsync{T}(Func{RelayTransaction, Task{T}}, CancellationToken)"/>
    public Task TransactAsync(Func<RelayTransaction, Task> work, CancellationToken cancellation = default) =>
        TransactAsync(
            async transaction =>
            {
                await work(transaction);
                return true;
            },
            cancellation);

    /// <summary>One reading statement on a connection of its own.</summary>
    public Task<IReadOnlyList<T>> QueryAsync<T>(string sql, object? param = null, CancellationToken cancellation = default) =>
        ReadAsync<IReadOnlyList<T>>(async (connection, command) => (await connection.QueryAsync<T>(command)).AsList(), sql, param, cancellation);

    /// <inheritdoc cref="QueryAsync{T}"/>
    public Task<T?> QuerySingleOrDefaultAsync<T>(string sql, object? param = null, CancellationToken cancellation = default) =>
        ReadAsync((connection, command) => connection.QuerySingleOrDefaultAsync<T>(command), sql, param, cancellation);

    /// <inheritdoc cref="QueryAsync{T}"/>
    public Task<T?> ExecuteScalarAsync<T>(string sql, object? param = null, CancellationToken cancellation = default) =>
        ReadAsync((connection, command) => connection.ExecuteScalarAsync<T>(command), sql, param, cancellation);

    /// <summary>One writing statement in a transaction of its own; rows affected.</summary>
    public Task<int> ExecuteAsync(string sql, object? param = null, CancellationToken cancellation = default) =>
        TransactAsync(transaction => transaction.ExecuteAsync(sql, param), cancellation);

    public async ValueTask DisposeAsync()
    {
        if (_postgres is not null)
        {
            await _postgres.DisposeAsync();
        }
        else
        {
            await using var connection = new SqliteConnection(_sqlite);
            SqliteConnection.ClearPool(connection);
        }

        _sqliteWriter.Dispose();
    }

    private async Task<T> RunAsync<T>(Func<RelayTransaction, Task<T>> work, IsolationLevel isolation, CancellationToken cancellation)
    {
        var gated = Dialect == DatabaseDialect.Sqlite;
        IReadOnlyList<Action> afterCommit;
        T result;
        if (gated) await _sqliteWriter.WaitAsync(cancellation);
        try
        {
            await using var connection = await ConnectAsync(cancellation);

            // On SQLite every isolation level but ReadUncommitted is BEGIN IMMEDIATE: the write lock is taken before the first read,
            // so that a transaction never finds out at its first write that what it read is stale.
            await using var begun = await connection.BeginTransactionAsync(isolation, cancellation);
            var transaction = new RelayTransaction(connection, begun, cancellation);
            _current.Value = transaction;
            try
            {
                result = await work(transaction);
            }
            finally
            {
                transaction.Completed = true;
            }

            if (transaction.FirstFailure is { } swallowed) throw swallowed;
            await CommitAsync(begun);
            afterCommit = transaction.AfterCommitActions;
        }
        finally
        {
            if (gated) _sqliteWriter.Release();
        }

        foreach (var action in afterCommit) Run(action);
        return result;
    }

    private async Task<T> TransactOnceAsync<T>(Func<RelayTransaction, Task<T>> work, IsolationLevel isolation, CancellationToken cancellation)
    {
        RelayTransaction? transaction = null;
        try
        {
            return await RunAsync(
                opened =>
                {
                    transaction = opened;
                    return work(opened);
                },
                isolation,
                cancellation);
        }
        catch (Exception exception) when (transaction?.FirstFailure is { } first && !ReferenceEquals(first, exception))
        {
            // The work wrapped or replaced the database's complaint; the first cause decides whether it is run again.
            if (DatabaseFailures.Classify(first) != DatabaseFailure.None) throw first;
            throw;
        }
    }

    private static async Task CommitAsync(DbTransaction transaction)
    {
        try
        {
            // Not cancellable: a COMMIT given up half-way has an unknown outcome.
            await transaction.CommitAsync(CancellationToken.None);
        }
        catch (NpgsqlException exception) when (exception is not PostgresException)
        {
            throw new DatabaseUnavailableException(
                "The connection broke during COMMIT; whether the transaction stands is unknown.", DatabaseFailure.Unavailable, true, exception);
        }
    }

    private void Run(Action action)
    {
        try
        {
            action();
        }
        catch (Exception exception)
        {
            _logger.AfterCommitFailed(exception);
        }
    }

    private Task<T> ReadAsync<T>(
        Func<DbConnection, CommandDefinition, Task<T>> read, string sql, object? param, CancellationToken cancellation) =>
        GuardAsync(async () =>
        {
            await using var connection = await ConnectAsync(cancellation);
            return await read(connection, new CommandDefinition(sql, param, cancellationToken: cancellation));
        });

    private static async Task<T> GuardAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception exception) when (DatabaseFailures.Classify(exception) is var failure && failure != DatabaseFailure.None)
        {
            var message = failure == DatabaseFailure.Conflict ? "Other transactions kept getting in the way." : "The database cannot be used now.";
            throw new DatabaseUnavailableException(message, failure, false, exception);
        }
    }

    private async Task<DbConnection> ConnectAsync(CancellationToken cancellation)
    {
        if (_postgres is not null) return await _postgres.OpenConnectionAsync(cancellation);
        var connection = new SqliteConnection(_sqlite);
        try
        {
            await connection.OpenAsync(cancellation);
            connection.CreateFunction("relay_now_us", _time.GetUnixMicroseconds);
            await using var pragmas = connection.CreateCommand();
            pragmas.CommandText = $"PRAGMA busy_timeout={(int)_options.BusyTimeout.TotalMilliseconds}; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;";
            await pragmas.ExecuteNonQueryAsync(cancellation);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private static NpgsqlDataSource BuildDataSource(DatabaseOptions options)
    {
        var builder = new NpgsqlDataSourceBuilder(options.Postgres);
        if (options.PostgresPasswordFile.Length > 0)
        {
            builder.UsePasswordProvider(
                _ => File.ReadAllText(options.PostgresPasswordFile).Trim(),
                async (_, cancellation) => (await File.ReadAllTextAsync(options.PostgresPasswordFile, cancellation)).Trim());
        }

        return builder.Build();
    }
}
