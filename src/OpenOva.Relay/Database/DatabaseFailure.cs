using System.Net.Sockets;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace OpenOva.Relay.Database;

/// <summary>What a database exception means to the caller.</summary>
internal enum DatabaseFailure
{
    /// <summary>A defect or a broken rule (constraint, syntax): not retried, not renamed.</summary>
    None,

    /// <summary>Another transaction got in the way: run the work again.</summary>
    Conflict,

    /// <summary>
    /// The database does not serve this service now: it is unreachable, shutting down, read-only after a failover, out of resources, or its operator is just changing
    /// the password, the role's rights or a limit of time.
    /// </summary>
    Unavailable,
}

internal static class DatabaseFailures
{
    public static DatabaseFailure Classify(Exception? exception) => exception switch
    {
        PostgresException postgres => ClassifySqlState(postgres.SqlState),
        NpgsqlException { IsTransient: true } => DatabaseFailure.Unavailable,
        NpgsqlException { InnerException: IOException or SocketException or TimeoutException } => DatabaseFailure.Unavailable,
        SqliteException sqlite => ClassifySqliteCode(sqlite.SqliteErrorCode),
        _ => DatabaseFailure.None,
    };

    /// <summary>
    /// True for a duplicate key on either database. The transaction is lost by then: prefer <c>ON CONFLICT DO NOTHING</c> and its row count.
    /// </summary>
    public static bool IsUniqueViolation(Exception exception) => exception switch
    {
        PostgresException postgres => postgres.SqlState == PostgresErrorCodes.UniqueViolation,
        SqliteException sqlite => sqlite.SqliteExtendedErrorCode is 2067 or 1555, // SQLITE_CONSTRAINT_UNIQUE, SQLITE_CONSTRAINT_PRIMARYKEY
        _ => false,
    };

    // https://www.postgresql.org/docs/current/errcodes-appendix.html
    private static DatabaseFailure ClassifySqlState(string state) => state switch
    {
        PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.LockNotAvailable =>
            DatabaseFailure.Conflict,
        PostgresErrorCodes.ReadOnlySqlTransaction => DatabaseFailure.Unavailable, // the former primary, after a failover
        PostgresErrorCodes.InvalidCatalogName or PostgresErrorCodes.InsufficientPrivilege => DatabaseFailure.Unavailable,
        "25P03" or "25P04" => DatabaseFailure.Unavailable, // the transaction was idle or took too long
        _ when state.StartsWith("08", StringComparison.Ordinal) => DatabaseFailure.Unavailable, // connection exceptions
        _ when state.StartsWith("28", StringComparison.Ordinal) => DatabaseFailure.Unavailable, // authorization
        _ when state.StartsWith("57", StringComparison.Ordinal) => DatabaseFailure.Unavailable, // an operator's doing, limits of time included
        _ when state.StartsWith("53", StringComparison.Ordinal) => DatabaseFailure.Unavailable, // insufficient resources
        _ when state.StartsWith("58", StringComparison.Ordinal) => DatabaseFailure.Unavailable, // system errors (I/O)
        _ => DatabaseFailure.None,
    };

    // https://www.sqlite.org/rescode.html
    private static DatabaseFailure ClassifySqliteCode(int code) => code switch
    {
        5 or 6 => DatabaseFailure.Conflict, // SQLITE_BUSY, SQLITE_LOCKED
        3 or 8 or 10 or 13 or 14 => DatabaseFailure.Unavailable, // SQLITE_PERM, _READONLY, _IOERR, _FULL, _CANTOPEN
        _ => DatabaseFailure.None,
    };
}
