using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using OpenOva.Relay.Connections;
using OpenOva.Relay.Connections.Kubernetes;
using OpenOva.Relay.Database;
using OpenOva.Relay.Telemetry;
using OpenOva.Relay.Tests.Database;

namespace OpenOva.Relay.Tests.Connections.Kubernetes;

/// <summary>A test API server, and replicas of Relay that watch it.</summary>
public abstract class KubernetesFixture(TestDatabaseKind kind) : DatabaseTests(kind)
{
    internal const string Connections = "guacamoleconnections";
    internal const string Policies = "environmentpolicies";

    private readonly DirectoryInfo _files = Directory.CreateTempSubdirectory("relay-kubernetes-");
    private readonly List<WatchingReplica> _replicas = [];
    private protected TestApiServer Server { get; private set; } = null!;

    protected string TokenFile => Path.Combine(_files.FullName, "token");

    protected string CaFile => Path.Combine(_files.FullName, "ca.crt");

    protected override async Task SetUpAsync()
    {
        using var authority = TestApiServer.Authority();
        Server = await TestApiServer.StartAsync(authority);
        await File.WriteAllTextAsync(TokenFile, "token-1\n", Cancellation);
        await File.WriteAllTextAsync(CaFile, authority.ExportCertificatePem(), Cancellation);
    }

    protected override async Task TearDownAsync()
    {
        foreach (var replica in _replicas) await replica.DisposeAsync();
        if (Server is not null) await Server.DisposeAsync();
        _files.Delete(recursive: true);
    }

    internal static JsonObject Ssh(int port = 22) => JsonNode.Parse($$$"""
        {"protocol":"ssh","hostname":"db","port":{{{port}}},"audience":{"keycloakRoles":["dba"]},"parameters":{"host-key":"ssh-ed25519 AAAA"}}
        """)!.AsObject();

    internal static JsonObject Rules(string kind = "recording-required") => JsonNode.Parse($$$"""{"rules":[{"kind":"{{{kind}}}"}]}""")!.AsObject();

    private protected WatchingReplica Start(string name = "a")
    {
        var options = new ConnectionsOptions
        {
            DefaultOrganisation = "acme", DefaultRetentionDays = 400,
            Kubernetes =
            {
                ApiServer = Server.Address, Namespace = "relay", TokenFile = TokenFile, CaFile = CaFile,
                RetryPause = TimeSpan.FromMilliseconds(10), RetryCeiling = TimeSpan.FromMilliseconds(50),
            },
        };
        options.Kubernetes.Resolve(new ConfigurationBuilder().Build());
        var replica = new WatchingReplica(options, new Leases(Replica()), name);
        _replicas.Add(replica);
        return replica;
    }

    /// <summary>For what tells of itself by no event.</summary>
    protected static async Task UntilAsync(Func<bool> holds)
    {
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        bounded.CancelAfter(TimeSpan.FromSeconds(30));
        while (!holds()) await Task.Delay(5, bounded.Token);
    }

    /// <summary>The service's part that watches, as it is composed.</summary>
    private protected sealed class WatchingReplica : IAsyncDisposable
    {
        private readonly Channel<string> _published = Channel.CreateUnbounded<string>();
        private readonly RelayMetrics _metrics = new();
        private readonly KubernetesApi _api;
        private readonly KubernetesSource _source;

        public WatchingReplica(ConnectionsOptions options, Leases leases, string name)
        {
            Health = new ResourceHealth(_metrics);
            Catalog = new ConnectionCatalog(PublishAsync, NullLogger<ConnectionCatalog>.Instance);
            _api = new KubernetesApi(options.Kubernetes);
            var statuses = new ResourceStatusWriter(_api, leases, ReplicaName.Create(name, TimeProvider.System), TimeProvider.System, NullLogger<ResourceStatusWriter>.Instance);
            _source = new KubernetesSource(Catalog, statuses, _api, Health, options, TimeProvider.System, NullLogger<KubernetesSource>.Instance);
            Started = _source.StartAsync(CancellationToken.None);
        }

        public Task Started { get; }
        public ConnectionCatalog Catalog { get; }
        public ResourceHealth Health { get; }

        /// <summary>The changes of one taking, such as <c>added a, removed b</c>.</summary>
        public async Task<string> NextAsync() => await BoundedAsync(_published.Reader.ReadAsync(Cancellation).AsTask());

        public async ValueTask DisposeAsync()
        {
            await _source.StopAsync(CancellationToken.None);
            _source.Dispose();
            _api.Dispose();
            Catalog.Dispose();
            _metrics.Dispose();
        }

        private Task PublishAsync(ResourceChanges changes, CancellationToken cancellation)
        {
            _published.Writer.TryWrite(string.Join(", ", changes.Changes.Select(change => $"{change.Kind.ToString().ToLowerInvariant()} {change.Name}").Order(StringComparer.Ordinal)));
            return Task.CompletedTask;
        }
    }
}
