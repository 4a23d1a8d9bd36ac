namespace OpenOva.Relay.Database;

/// <summary>Section <c>Relay:Database</c>.</summary>
internal sealed class DatabaseOptions
{
    public const string Section = "Relay:Database";

    /// <summary>
    /// Npgsql connection string of the PostgreSQL database. Default empty: the embedded SQLite database is used, which serves one process only.
    /// </summary>
    public string Postgres { get; set; } = "";

    /// <summary>File that holds the PostgreSQL password, read at each new connection so that a rotated secret needs no restart. Default empty: none.</summary>
    public string PostgresPasswordFile { get; set; } = "";

    /// <summary>Path of the SQLite file, absolute or relative to <c>Relay:Data</c>. Default <c>relay.db</c>. Unused with PostgreSQL.</summary>
    public string Sqlite { get; set; } = "relay.db";

    /// <summary>How long a statement waits for another process's SQLite write lock before it counts as a conflict. Default 5 s; zero: not at all.</summary>
    public TimeSpan BusyTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How often a transaction is run again after a conflict, the first run included. Default 10; at least 1.</summary>
    public int MaxAttempts { get; set; } = 10;

    /// <summary>Apply pending migrations at start. Default true; with false a start against an old schema fails and <c>relay migrate</c> is needed.</summary>
    public bool MigrateAtStart { get; set; } = true;

    /// <summary>How long a start waits for a database that does not answer yet. Default 1 min; zero: it fails at once.</summary>
    public TimeSpan StartTimeout { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Says which database, never the connection string: it may carry a password.</summary>
    public override string ToString() => Postgres.Length > 0 ? "PostgreSQL" : $"SQLite {Sqlite}";
}
