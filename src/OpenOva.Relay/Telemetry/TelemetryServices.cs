using Microsoft.Extensions.Options;
using OpenOva.Relay.Configuration;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace OpenOva.Relay.Telemetry;

internal static class TelemetryServices
{
    public static IServiceCollection AddRelayTelemetry(this IServiceCollection services)
    {
        services.AddRelayOptions<LoggingOptions, ValidateLoggingOptions>(LoggingOptions.Section);
        services.AddSingleton<RelayMetrics>();
        services.AddSingleton<RepeatedWork>();
        services.AddSingleton<Readiness>();
        services.AddSingleton<PrometheusExporter>();
        services.AddSingleton(provider => Sdk.CreateMeterProviderBuilder()
            .AddMeter(provider.GetRequiredService<RelayMetrics>().MeterName, "System.Runtime", "Microsoft.AspNetCore.Server.Kestrel")
            .AddReader(provider.GetRequiredService<PrometheusExporter>().CreateReader())
            .Build());
        return services;
    }

    /// <summary>One structured line an event on standard output.</summary>
    public static void AddRelayLogging(this ILoggingBuilder logging, LoggingOptions options)
    {
        logging.SetMinimumLevel(options.Level);
        logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning).AddFilter("MassTransit", LogLevel.Warning);
        foreach (var (category, level) in options.Levels) logging.AddFilter(category, level);
        const string timestamp = "yyyy-MM-ddTHH:mm:ss.fffZ ";
        if (options.Format == LogFormat.Json)
        {
            logging.AddJsonConsole(console =>
            {
                console.UseUtcTimestamp = true;
                console.TimestampFormat = timestamp.TrimEnd();
                console.IncludeScopes = true;
            });
        }
        else
        {
            logging.AddSimpleConsole(console =>
            {
                console.UseUtcTimestamp = true;
                console.TimestampFormat = timestamp;
                console.SingleLine = true;
            });
        }
    }
}
