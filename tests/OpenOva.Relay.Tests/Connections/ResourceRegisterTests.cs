using System.Text.Json;
using OpenOva.Relay.Connections;
using OpenOva.Relay.Ledger;
using OpenOva.Relay.Tests.Database;

namespace OpenOva.Relay.Tests.Connections;

[Trait("Kind", "Fast")]
public sealed class ResourceRegisterOnSqliteTests() : ResourceRegisterTests(TestDatabaseKind.Sqlite);

[Trait("Kind", "Real")]
public sealed class ResourceRegisterOnPostgresTests() : ResourceRegisterTests(TestDatabaseKind.Postgres);

/// <summary>What the ledger is told of resources: each change once, whichever replica sees it, and also what changed while none ran.</summary>
public abstract class ResourceRegisterTests(TestDatabaseKind kind) : DatabaseTests(kind)
{
    private static readonly ConnectionsOptions Connections = new() { Folder = "/connections", DefaultOrganisation = "acme", DefaultRetentionDays = 400 };

    [Fact]
    public async Task Publish_EveryReplicaSeesEachChange_TheLedgerIsToldOnce()
    {
        Reader one = new(this), two = new(this);
        string[] versions =
        [
            Ssh("12") + Policy("{ kind: recording-required }"),
            Ssh("13") + Policy("{ kind: recording-required }, { kind: max-duration, minutes: 5 }"),
            Ssh("13").Replace("hostname: target", "hostname: no/host", StringComparison.Ordinal) + Policy("{ kind: recordings-required }"),
            Ssh("13") + Policy("{ kind: recording-required }, { kind: max-duration, minutes: 5 }"),
            Ssh("13").Replace("{ name: a }", "{ name: a, labels: { tier: gold } }", StringComparison.Ordinal),
            "",
        ];
        foreach (var version in versions)
        {
            await one.ReadAsync(version);
            await two.ReadAsync(version);
        }

        Assert.Equal(
            [
                "connection.changed added", "connection.changed changed", "connection.changed invalid", "connection.changed restored",
                "connection.changed relabelled", "connection.changed removed",
                "policy.changed added", "policy.changed changed", "policy.changed invalid", "policy.changed restored", "policy.changed removed",
            ],
            from told in await ToldAsync() orderby told.Type select $"{told.Type} {told.Change}");
    }

    [Fact]
    public async Task Publish_RestartWithTheSameVersions_TellsNothing()
    {
        await new Reader(this).ReadAsync(Ssh("12") + Policy("{ kind: recording-required }"));
        await new Reader(this).ReadAsync(Ssh("12") + Policy("{ kind: recording-required }"));

        Assert.Equal(2, (await ToldAsync()).Count);
    }

    [Fact]
    public async Task Publish_ChangedWhileNoReplicaRan_IsAChangeFromTheVersionThatTheLedgerKnows()
    {
        await new Reader(this).ReadAsync(Ssh("12") + Policy("{ kind: recording-required }"));
        var before = await ToldAsync();
        await new Reader(this).ReadAsync(Ssh("13") + Policy("{ kind: recordings-required }"));
        var after = (await ToldAsync()).Skip(2).ToArray();

        Assert.Equal(["changed", "invalid"], after.Select(told => told.Change));
        Assert.Equal(before.Select(told => told.Digest), after.Select(told => told.PreviousDigest));
        Assert.Null(after[1].Digest);
    }

    [Fact]
    public async Task Publish_RemovedWhileNoReplicaRan_IsTold()
    {
        await new Reader(this).ReadAsync(Ssh("12") + Policy("{ kind: recording-required }"));
        var policy = (await ToldAsync())[1].Digest;
        var restarted = new Reader(this);
        await restarted.ReadAsync(Ssh("12"));
        await restarted.ReadAsync(Ssh("12"));
        await new Reader(this).ReadAsync(Ssh("12"));

        var removed = Assert.Single((await ToldAsync()).Skip(2));
        Assert.Equal(("policy.changed", "removed", policy), (removed.Type, removed.Change, removed.PreviousDigest));
    }

    [Fact]
    public async Task Publish_SameNameElsewhere_IsAnother()
    {
        var replica = new Reader(this);
        await replica.ReadAsync(Policy("{ kind: recording-required }") + Policy("{ kind: recording-required }").Replace("{ name: p }", "{ name: p, labels: { catalyst.openova.io/organization: globex } }", StringComparison.Ordinal)
            + Ssh("12").Replace("{ name: a }", "{ name: p }", StringComparison.Ordinal));

        Assert.Equal(["acme", "acme", "globex"], (await ToldAsync()).Select(told => told.Organisation).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Publish_DocumentWithoutAName_IsToldToTheOrganisationItNamesOrTheDefaultOne()
    {
        var replica = new Reader(this);
        await replica.ReadAsync("kind: [\n---\nkind: EnvironmentPolicy\nmetadata: { labels: { catalyst.openova.io/organization: globex } }\n");

        Assert.Equal(["acme connection.changed invalid", "globex policy.changed invalid"], from told in await ToldAsync() orderby told.Organisation select $"{told.Organisation} {told.Type} {told.Change}");
    }

    [Fact]
    public async Task Migrate_FromTheRegisterOfConnections_KeepsWhatWasTold()
    {
        var digest = ConnectionYaml.Only(ResourceReader.Read("a.yaml", Ssh("12"), Connections)).Digest;
        // As the migration leaves a row of the older register.
        await Db.ExecuteAsync(
            "INSERT INTO resource_register (kind, organisation, name, digest, problem, labels, changed_us) VALUES ('connection', 'acme', 'a', @digest, NULL, '', 1)",
            new { digest }, Cancellation);

        await new Reader(this).ReadAsync(Ssh("12"));

        Assert.Empty(await ToldAsync());
    }

    private static string Ssh(string fontSize) => ConnectionCatalogTests.Document("a", fontSize) + "\n---\n";

    private static string Policy(string rules) => PolicyYaml.Of(rules) + "\n---\n";

    private async Task<IReadOnlyList<Told>> ToldAsync() =>
        [.. (await Db.QueryAsync<StagedRow>("SELECT organisation, type, data FROM ledger_staged ORDER BY id", null, Cancellation)).Select(row => new Told(row))];

    /// <summary>One process: what it read before, and what it published.</summary>
    private sealed class Reader(ResourceRegisterTests tests)
    {
        private readonly PublishedResources _published = new();
        private readonly ResourceChangesToLedger _ledger = new(
            tests.Replica(), new LedgerStage(new EventIds(tests.Time), tests.Time, new LedgerSignal()), Connections);
        private CatalogSnapshot _snapshot = CatalogSnapshot.Empty;

        public async Task ReadAsync(string text)
        {
            _snapshot = _snapshot.Next([ResourceReader.Read("a.yaml", text, Connections)]);
            var (changes, commit) = _published.ChangesTo(_snapshot);
            await _ledger.PublishAsync(changes, Cancellation);
            commit();
        }
    }

    private sealed class StagedRow
    {
        public string Organisation { get; init; } = "";
        public string Type { get; init; } = "";
        public byte[] Data { get; init; } = [];
    }

    private sealed class Told(StagedRow row)
    {
        private readonly JsonElement _data = JsonElement.Parse(row.Data);

        public string Organisation => row.Organisation;
        public string Type => row.Type;
        public string Change => _data.GetProperty("change").GetString()!;
        public string? Digest => _data.GetProperty("digest").GetString();
        public string? PreviousDigest => _data.GetProperty("previous_digest").GetString();
    }
}
