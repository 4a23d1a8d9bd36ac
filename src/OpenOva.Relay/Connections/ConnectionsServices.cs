using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using OpenOva.Relay.Configuration;
using OpenOva.Relay.Connections.Kubernetes;
using OpenOva.Relay.ObjectStorage;
using OpenOva.Relay.Telemetry;

namespace OpenOva.Relay.Connections;

internal static class ConnectionsServices
{
    /// <summary>The catalogue of connections. Register a <see cref="PublishResourceChanges"/> before, to have changes ledgered.</summary>
    public static IServiceCollection AddRelayConnections(this IServiceCollection services)
    {
        services.AddRelayOptions<ConnectionsOptions, ConnectionsRules>(ConnectionsOptions.Section);
        services.AddSingleton<IPostConfigureOptions<ConnectionsOptions>, BucketsOfTheStore>();
        services.AddSingleton<IPostConfigureOptions<ConnectionsOptions>, ClusterOfThePod>();
        services.TryAddSingleton<PublishResourceChanges>((_, _) => Task.CompletedTask);
        services.AddSingleton<ResourceFolder>();
        services.AddSingleton<ConnectionCatalog>();
        services.AddSingleton<ConnectionSecrets>();
        services.AddHostedService<FolderWatch>();
        services.AddSingleton<ResourceHealth>();
        services.AddSingleton<IReadinessProbe>(provider => provider.GetRequiredService<ResourceHealth>());
        services.AddSingleton<IReadinessDetail>(provider => provider.GetRequiredService<ResourceHealth>());
        services.AddSingleton(provider => new KubernetesApi(provider.GetRequiredService<ConnectionsOptions>().Kubernetes));
        services.AddSingleton<ResourceStatusWriter>();
        services.AddHostedService<KubernetesSource>();
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

    private sealed class ClusterOfThePod(IConfiguration configuration) : IPostConfigureOptions<ConnectionsOptions>
    {
        public void PostConfigure(string? name, ConnectionsOptions options) => options.Kubernetes.Resolve(configuration);
    }
}
