using System.Diagnostics;
using OpenOva.Relay.Shared;

namespace OpenOva.Relay.Integration;

/// <summary>The service as a process of its own, so that it can be killed.</summary>
internal sealed class RelayProcess : RelayCallers, IAsyncDisposable
{
    private readonly Process _process;

    private RelayProcess(Process process, int httpPort, int grpcPort, Uri? issuer)
        : base(new Uri($"http://127.0.0.1:{httpPort}"), new Uri($"http://127.0.0.1:{grpcPort}"), issuer) => _process = process;

    public int Id => _process.Id;

    /// <summary>Starts it on a folder that survives it, and waits until it is ready.</summary>
    public static async Task<RelayProcess> StartAsync(RelaySetup setup, Func<ProcessStartInfo, ProcessStartInfo>? wrap = null)
    {
        var folder = setup.Folder ?? throw new ArgumentException("a process needs a folder that survives it");
        var connections = Directory.CreateDirectory(Path.Combine(folder, "connections")).FullName;
        await File.WriteAllTextAsync(Path.Combine(connections, "connections.yaml"), setup.Connections);
        var (http, grpc) = (LoopbackPort.Free(), LoopbackPort.Free());
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])[Path.Combine(AppContext.BaseDirectory, "relay.dll"), "serve", "--environment", "Development", "--data", Path.Combine(folder, "data")])
            start.ArgumentList.Add(argument);
        foreach (var (key, value) in RelayUnderTest.Configuration(folder, connections, http, setup, grpc)) start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        var process = Process.Start(wrap?.Invoke(start) ?? start)!;
        var log = TextWriter.Synchronized(new StreamWriter(Path.Combine(folder, "relay.log"), append: true) { AutoFlush = true });
        process.OutputDataReceived += (_, line) => log.WriteLine(line.Data);
        process.ErrorDataReceived += (_, line) => log.WriteLine(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var relay = new RelayProcess(process, http, grpc, setup.Issuer);
        await relay.ReadyAsync(Path.Combine(folder, "relay.log"));
        return relay;
    }

    /// <summary>SIGKILL: nothing is said, nothing is finished.</summary>
    public async Task KillAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
    }

    /// <summary>SIGSTOP or SIGCONT: it stands still, or goes on as if nothing had been.</summary>
    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{_process.Id}"]);
        await kill.WaitForExitAsync();
        Assert.Equal(0, kill.ExitCode);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) await KillAsync();
        _process.Dispose();
        await Channel.ShutdownAsync();
    }

    private async Task ReadyAsync(string log)
    {
        using var http = new HttpClient();
        for (var clock = Stopwatch.StartNew(); ; await Task.Delay(50, TestContext.Current.CancellationToken))
        {
            if (_process.HasExited) Assert.Fail($"relay ended with {_process.ExitCode}: {await File.ReadAllTextAsync(log)}");
            if (clock.Elapsed > TimeSpan.FromSeconds(90)) Assert.Fail($"relay is not ready after {clock.Elapsed}: {await File.ReadAllTextAsync(log)}");
            try
            {
                if ((await http.GetAsync(new Uri(Web, "/readyz"), TestContext.Current.CancellationToken)).IsSuccessStatusCode) return;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }
        }
    }
}
