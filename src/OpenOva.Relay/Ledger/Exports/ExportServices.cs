using OpenOva.Relay.Database;
using OpenOva.Relay.Telemetry;

namespace OpenOva.Relay.Ledger.Exports;

internal static class ExportServices
{
    /// <summary>How long one head or a page of them may take on its way into a folder or bucket, its own attempts included.</summary>
    private static readonly TimeSpan SinkTimeout = TimeSpan.FromSeconds(30);

    /// <summary>One pump for each exporter and head sink that the checked options name.</summary>
    public static IServiceCollection AddLedgerExports(this IServiceCollection services, LedgerOptions options)
    {
        foreach (var (name, export) in options.Exports)
        {
            var pace = new ExportPace(export.Timeout, export.PauseCeiling, export.StallAfter);
            services.AddPump($"ledger-export/{name}", withLeaves: true, pace, provider => export.Kind == ExportKind.OpenSearch
                ? new OpenSearchTarget(export)
                : new SyslogTarget(export, provider.GetRequiredService<ReplicaName>().Name));
        }

        foreach (var (name, sink) in options.HeadSinks)
        {
            var pace = new ExportPace(SinkTimeout, sink.PauseCeiling, sink.StallAfter);
            services.AddPump($"ledger-heads/{name}", withLeaves: false, pace, provider => sink.Kind == HeadSinkKind.Directory
                ? new DirectoryHeadSink(sink.Directory)
                : new S3HeadSink(sink, provider.GetRequiredService<TimeProvider>()));
        }

        return services;
    }

    private static void AddPump(this IServiceCollection services, string component, bool withLeaves, ExportPace pace, Func<IServiceProvider, IExportTarget> target)
    {
        services.AddKeyedSingleton(component, (provider, _) => new ExportPump(
            component, new ExportReader(provider.GetRequiredService<RelayDatabase>(), withLeaves), target(provider), pace,
            provider.GetRequiredService<RelayDatabase>(), provider.GetRequiredService<Leases>(), provider.GetRequiredService<ReplicaName>(),
            provider.GetRequiredService<RelayMetrics>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<ExportPump>>()));
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredKeyedService<ExportPump>(component));
        services.AddSingleton<IReadinessDetail>(provider => provider.GetRequiredKeyedService<ExportPump>(component));
    }
}
