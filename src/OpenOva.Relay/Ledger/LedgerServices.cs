using OpenOva.Relay.Configuration;
using OpenOva.Relay.Database;

namespace OpenOva.Relay.Ledger;

internal static class LedgerServices
{
    /// <summary>Staging, numbering and signing of the organisations' ledgers.</summary>
    public static IServiceCollection AddLedger(this IServiceCollection services)
    {
        services.AddRelayOptions<LedgerOptions, ValidateLedgerOptions>(LedgerOptions.Section);
        services.AddSingleton<EventIds>();
        services.AddSingleton<LedgerSignal>();
        services.AddSingleton<LedgerStage>();
        services.AddSingleton(p => new OrganisationKeys(
            p.GetRequiredService<DataDirectory>().At(p.GetRequiredService<LedgerOptions>().Keys), p.GetRequiredService<RelayDatabase>(),
            p.GetRequiredService<LedgerStage>(), p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILogger<OrganisationKeys>>()));
        services.AddSingleton<LedgerSequencer>();
        services.AddHostedService(p => p.GetRequiredService<LedgerSequencer>());
        services.AddSingleton<LedgerCheckpoints>();
        services.AddHostedService(p => p.GetRequiredService<LedgerCheckpoints>());
        services.AddSingleton<LedgerTail>();
        return services;
    }
}
