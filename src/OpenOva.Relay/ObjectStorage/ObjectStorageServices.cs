using OpenOva.Relay.Configuration;
using OpenOva.Relay.ObjectStorage.S3;
using OpenOva.Relay.Telemetry;

namespace OpenOva.Relay.ObjectStorage;

internal static class ObjectStorageServices
{
    /// <summary>As outages and /readyz name the store.</summary>
    public const string Component = "objects";

    public static IServiceCollection AddRelayObjectStorage(this IServiceCollection services)
    {
        services.AddRelayOptions<ObjectStorageOptions, ValidateObjectStorageOptions>(ObjectStorageOptions.Section);
        services.AddSingleton<IObjectStore>(provider =>
        {
            var options = provider.GetRequiredService<ObjectStorageOptions>();
            var time = provider.GetRequiredService<TimeProvider>();
            if (options.S3.IsConfigured) return new S3ObjectStore(options.S3, options.Buckets, time, provider.GetRequiredService<StoreWrites>());
            return new DirectoryObjectStore(Path.GetFullPath(options.Directory, provider.GetRequiredService<DataDirectory>().Path), options.Buckets, time);
        });
        services.AddSingleton<IStoreCheck>(provider =>
        {
            var (options, time) = (provider.GetRequiredService<ObjectStorageOptions>(), provider.GetRequiredService<TimeProvider>());
            return provider.GetRequiredService<IObjectStore>() is S3ObjectStore store
                ? new S3StoreCheck(store, options.S3, options, time)
                : new DirectoryStoreCheck(provider.GetRequiredService<IObjectStore>(), options, time);
        });
        services.AddHostedService<S3StoreWatch>();
        services.AddSingleton<IReadinessProbe, ObjectStoreProbe>();
        services.AddSingleton<StoreWrites>();
        services.AddSingleton<IReadinessProbe>(provider => provider.GetRequiredService<StoreWrites>());
        return services;
    }

    private sealed class ObjectStoreProbe(IObjectStore store) : IReadinessProbe
    {
        public string Name => Component;

        public Task CheckAsync(CancellationToken cancellation) => store.ProbeAsync(cancellation);
    }
}
