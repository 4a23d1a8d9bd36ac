namespace OpenOva.Relay.Ledger;

internal static class LedgerServices
{
    /// <summary>Staging, numbering and signing of the organisations' ledgers.</summary>
    public static IServiceCollection AddLedger(this IServiceCollection services, string dataDirectory)
    {
        services.AddSingleton<EventIds>();
        services.AddSingleton<LedgerSignal>();
        services.AddSingleton<LedgerStage>();
        services.AddSingleton(p => new OrganisationKeys(
            Path.GetFullPath("keys", Path.GetFullPath(dataDirectory)), p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILogger<OrganisationKeys>>()));
        services.AddSingleton<LedgerSequencer>();
        services.AddHostedService(p => p.GetRequiredService<LedgerSequencer>());
        services.AddSingleton<LedgerCheckpoints>();
        services.AddHostedService(p => p.GetRequiredService<LedgerCheckpoints>());
        return services;
    }
}
