using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using OpenOva.Relay.Guacamole;

namespace OpenOva.Relay.Integration.Replicas;

/// <summary>
/// What replicas share: database, object store, keys, bus, and an identity provider, which is a service of its own that carries no session. Each replica has its
/// own data folder. Embedded: SQLite and a directory in this process. Deployed: PostgreSQL, S3 and RabbitMQ as <c>deploy/local/test</c> starts them.
/// </summary>
internal sealed class Deployment : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly RelayUnderTest _issuer;
    private readonly Dictionary<string, string?> _values;

    private Deployment(RelayUnderTest issuer, Dictionary<string, string?> values) => (_issuer, _values) = (issuer, values);

    /// <summary>Configuration on top for every replica.</summary>
    public Dictionary<string, string?> Values => _values;

    public string Folder => _folder.Path;

    public string IssuerOf(string realm) => new Uri(_issuer.Web, $"/realms/{realm}").ToString();

    /// <param name="people">Configuration of the identity provider on top.</param>
    public static async Task<Deployment> EmbeddedAsync(IReadOnlyDictionary<string, string?>? people = null)
    {
        var issuer = await StartIssuerAsync(people);
        var deployment = new Deployment(issuer, []);
        deployment._values["Relay:Database:Sqlite"] = Path.Combine(deployment.Folder, "relay.db");
        deployment._values["Relay:ObjectStorage:Directory"] = Path.Combine(deployment.Folder, "objects");
        return deployment;
    }

    /// <summary>A database, buckets and queues of its own on the real back ends; skips the test without them.</summary>
    /// <param name="people">Configuration of the identity provider on top.</param>
    public static async Task<Deployment> DeployedAsync(IReadOnlyDictionary<string, string?>? people = null)
    {
        var postgres = DeployedBackends.Or("RELAY_TEST_POSTGRES", "postgresql");
        var issuer = await StartIssuerAsync(people);
        return new Deployment(issuer, await DeployedBackends.ValuesAsync(postgres));
    }

    /// <summary>One replica of it.</summary>
    public RelaySetup Replica(string name, GuacdEndpoint guacd, string? connections = null, IReadOnlyDictionary<string, string?>? values = null, Action<IServiceCollection>? services = null)
    {
        var all = new Dictionary<string, string?>(_values)
        {
            ["Relay:Ledger:Keys"] = Path.Combine(Folder, "keys"),
            ["Relay:Sessions:Replica"] = name,
            ["Relay:Sessions:Lease"] = "00:00:04",
        };
        foreach (var (key, value) in values ?? new Dictionary<string, string?>()) all[key] = value;
        return new RelaySetup
        {
            Guacd = guacd,
            Connections = connections ?? RelayUnderTest.SshYaml(),
            Folder = Directory.CreateDirectory(Path.Combine(Folder, name)).FullName,
            Issuer = _issuer.Web,
            Values = all,
            Services = services,
        };
    }

    private static Task<RelayUnderTest> StartIssuerAsync(IReadOnlyDictionary<string, string?>? people) =>
        RelayUnderTest.StartAsync(new RelaySetup { Values = people ?? new Dictionary<string, string?>() });

    public async ValueTask DisposeAsync()
    {
        await _issuer.DisposeAsync();
        NpgsqlConnection.ClearAllPools();
        _folder.Dispose();
    }
}
