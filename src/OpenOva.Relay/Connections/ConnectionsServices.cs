using Microsoft.Extensions.DependencyInjection.Extensions;
using OpenOva.Relay.Configuration;

namespace OpenOva.Relay.Connections;

internal static class ConnectionsServices
{
    /// <summary>The catalogue of connections. Register a <see cref="PublishConnectionChanges"/> before, to have changes ledgered.</summary>
    public static IServiceCollection AddRelayConnections(this IServiceCollection services)
    {
        services.AddRelayOptions<ConnectionsOptions, ConnectionsRules>(ConnectionsOptions.Section);
        services.TryAddSingleton<PublishConnectionChanges>((_, _) => Task.CompletedTask);
        services.AddSingleton<ConnectionFolder>();
        services.AddSingleton<ConnectionCatalog>();
        services.AddSingleton<ConnectionSecrets>();
        services.AddHostedService<ConnectionWatcher>();
        return services;
    }
}
