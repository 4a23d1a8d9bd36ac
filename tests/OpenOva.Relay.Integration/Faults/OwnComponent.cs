using System.Diagnostics;
using System.Globalization;
using OpenOva.Relay.Integration.Replicas;

namespace OpenOva.Relay.Integration.Faults;

/// <summary>A component of the test's own, by the script in RELAY_TEST_COMPONENTS, which it may kill and start again on what is on its disk.</summary>
internal sealed class OwnComponent : IAsyncDisposable
{
    private readonly string _script;
    private readonly string _name;
    private readonly string _state = Directory.CreateTempSubdirectory("relay-component-").FullName;
    private string _port = "any";

    private OwnComponent(string script, string name) => (_script, _name) = (script, name);

    public static async Task<OwnComponent> StartOrSkipAsync(string name)
    {
        var component = new OwnComponent(DeployedBackends.Or("RELAY_TEST_COMPONENTS", "components"), name);
        await component.StartAsync();
        return component;
    }

    /// <summary>A file that the component left in its state.</summary>
    public string At(string file) => Path.Combine(_state, _name, file);

    public string Read(string file) => File.ReadAllText(At(file)).Trim();

    /// <summary>Starts it, at the same port as before and on the same data.</summary>
    public async Task StartAsync()
    {
        await RunAsync("start", _name, "--state", _state, "--port", _port);
        _port = Read("address").Split(':')[1];
    }

    public Task StopAsync() => RunAsync("stop", _name, "--state", _state);

    /// <summary>SIGKILL of everything in its namespace: it says nothing and writes nothing more.</summary>
    public async Task KillAsync()
    {
        using var process = Process.GetProcessById(int.Parse(Read("process").Split(' ')[0], CultureInfo.InvariantCulture));
        process.Kill();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(_state, recursive: true);
    }

    private async Task RunAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(_script, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var said = await process.StandardError.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(90));
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(90));
        Assert.True(process.ExitCode == 0, said);
    }
}
