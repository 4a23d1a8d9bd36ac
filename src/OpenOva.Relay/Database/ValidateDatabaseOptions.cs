using Npgsql;
using OpenOva.Relay.Configuration;

namespace OpenOva.Relay.Database;

internal sealed class ValidateDatabaseOptions() : OptionsRules<DatabaseOptions>(DatabaseOptions.Section)
{
    protected override void Check(DatabaseOptions options)
    {
        if (options.Postgres.Length > 0)
        {
            CheckConnectionString(options.Postgres);
            FileReadable(nameof(options.PostgresPasswordFile), options.PostgresPasswordFile);
        }
        else
        {
            if (options.PostgresPasswordFile.Length > 0) Fail(nameof(options.PostgresPasswordFile), "needs Relay:Database:Postgres");
            if (options.Sqlite.Length == 0) Fail(nameof(options.Sqlite), "must name a file, unless Relay:Database:Postgres is set");
        }

        if (options.BusyTimeout < TimeSpan.Zero || options.BusyTimeout > TimeSpan.FromMinutes(1))
            Fail(nameof(options.BusyTimeout), "must be 00:00:00 to 00:01:00");
        Range(nameof(options.MaxAttempts), options.MaxAttempts, 1, 100);
        if (options.StartTimeout < TimeSpan.Zero) Fail(nameof(options.StartTimeout), "must not be negative");
    }

    private void CheckConnectionString(string text)
    {
        try
        {
            if (string.IsNullOrEmpty(new NpgsqlConnectionStringBuilder(text).Host)) Fail(nameof(DatabaseOptions.Postgres), "must name a Host");
        }
        catch (Exception exception) when (exception is ArgumentException or KeyNotFoundException or FormatException)
        {
            // Npgsql's own text would quote the string, and it may carry a password.
            Fail(nameof(DatabaseOptions.Postgres), "must be an Npgsql connection string, such as Host=…;Database=…;Username=…");
        }
    }
}
