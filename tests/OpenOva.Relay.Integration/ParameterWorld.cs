using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenOva.Relay.Integration.Targets;
using OpenOva.Relay.Shared;

namespace OpenOva.Relay.Integration;

/// <summary>One service with connections of several protocols, and a fake guacd whose habits each test chooses before it opens one of them.</summary>
public sealed class ParameterWorld : IAsyncLifetime
{
    /// <summary>Never to be seen by anybody but guacd.</summary>
    public const string Secret = "correct-horse-battery";

    private readonly TemporaryFolder _folder = new();
    private readonly KeptLog _log = new();

    /// <summary>Draws a picture, and waits.</summary>
    public static FakeGuacdPlay Picture { get; } = FakeGuacdPlay.Script(["size", "0", "800", "600"], ["sync", "7"]);

    public FakeGuacd Guacd { get; } = FakeGuacd.Start();

    /// <summary>Everything that the service logged, a line each.</summary>
    public IReadOnlyCollection<string> Logged => _log.Lines;

    internal RelayUnderTest Relay { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        var secret = _folder.Write("password", Secret);
        var pins = string.Join(':', Enumerable.Repeat("ab", 32));
        Relay = await RelayUnderTest.StartAsync(new RelaySetup
        {
            Guacd = Guacd.Endpoint,
            Connections = string.Join("\n---\n",
                TargetLab.Yaml("ssh", "10.0.0.1", 22, "username: ada, timeout: \"10\", host-key: \"ssh-rsa AAAA\"", verified: true, secret)
                    .Replace("secretRef: { ", $"secretRef: {{ public-key: {{ file: {secret} }}, ", StringComparison.Ordinal),
                TargetLab.Yaml("vnc", "10.0.0.2", 5900, "username: ada, disable-copy: \"true\"", verified: false, secret),
                TargetLab.Yaml("rdp", "10.0.0.3", 3389, $"username: ada, security: tls, cert-fingerprints: \"sha256:{pins}\"", verified: true, secret),
                TargetLab.Yaml("telnet", "10.0.0.4", 23, "username: ada", verified: false, secret, "clipboardIn: true"),
                TargetLab.Yaml("kubernetes", "10.0.0.5", 6443, "pod: db-0, use-ssl: \"true\", exec-command: bash", verified: true, null)),
            Values = new Dictionary<string, string?> { ["Relay:Connections:SecretFolders:0"] = _folder.Path },
            Services = services => services.AddSingleton<ILoggerProvider>(_log),
        });
    }

    public async ValueTask DisposeAsync()
    {
        await Relay.DisposeAsync();
        await Guacd.DisposeAsync();
        _folder.Dispose();
        _log.Dispose();
    }

    /// <summary>Opens a connection, leaves it at its first frame, and returns what is left of it.</summary>
    internal Task<LeftSession> VisitAsync(string connection, FakeGuacdOptions options, Func<TunnelClient, FakeGuacdUser, Task>? visit = null) =>
        LeftSession.VisitAsync(Relay, Guacd, connection, options, visit);

    private sealed class KeptLog : ILoggerProvider, ILogger
    {
        private readonly ConcurrentQueue<string> _lines = new();

        public IReadOnlyCollection<string> Lines => _lines;

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _lines.Enqueue($"{formatter(state, exception)} {exception}");

        public void Dispose()
        {
            // Nothing is held.
        }
    }
}
