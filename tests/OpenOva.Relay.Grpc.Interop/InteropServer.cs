using System.Net;
using System.Security.Cryptography.X509Certificates;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace OpenOva.Relay.Grpc.Interop;

/// <summary>How the server listens. Without a certificate it speaks cleartext HTTP/2.</summary>
public sealed record InteropServerOptions
{
    public int Port { get; init; }

    public IPAddress Address { get; init; } = IPAddress.Loopback;

    public X509Certificate2? Certificate { get; init; }

    /// <summary>More to set, for tests that need other limits.</summary>
    public Action<GrpcServiceOptions>? Grpc { get; init; }
}

/// <summary>The interoperability server on Kestrel.</summary>
public sealed class InteropServer : IAsyncDisposable
{
    private readonly WebApplication _application;

    private InteropServer(WebApplication application) => _application = application;

    /// <summary>Where it listens.</summary>
    public Uri Address => new(_application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    public static async Task<InteropServer> StartAsync(InteropServerOptions options)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(options.Address, options.Port, listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            if (options.Certificate is not null) listen.UseHttps(options.Certificate);
        }));
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Services.AddGrpc(grpc => options.Grpc?.Invoke(grpc));
        builder.Services.AddGrpcHealthChecks();
        builder.Services.AddGrpcReflection();
        var application = builder.Build();
        application.UseMiddleware<MessageFlagsMiddleware>();
        application.MapGrpcService<InteropTestService>();
        application.MapGrpcHealthChecksService();
        application.MapGrpcReflectionService();
        await application.StartAsync();
        return new InteropServer(application);
    }

    public Task WaitForShutdownAsync() => _application.WaitForShutdownAsync();

    public ValueTask DisposeAsync() => _application.DisposeAsync();
}
