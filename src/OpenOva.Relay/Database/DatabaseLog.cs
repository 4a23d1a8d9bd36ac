namespace OpenOva.Relay.Database;

internal static partial class DatabaseLog
{
    [LoggerMessage(200, LogLevel.Information, "Database is {Dialect}, schema at migration {Version}, {Applied} applied now", EventName = "DatabaseReady")]
    public static partial void DatabaseReady(this ILogger logger, string dialect, int version, int applied);

    [LoggerMessage(201, LogLevel.Debug, "Transaction conflict on attempt {Attempt} of {MaxAttempts}: running it again", EventName = "TransactionConflict")]
    public static partial void TransactionConflict(this ILogger logger, int attempt, int maxAttempts);

    [LoggerMessage(202, LogLevel.Error, "An after-commit hook failed; what it would have woken is found by a sweeper", EventName = "AfterCommitFailed")]
    public static partial void AfterCommitFailed(this ILogger logger, Exception exception);

    [LoggerMessage(203, LogLevel.Warning, "The database carries migrations that this build does not know: {Versions}", EventName = "DatabaseIsNewer")]
    public static partial void DatabaseIsNewer(this ILogger logger, string versions);

    [LoggerMessage(205, LogLevel.Warning, "The database does not answer yet; the start waits for it", EventName = "WaitingForDatabase")]
    public static partial void WaitingForDatabase(this ILogger logger, Exception exception);

    [LoggerMessage(204, LogLevel.Information, "Applied migration {Version} {Name}", EventName = "MigrationApplied")]
    public static partial void MigrationApplied(this ILogger logger, int version, string name);

    [LoggerMessage(206, LogLevel.Warning, "PostgreSQL runs with {Setting}=off: what was committed is lost when {Cause}. Evidence needs it on", EventName = "DatabaseNotDurable")]
    public static partial void DatabaseNotDurable(this ILogger logger, string setting, string cause);
}
