using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace OpenOva.Relay.Connections;

internal static class ConnectionsServices
{
    /// <summary>The catalogue of connections. Register a <see cref="PublishConnectionChanges"/> before, to have changes ledgered.</summary>
    public static IServiceCollection AddRelayConnections(this IServiceCollection services)
    {
        services.AddOptions<ConnectionsOptions>().BindConfiguration(ConnectionsOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<ConnectionsOptions>, ValidateConnectionsOptions>();
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<ConnectionsOptions>>().Value);
        services.TryAddSingleton<PublishConnectionChanges>((_, _) => Task.CompletedTask);
        services.AddSingleton<ConnectionFolder>();
        services.AddSingleton<ConnectionCatalog>();
        services.AddSingleton<ConnectionSecrets>();
        services.AddHostedService<ConnectionWatcher>();
        return services;
    }
}
