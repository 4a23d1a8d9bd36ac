using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using OpenOva.Relay.Configuration;
using OpenOva.Relay.Telemetry;

namespace OpenOva.Relay.Web;

/// <summary>Kestrel's listeners and the routes that belong to no slice.</summary>
internal static class WebServices
{
    public static IServiceCollection AddRelayWeb(this IServiceCollection services)
    {
        services.AddRelayOptions<WebOptions, ValidateWebOptions>(WebOptions.Section);
        services.AddSingleton<ServerCertificate>();
        services.AddSingleton<WebOrigin>();
        services.AddRouting();
        services.AddOptions<KestrelServerOptions>().Configure<WebOptions, IServiceProvider>(Listen);
        services.AddOptions<HostOptions>().Configure<WebOptions>((host, options) => host.ShutdownTimeout = options.StopTimeout);
        return services;
    }

    /// <summary>Process up, ready for work, metrics. Whoever maps them declares who may call.</summary>
    public static RouteGroupBuilder MapOperations(this IEndpointRouteBuilder routes)
    {
        var operations = routes.MapGroup("").AtDoor(Doors.Web);
        operations.MapGet("/healthz", () => Results.Text("ok\n"));
        operations.MapGet("/readyz", async (Readiness readiness, IEnumerable<IReadinessDetail> details, HttpContext context) =>
        {
            var probes = await readiness.CheckAsync(context.RequestAborted);
            var ready = probes.Values.All(succeeded => succeeded);
            return Results.Json(
                new
                {
                    ready,
                    probes = probes.ToDictionary(probe => probe.Key, probe => probe.Value ? "ok" : "failed"),
                    details = details.ToDictionary(detail => detail.Name, detail => detail.IsWell ? "ok" : "failed"),
                },
                statusCode: ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
        });
        operations.MapGet("/metrics", (PrometheusExporter exporter) => Results.Text(exporter.Scrape(), "text/plain; version=0.0.4"));
        return operations;
    }

    /// <summary>Where the started application answers HTTP/1.1.</summary>
    public static Uri WebAddress(this WebApplication application) => new(application.Urls.First());

    /// <summary>Where the started application answers gRPC; with TLS the same as <see cref="WebAddress"/>.</summary>
    public static Uri GrpcAddress(this WebApplication application) => new(application.Urls.Last());

    private static void Listen(KestrelServerOptions kestrel, WebOptions options, IServiceProvider services)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxConcurrentConnections = options.MaxConnections;
        kestrel.Limits.MaxConcurrentUpgradedConnections = options.MaxConnections;
        kestrel.Limits.MaxRequestBodySize = options.MaxRequestBytes;
        if (options.HasCertificate)
        {
            var certificate = services.GetRequiredService<ServerCertificate>();
            Bind(kestrel, options.Address, options.HttpPort, listener =>
            {
                listener.Protocols = HttpProtocols.Http1AndHttp2;
                listener.UseDoor(Doors.Web | Doors.Grpc);
                listener.UseHttps(https => https.ServerCertificateSelector = (_, _) => certificate.Current);
            });
            return;
        }

        Bind(kestrel, options.Address, options.HttpPort, listener =>
        {
            listener.Protocols = HttpProtocols.Http1;
            listener.UseDoor(Doors.Web);
        });
        Bind(kestrel, options.Address, options.GrpcPort, listener =>
        {
            listener.Protocols = HttpProtocols.Http2;
            listener.UseDoor(Doors.Grpc);
        });
    }

    private static void Bind(KestrelServerOptions kestrel, string address, int port, Action<ListenOptions> configure)
    {
        if (address == "*") kestrel.ListenAnyIP(port, configure);
        else if (address != "localhost") kestrel.Listen(IPAddress.Parse(address), port, configure);
        else if (port != 0) kestrel.ListenLocalhost(port, configure);
        else kestrel.Listen(IPAddress.Loopback, 0, configure); // Kestrel cannot pick one port for both loopback families
    }
}
