using System.Net;
using System.Security.Cryptography.X509Certificates;
using Grpc.AspNetCore.Server;
using Grpc.Net.Client;
using Grpc.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace OpenOva.Relay.Grpc.Tests.Hosting;

/// <summary>An application on Kestrel, on a free port of loopback, with the scripted service unless a test maps something else.</summary>
internal sealed class GrpcHost : IAsyncDisposable
{
    private GrpcHost(WebApplication application, Script script, RecordedLogs logs)
    {
        Application = application;
        Script = script;
        Logs = logs;
        Address = new Uri(application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
    }

    public WebApplication Application { get; }

    public Script Script { get; }

    public RecordedLogs Logs { get; }

    public Uri Address { get; }

    public static async Task<GrpcHost> StartAsync(
        Action<GrpcServiceOptions>? grpc = null,
        Action<IServiceCollection>? services = null,
        Action<WebApplication>? map = null,
        X509Certificate2? certificate = null,
        HttpProtocols protocols = HttpProtocols.Http2)
    {
        var builder = WebApplication.CreateSlimBuilder();
        var logs = new RecordedLogs();
        var script = new Script();
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Trace).AddProvider(logs);
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = protocols;
            if (certificate is not null) listen.UseHttps(certificate);
        }));
        builder.Services.AddSingleton(script);
        builder.Services.AddGrpc(options => grpc?.Invoke(options));
        services?.Invoke(builder.Services);
        var application = builder.Build();
        if (map is null) application.MapGrpcService<ScriptedService>();
        else map(application);
        await application.StartAsync();
        return new GrpcHost(application, script, logs);
    }

    public GrpcChannel Connect(Action<GrpcChannelOptions>? configure = null)
    {
        var options = new GrpcChannelOptions();
        configure?.Invoke(options);
        return GrpcChannel.ForAddress(Address, options);
    }

    public TestService.TestServiceClient Client(Action<GrpcChannelOptions>? configure = null) => new(Connect(configure));

    public ValueTask DisposeAsync() => Application.DisposeAsync();
}
