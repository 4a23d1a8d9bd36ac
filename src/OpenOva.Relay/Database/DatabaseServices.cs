using OpenOva.Relay.Configuration;
using OpenOva.Relay.Telemetry;

namespace OpenOva.Relay.Database;

internal static class DatabaseServices
{
    public static IServiceCollection AddRelayDatabase(this IServiceCollection services)
    {
        services.AddRelayOptions<DatabaseOptions, ValidateDatabaseOptions>(DatabaseOptions.Section);
        services.AddSingleton(provider => new RelayDatabase(
            provider.GetRequiredService<DatabaseOptions>(),
            provider.GetRequiredService<DataDirectory>().Path,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<RelayDatabase>>()));
        services.AddSingleton(provider => new DatabaseMigrator(
            provider.GetRequiredService<RelayDatabase>(), provider.GetRequiredService<ILogger<DatabaseMigrator>>()));
        services.AddSingleton<Leases>();
        services.AddSingleton<IReadinessProbe, DatabaseProbe>();
        services.AddHostedService<DatabaseStart>();
        return services;
    }

    private sealed class DatabaseProbe(RelayDatabase database) : IReadinessProbe
    {
        public string Name => "database";

        public Task CheckAsync(CancellationToken cancellation) => database.ExecuteScalarAsync<long>("SELECT MAX(version) FROM schema_migrations", null, cancellation);
    }
}
