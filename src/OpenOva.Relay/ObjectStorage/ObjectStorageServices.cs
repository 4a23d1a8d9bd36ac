using OpenOva.Relay.Configuration;
using OpenOva.Relay.Telemetry;

namespace OpenOva.Relay.ObjectStorage;

internal static class ObjectStorageServices
{
    public static IServiceCollection AddRelayObjectStorage(this IServiceCollection services)
    {
        services.AddRelayOptions<ObjectStorageOptions, ValidateObjectStorageOptions>(ObjectStorageOptions.Section);
        services.AddSingleton<IObjectStore>(provider =>
        {
            var options = provider.GetRequiredService<ObjectStorageOptions>();
            var root = Path.GetFullPath(options.Directory, provider.GetRequiredService<DataDirectory>().Path);
            return new DirectoryObjectStore(root, options.Buckets, provider.GetRequiredService<TimeProvider>());
        });
        services.AddSingleton<IReadinessProbe, ObjectStoreProbe>();
        return services;
    }

    private sealed class ObjectStoreProbe(IObjectStore store) : IReadinessProbe
    {
        public string Name => "objects";

        public Task CheckAsync(CancellationToken cancellation) => store.ProbeAsync(cancellation);
    }
}
