using OpenOva.Relay.Telemetry;

namespace OpenOva.Relay.Ledger.Stamps;

internal static class StampServices
{
    /// <summary>Stamping, where the checked options name an authority.</summary>
    public static IServiceCollection AddLedgerStamps(this IServiceCollection services, LedgerOptions options)
    {
        if (!options.TimestampAuthority.IsConfigured) return services;
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<LedgerStamps>(provider, new TimestampClient(options.TimestampAuthority), options.TimestampAuthority));
        services.AddHostedService(provider => provider.GetRequiredService<LedgerStamps>());
        services.AddSingleton<IReadinessDetail>(provider => provider.GetRequiredService<LedgerStamps>());
        return services;
    }
}
