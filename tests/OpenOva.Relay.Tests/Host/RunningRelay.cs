using Microsoft.AspNetCore.Builder;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Tests.Host;

/// <summary>The whole service in this process, on ports of the system's choice and a directory of its own.</summary>
internal sealed class RunningRelay : IAsyncDisposable
{
    private RunningRelay(DirectoryInfo data, WebApplication application)
    {
        Data = data;
        Application = application;
        Web = new HttpClient { BaseAddress = application.WebAddress() };
    }

    public DirectoryInfo Data { get; }

    public WebApplication Application { get; }

    /// <summary>At the HTTP/1.1 door.</summary>
    public HttpClient Web { get; }

    public static async Task<RunningRelay> StartAsync(Func<RelayHostSettings, RelayHostSettings>? change = null)
    {
        var data = Directory.CreateTempSubdirectory("relay-host-");
        var settings = new RelayHostSettings
        {
            Environment = "Development",
            Data = data.FullName,
            Log = false,
            Values = new Dictionary<string, string?>(MinimalConfiguration.Values(data.CreateSubdirectory("connections").FullName))
            {
                ["Relay:Web:HttpPort"] = "0",
                ["Relay:Web:GrpcPort"] = "0",
            },
        };
        var application = RelayHost.Build(change?.Invoke(settings) ?? settings);
        await application.StartAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(30));
        return new RunningRelay(data, application);
    }

    public async ValueTask DisposeAsync()
    {
        Web.Dispose();
        await Application.StopAsync().WaitAsync(TimeSpan.FromSeconds(30));
        await Application.DisposeAsync();
        Data.Delete(recursive: true);
    }
}
