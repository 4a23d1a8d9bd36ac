using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenOva.Relay.Guacamole;
using OpenOva.Relay.V1;
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
}

/// <summary>
/// The service, booted in this process as <c>relay serve</c> boots it: SQLite, the bus in memory, objects in a folder, the development issuer. Organisation acme
/// has olivia (operator of db), oscar (operator of nothing), anton (auditor) and the gateway; organisation globex has gina (operator of db) and gus (auditor).
/// </summary>
internal sealed class RelayUnderTest : IAsyncDisposable
{
    public const string GatewaySecret = "gateway-secret";
    private static readonly HttpClient Http = new();
    private readonly WebApplication _application;
    private readonly bool _ownsFolder;

    private RelayUnderTest(WebApplication application, string folder, bool ownsFolder)
    {
        _application = application;
        _ownsFolder = ownsFolder;
        Folder = folder;
        Channel = GrpcChannel.ForAddress(application.GrpcAddress());
    }

    public string Folder { get; }

    public string Data => Path.Combine(Folder, "data");

    public GrpcChannel Channel { get; }

    public Uri Web => _application.WebAddress();

    public IServiceProvider Services => _application.Services;

    public SessionService.SessionServiceClient Sessions => new(Channel);

    public RecordingService.RecordingServiceClient Recordings => new(Channel);

    public LedgerService.LedgerServiceClient Ledger => new(Channel);

    public ConnectionService.ConnectionServiceClient Connections => new(Channel);

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
        var port = FreePort();
        var values = Configuration(folder, connections, port, setup);
        var application = RelayHost.Build(new RelayHostSettings
        {
            Environment = Environments.Development,
            Data = Path.Combine(folder, "data"),
            Values = values,
            Services = setup.Services,
            Log = Environment.GetEnvironmentVariable("RELAY_TEST_LOG") is not null,
        });
        await application.StartAsync();
        return new RelayUnderTest(application, folder, setup.Folder is null);
    }

    /// <summary>The metadata of a call by this person, alone or through the gateway.</summary>
    public async Task<Metadata> AsAsync(string person, bool throughGateway = true)
    {
        var realm = person is "gina" or "gus" ? "globex" : "acme";
        var headers = new Metadata { { "authorization", $"Bearer {await TokenAsync(realm, person)}" } };
        if (throughGateway) headers.Add("relay-gateway-authorization", $"Bearer {await TokenAsync(realm, null)}");
        return headers;
    }

    /// <summary>The metadata of the gateway's own calls.</summary>
    public async Task<Metadata> AsGatewayAsync(string realm = "acme") =>
        new() { { "relay-gateway-authorization", $"Bearer {await TokenAsync(realm, null)}" } };

    public async Task<string> TokenAsync(string realm, string? person)
    {
        var form = new Dictionary<string, string>
        {
            ["grant_type"] = person is null ? "client_credentials" : "password",
            ["client_id"] = "gateway",
            ["client_secret"] = GatewaySecret,
        };
        if (person is not null) (form["username"], form["password"]) = (person, "pw");
        using var answer = await Http.PostAsync(new Uri(Web, $"/realms/{realm}/protocol/openid-connect/token"), new FormUrlEncodedContent(form));
        return (await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonObject>())!["access_token"]!.GetValue<string>();
    }

    /// <summary>Waits until the session is in a state, as a caller would see it.</summary>
    public async Task<Session> WaitForAsync(string session, SessionState state, int seconds = 30)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(seconds));
        var headers = await AsAsync("anton");
        while (true)
        {
            var found = (await Sessions.GetAsync(new() { SessionId = session }, headers)).Session;
            if (found.State == state) return found;
            if (patience.IsCancellationRequested) Assert.Fail($"session {session} is {found.State} ({found.EndReason}, {found.FailureReason}), not {state}");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }

    public async Task StopAsync() => await _application.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await Channel.ShutdownAsync();
        await _application.DisposeAsync();
        if (_ownsFolder) Directory.Delete(Folder, recursive: true);
    }

    public static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
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
            values[$"Relay:Identity:Issuers:{r}:Issuer"] = $"http://127.0.0.1:{httpPort}/realms/{realms[r].Name}";
            values[$"Relay:Identity:Issuers:{r}:Organisation"] = realms[r].Name;
            values[$"Relay:Identity:Issuers:{r}:Audience"] = "relay";
            values[$"{realm}:Name"] = realms[r].Name;
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
