using System.Diagnostics;

namespace OpenOva.Relay.Tests.Messaging;

/// <summary>A RabbitMQ of the test's own, by the script in RELAY_TEST_COMPONENTS, which it may kill and start again on what is on its disk.</summary>
internal sealed class OwnBroker : IAsyncDisposable
{
    private readonly string _script;
    private readonly string _state = Directory.CreateTempSubdirectory("relay-broker-").FullName;
    private string _port = "any";

    private OwnBroker(string script) => _script = script;

    private string Folder => Path.Combine(_state, "rabbitmq");

    public Broker Broker => new(new Uri(Read("url")), Read("user"), Path.Combine(Folder, "password"));

    public static async Task<OwnBroker> StartOrSkipAsync()
    {
        var script = Environment.GetEnvironmentVariable("RELAY_TEST_COMPONENTS");
        Assert.SkipWhen(string.IsNullOrEmpty(script), "rabbitmq: RELAY_TEST_COMPONENTS is not set");
        var broker = new OwnBroker(script!);
        await broker.StartAsync();
        return broker;
    }

    public async Task StartAsync()
    {
        await RunAsync("start", "rabbitmq", "--state", _state, "--port", _port);
        _port = Broker.Url.Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>SIGKILL of everything in its namespace: the broker says nothing and writes nothing more.</summary>
    public async Task KillAsync()
    {
        var identity = await File.ReadAllTextAsync(Path.Combine(Folder, "process"), TestContext.Current.CancellationToken);
        using var process = Process.GetProcessById(int.Parse(identity.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture));
        process.Kill();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await RunAsync("stop", "rabbitmq", "--state", _state);
        Directory.Delete(_state, recursive: true);
    }

    private string Read(string file) => File.ReadAllText(Path.Combine(Folder, file)).Trim();

    private async Task RunAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(_script, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var said = await process.StandardError.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(90));
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(90));
        Assert.True(process.ExitCode == 0, said);
    }
}
