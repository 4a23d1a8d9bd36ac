using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using OpenOva.Relay.Configuration;
using OpenOva.Relay.ObjectStorage;

namespace OpenOva.Relay.Connections;

internal static class ConnectionsServices
{
    /// <summary>The catalogue of connections. Register a <see cref="PublishResourceChanges"/> before, to have changes ledgered.</summary>
    public static IServiceCollection AddRelayConnections(this IServiceCollection services)
    {
        services.AddRelayOptions<ConnectionsOptions, ConnectionsRules>(ConnectionsOptions.Section);
        services.AddSingleton<IPostConfigureOptions<ConnectionsOptions>, BucketsOfTheStore>();
        services.TryAddSingleton<PublishResourceChanges>((_, _) => Task.CompletedTask);
        services.AddSingleton<ResourceFolder>();
        services.AddSingleton<ConnectionCatalog>();
        services.AddSingleton<ConnectionSecrets>();
        services.AddHostedService<ConnectionWatcher>();
        return services;
    }

    private sealed class BucketsOfTheStore(IConfiguration configuration) : IPostConfigureOptions<ConnectionsOptions>
    {
        // Not as validated options: what is wrong with those is told once, and not as a fault of this section.
        public void PostConfigure(string? name, ConnectionsOptions options)
        {
            var store = new ObjectStorageOptions();
            configuration.GetSection(ObjectStorageOptions.Section).Bind(store);
            options.RecordingBuckets = [store.RecordingsBucket, .. store.OtherBuckets];
        }
    }
}
