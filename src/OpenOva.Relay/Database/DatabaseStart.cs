namespace OpenOva.Relay.Database;

/// <summary>Brings the schema up to this build before anything else starts.</summary>
internal sealed class DatabaseStart(
    RelayDatabase database, DatabaseMigrator migrator, DatabaseOptions options, TimeProvider time, ILogger<DatabaseStart> logger) : IHostedLifecycleService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        var since = time.GetTimestamp();
        while (true)
        {
            try
            {
                await PrepareAsync(cancellationToken);
                await WarnAsync(cancellationToken);
                return;
            }
            catch (DatabaseUnavailableException exception) when (time.GetElapsedTime(since) < options.StartTimeout)
            {
                logger.WaitingForDatabase(exception);
            }

            await Task.Delay(Pause, cancellationToken);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task PrepareAsync(CancellationToken cancellation)
    {
        if (options.MigrateAtStart)
        {
            await migrator.MigrateAsync(cancellation);
            return;
        }

        var pending = await migrator.PendingAsync(cancellation);
        if (pending.Count > 0)
            throw new MigrationException($"{pending.Count} migrations are pending and Relay:Database:MigrateAtStart is false: run relay migrate.");
    }

    // https://www.postgresql.org/docs/current/runtime-config-wal.html
    private async Task WarnAsync(CancellationToken cancellation)
    {
        if (database.Dialect != DatabaseDialect.Postgres) return;
        const string Off = "SELECT name FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') AND setting = 'off' ORDER BY name";
        foreach (var setting in await database.QueryAsync<string>(Off, null, cancellation))
            logger.DatabaseNotDurable(setting, setting == "synchronous_commit" ? "its server crashes" : "its machine crashes");
    }
}
