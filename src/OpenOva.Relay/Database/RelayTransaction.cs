using System.Data.Common;
using Dapper;

namespace OpenOva.Relay.Database;

/// <summary>
/// One serializable transaction. A statement that fails loses the whole transaction, also where the database would go on (SQLite),
/// so that both behave alike: the work may catch the exception, but the transaction is rolled back and the exception rethrown.
/// </summary>
internal sealed class RelayTransaction
{
    private readonly List<Action> _afterCommit = [];

    internal RelayTransaction(DbConnection connection, DbTransaction transaction, CancellationToken cancellation)
    {
        Connection = connection;
        Transaction = transaction;
        Cancellation = cancellation;
    }

    public DbConnection Connection { get; }

    public DbTransaction Transaction { get; }

    /// <summary>The token given to <see cref="RelayDatabase.TransactAsync(Func{RelayTransaction, Task}, CancellationToken)"/>; every statement uses it.</summary>
    public CancellationToken Cancellation { get; }

    internal bool Completed { get; set; }

    internal Exception? FirstFailure { get; private set; }

    internal IReadOnlyList<Action> AfterCommitActions => _afterCommit;

    /// <summary>Rows affected. A sequence of parameter objects runs the statement once for each; lists within a statement are not shared by both databases.</summary>
    public Task<int> ExecuteAsync(string sql, object? param = null) => GuardAsync(() => Connection.ExecuteAsync(Command(sql, param)));

    public Task<IReadOnlyList<T>> QueryAsync<T>(string sql, object? param = null) =>
        GuardAsync<IReadOnlyList<T>>(async () => (await Connection.QueryAsync<T>(Command(sql, param))).AsList());

    /// <summary>The only row, or default; more than one row is an error.</summary>
    public Task<T?> QuerySingleOrDefaultAsync<T>(string sql, object? param = null) =>
        GuardAsync(() => Connection.QuerySingleOrDefaultAsync<T>(Command(sql, param)));

    public Task<T?> ExecuteScalarAsync<T>(string sql, object? param = null) =>
        GuardAsync(() => Connection.ExecuteScalarAsync<T>(Command(sql, param)));

    /// <summary>
    /// Runs once, after this run of the work has committed; not at all after a rollback. For waking what polls anyway: a crash may skip it.
    /// </summary>
    public void AfterCommit(Action action) => _afterCommit.Add(action);

    private CommandDefinition Command(string sql, object? param)
    {
        ObjectDisposedException.ThrowIf(Completed, this);
        return new CommandDefinition(sql, param, Transaction, cancellationToken: Cancellation);
    }

    private async Task<T> GuardAsync<T>(Func<Task<T>> statement)
    {
        try
        {
            return await statement();
        }
        catch (DbException exception)
        {
            FirstFailure ??= exception;
            throw;
        }
    }
}
