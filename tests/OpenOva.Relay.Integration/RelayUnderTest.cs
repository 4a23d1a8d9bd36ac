using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenOva.Relay.Guacamole;
using OpenOva.Relay.Shared;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Integration;

/// <summary>What a test changes of the service that it boots.</summary>
internal sealed record RelaySetup
{
    public GuacdEndpoint Guacd { get; init; } = new("127.0.0.1", 1);

    /// <summary>Connections as YAML; the default is one SSH connection of a target that a fake guacd stands in for.</summary>
    public string Connections { get; init; } = RelayUnderTest.SshYaml();

    public IReadOnlyDictionary<string, string?> Values { get; init; } = new Dictionary<string, string?>();

    public Action<IServiceCollection>? Services { get; init; }

    /// <summary>Keeps what an earlier life left; null: a fresh folder.</summary>
    public string? Folder { get; init; }

    /// <summary>Where the tokens come from; null: from the service's own development issuer.</summary>
    public Uri? Issuer { get; init; }
}

/// <summary>
/// The service, booted in this process as <c>relay serve</c> boots it: SQLite, the bus in memory, objects in a folder, the development issuer. Organisation acme
/// has olivia (operator of db), oscar (operator of nothing), anton (auditor) and the gateway; organisation globex has gina (operator of db) and gus (auditor).
/// </summary>
internal sealed class RelayUnderTest : RelayCallers, IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly bool _ownsFolder;

    private RelayUnderTest(WebApplication application, ServiceWarnings warnings, string folder, bool ownsFolder, Uri? issuer)
        : base(application.WebAddress(), application.GrpcAddress(), issuer)
    {
        Warnings = warnings;
        _application = application;
        _ownsFolder = ownsFolder;
        Folder = folder;
    }

    public string Folder { get; }

    /// <summary>What the service complained about, for the message of a test that fails.</summary>
    public ServiceWarnings Warnings { get; }

    public string Data => Path.Combine(Folder, "data");

    public IServiceProvider Services => _application.Services;

    public static string SshYaml(string name = "ssh-db", string organisation = "acme", string host = "127.0.0.1", int port = 22, bool recorded = true) =>
        $"""
        apiVersion: catalyst.openova.io/v1alpha1
        kind: GuacamoleConnection
        metadata:
          name: {name}
          labels:
            catalyst.openova.io/organization: {organisation}
        spec:
          protocol: ssh
          hostname: {host}
          port: {port}
          audience:
            keycloakRoles: [db]
          recording:
            enabled: {(recorded ? "true" : "false")}
            retentionDays: 30
          targetIdentity: unverified
          parameters:
            username: relaytest
        """;

    public static async Task<RelayUnderTest> StartAsync(RelaySetup? setup = null)
    {
        setup ??= new RelaySetup();
        var folder = setup.Folder ?? Directory.CreateTempSubdirectory("relay-test-").FullName;
        var connections = Directory.CreateDirectory(Path.Combine(folder, "connections")).FullName;
        await File.WriteAllTextAsync(Path.Combine(connections, "connections.yaml"), setup.Connections);
        // The development issuer's address is part of its tokens, so its port must be known before.
        var port = LoopbackPort.Free();
        var values = Configuration(folder, connections, port, setup);
        var warnings = new ServiceWarnings();
        var application = RelayHost.Build(new RelayHostSettings
        {
            Environment = Environments.Development,
            Data = Path.Combine(folder, "data"),
            Values = values,
            Services = services =>
            {
                services.AddSingleton<ILoggerProvider>(warnings);
                setup.Services?.Invoke(services);
            },
            Log = Environment.GetEnvironmentVariable("RELAY_TEST_LOG") is not null,
        });
        await application.StartAsync();
        return new RelayUnderTest(application, warnings, folder, setup.Folder is null, setup.Issuer);
    }

    public async Task StopAsync() => await _application.StopAsync();

    /// <summary>What another machine would find of this service's disk now, but for the spool: a copy of its folder.</summary>
    public string CopyFolder()
    {
        var copy = Directory.CreateTempSubdirectory("relay-copy-").FullName;
        foreach (var file in Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories).Where(f => Path.GetFileName(f) != ".lock"))
        {
            var to = Path.Combine(copy, Path.GetRelativePath(Folder, file));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(file, to);
        }

        return copy;
    }

    public async ValueTask DisposeAsync()
    {
        await Channel.ShutdownAsync();
        // Stopped and not just disposed: background work that goes on would write into a folder that is being deleted.
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        try
        {
            await _application.StopAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            // A session whose disk was taken from under it does not end in time.
        }

        await _application.DisposeAsync();
        if (_ownsFolder) Delete(Folder);
    }

    // A call that was given up may end a moment after the server that served it.
    private static void Delete(string folder)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                Directory.Delete(folder, recursive: true);
                return;
            }
            catch (IOException) when (attempt < 20)
            {
                Thread.Sleep(100);
            }
        }
    }

    /// <summary>The configuration as keys, also for a service in a process of its own.</summary>
    public static Dictionary<string, string?> Configuration(string folder, string connections, int httpPort, RelaySetup setup, int grpcPort = 0)
    {
        var values = new Dictionary<string, string?>
        {
            ["Relay:Web:Address"] = "127.0.0.1",
            ["Relay:Web:HttpPort"] = $"{httpPort}",
            ["Relay:Web:GrpcPort"] = $"{grpcPort}",
            ["Relay:Connections:Folder"] = connections,
            ["Relay:Connections:SecretFolders:0"] = folder,
            ["Relay:Connections:DefaultOrganisation"] = "acme",
            ["Relay:Connections:Debounce"] = "00:00:00.050",
            ["Relay:Sessions:GuacdHost"] = setup.Guacd.Host,
            ["Relay:Sessions:GuacdPort"] = $"{setup.Guacd.Port}",
            ["Relay:Sessions:DrainQuiet"] = "00:00:00.200",
            ["Relay:Sessions:ShutdownGrace"] = "00:00:00",
            ["Relay:Bus:SweepInterval"] = "00:00:00.200",
            ["Relay:Identity:Development:BaseAddress"] = $"http://127.0.0.1:{httpPort}",
        };
        var realms = new (string Name, (string Name, string[] Roles)[] Users)[]
        {
            ("acme", [("olivia", ["relay-operator", "db"]), ("oscar", ["relay-operator"]), ("anton", ["relay-auditor"]), ("rita", ["relay-reviewer"]),
                ("sofia", ["relay-security-officer"]), ("albert", ["relay-approver"]), ("adam", ["relay-admin"]), ("nobody", [])]),
            ("globex", [("gina", ["relay-operator", "db"]), ("gus", ["relay-auditor"])]),
        };
        for (var r = 0; r < realms.Length; r++)
        {
            var realm = $"Relay:Identity:Development:Realms:{r}";
            values[$"Relay:Identity:Issuers:{r}:Issuer"] = new Uri(setup.Issuer ?? new Uri($"http://127.0.0.1:{httpPort}"), $"/realms/{realms[r].Name}").ToString();
            values[$"Relay:Identity:Issuers:{r}:Organisation"] = realms[r].Name;
            values[$"Relay:Identity:Issuers:{r}:Audience"] = "relay";
            values[$"Relay:Identity:Issuers:{r}:Browser:ClientId"] = "web";
            values[$"{realm}:Name"] = realms[r].Name;
            values[$"{realm}:Clients:1:ClientId"] = "web";
            values[$"{realm}:Clients:1:Audiences:0"] = "relay";
            values[$"{realm}:Clients:0:ClientId"] = "gateway";
            values[$"{realm}:Clients:0:Secret"] = GatewaySecret;
            values[$"{realm}:Clients:0:Audiences:0"] = "relay";
            values[$"{realm}:Clients:0:ServiceAccountRoles:0"] = "relay-gateway";
            for (var u = 0; u < realms[r].Users.Length; u++)
            {
                values[$"{realm}:Users:{u}:UserName"] = realms[r].Users[u].Name;
                values[$"{realm}:Users:{u}:Password"] = "pw";
                for (var i = 0; i < realms[r].Users[u].Roles.Length; i++) values[$"{realm}:Users:{u}:RealmRoles:{i}"] = realms[r].Users[u].Roles[i];
            }
        }

        foreach (var (key, value) in setup.Values) values[key] = value;
        return values;
    }
}
