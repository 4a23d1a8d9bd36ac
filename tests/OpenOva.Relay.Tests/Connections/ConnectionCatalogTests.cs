using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using OpenOva.Relay.Connections;
using OpenOva.Relay.Telemetry;

namespace OpenOva.Relay.Tests.Connections;

[Trait("Kind", "Fast")]
public sealed class ConnectionCatalogTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("relay-connections-");
    private readonly List<ResourceChange> _published = [];
    private readonly ConnectionCatalog _catalog;
    private readonly RelayMetrics _metrics = new();
    private readonly ResourceHealth _health;
    private readonly FolderWatch _watch;
    private readonly List<IReadOnlySet<ResourceKey>?> _declared = [];
    private bool _publishingFails;

    public ConnectionCatalogTests()
    {
        var options = new ConnectionsOptions { Folder = _folder.FullName, DefaultOrganisation = "acme", DefaultRetentionDays = 30, Debounce = TimeSpan.Zero };
        _catalog = new ConnectionCatalog(PublishAsync, NullLogger<ConnectionCatalog>.Instance);
        _health = new ResourceHealth(_metrics);
        _watch = new FolderWatch(_catalog, new ResourceFolder(options, TimeProvider.System), _health, options, TimeProvider.System, NullLogger<FolderWatch>.Instance);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _watch.Dispose();
        _catalog.Dispose();
        _metrics.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Reload_AddChangeRemove_PublishesEachOnce()
    {
        await WriteAsync("a.yaml", Document("a", "12") + "---\n" + Document("b", "12"));
        Assert.Equal(["added a", "added b"], await ReloadAsync());
        Assert.Empty(await ReloadAsync());

        await WriteAsync("a.yaml", Document("a", "13"));
        Assert.Equal(["changed a", "removed b"], await ReloadAsync());
        Assert.Equal("13", _catalog.Snapshot.Find("acme", "a")!.Connection.Parameters["font-size"]);
        Assert.Null(_catalog.Snapshot.Find("acme", "b"));
        Assert.NotEqual(_published[^2].Digest, _published[^2].PreviousDigest);
    }

    [Fact]
    public async Task Reload_NewVersionInvalid_LastGoodStaysAndIsFlagged()
    {
        await WriteAsync("a.yaml", Document("a", "12"));
        await WriteAsync("b.yaml", Document("b", "12"));
        await ReloadAsync();
        var digest = _catalog.Snapshot.Find("acme", "a")!.Connection.Digest;

        await WriteAsync("a.yaml", Document("a", "12").Replace("hostname: target", "hostname: \"no host\"", StringComparison.Ordinal));
        Assert.Equal(["invalid a"], await ReloadAsync());

        var entry = _catalog.Snapshot.Find("acme", "a")!;
        Assert.Equal(digest, entry.Connection.Digest);
        Assert.Equal("a.yaml:6:13: spec.hostname must be a host name or an IP address", entry.Stale!.ToString());
        Assert.Equal(digest, _published[^1].Digest);
        Assert.Null(_catalog.Snapshot.Find("acme", "b")!.Stale);

        await WriteAsync("a.yaml", Document("a", "12"));
        Assert.Equal(["restored a"], await ReloadAsync());
        Assert.Null(_catalog.Snapshot.Find("acme", "a")!.Stale);
    }

    [Fact]
    public async Task Reload_FileBecomesUnreadableText_KeepsWhatItGave()
    {
        await WriteAsync("a.yaml", Document("a", "12") + "---\n" + Document("b", "12"));
        await ReloadAsync();

        await WriteAsync("a.yaml", Document("b", "12") + "---\nkind: [");
        Assert.Equal(["invalid "], await ReloadAsync());

        Assert.NotNull(_catalog.Snapshot.Find("acme", "a")!.Stale);
        Assert.Null(_catalog.Snapshot.Find("acme", "b")!.Stale);
    }

    [Fact]
    public async Task Reload_NeverGood_IsInvalidAndNotServed()
    {
        await WriteAsync("a.yaml", Document("a", "12").Replace("protocol: ssh", "protocol: spice", StringComparison.Ordinal));
        Assert.Equal(["invalid a"], await ReloadAsync());

        Assert.Null(_catalog.Snapshot.Find("acme", "a"));
        Assert.True(_catalog.Snapshot.IsInvalid("acme", "a"));
        Assert.False(_catalog.Snapshot.IsInvalid("globex", "a"));
    }

    [Fact]
    public async Task Reload_NameDeclaredTwice_TheLaterIsAnErrorWithinTheOrganisationOnly()
    {
        await WriteAsync("1.yaml", Document("a", "12"));
        await WriteAsync("2.yaml", Document("a", "13") + "---\n" + Document("a", "14").Replace("{ name: a }", "{ name: a, labels: { catalyst.openova.io/organization: globex } }", StringComparison.Ordinal));

        await ReloadAsync();

        Assert.Equal("12", _catalog.Snapshot.Find("acme", "a")!.Connection.Parameters["font-size"]);
        Assert.Equal("14", _catalog.Snapshot.Find("globex", "a")!.Connection.Parameters["font-size"]);
        Assert.Equal("2.yaml:1:1: metadata.name a is declared before in this organisation", Assert.Single(_catalog.Snapshot.Problems).ToString());
    }

    [Fact]
    public async Task Reload_PublishingFails_TheChangeComesAgain()
    {
        await WriteAsync("a.yaml", Document("a", "12"));
        _publishingFails = true;
        Assert.Empty(await ReloadAsync());
        Assert.NotNull(_catalog.Snapshot.Find("acme", "a"));

        _publishingFails = false;
        Assert.Equal(["added a"], await ReloadAsync());
    }

    [Fact]
    public async Task Reload_FolderGone_KeepsEverythingInUse()
    {
        await WriteAsync("a.yaml", Document("a", "12"));
        await ReloadAsync();
        var moved = _folder.FullName + "-moved";
        Directory.Move(_folder.FullName, moved);

        Assert.Empty(await ReloadAsync());

        Assert.NotNull(_catalog.Snapshot.Find("acme", "a"));
        Assert.False(_health.IsWell);
        await _health.CheckAsync(Cancellation);
        Directory.Move(moved, _folder.FullName);
        await ReloadAsync();
        Assert.True(_health.IsWell);
    }

    [Fact]
    public async Task Reload_FolderMissingAtStart_EndsIt()
    {
        _folder.Delete();

        await Assert.ThrowsAsync<DirectoryNotFoundException>(() => _watch.ReloadAsync(mustRead: true, Cancellation));
        await Assert.ThrowsAsync<InvalidOperationException>(() => _health.CheckAsync(Cancellation));

        _folder.Create();
    }

    [Fact]
    public async Task Reload_FileNoUtf8_IsAProblemOfThatFileAlone()
    {
        await File.WriteAllBytesAsync(Path.Combine(_folder.FullName, "bad.yaml"), [0xff, 0xfe, 0x41], Cancellation);
        await WriteAsync("a.yaml", Document("a", "12"));
        await WriteAsync("notes.txt", "no connection");

        Assert.Equal(["added a", "invalid "], await ReloadAsync());
    }

    [Fact]
    public async Task Reload_LabelsChange_IsAChangeOfItsOwn()
    {
        await WriteAsync("a.yaml", Document("a", "12"));
        await ReloadAsync();
        await WriteAsync("a.yaml", Document("a", "12").Replace("{ name: a }", "{ name: a, labels: { tier: gold } }", StringComparison.Ordinal));

        Assert.Equal(["relabelled a"], await ReloadAsync());
        Assert.Equal("gold", _catalog.Snapshot.Find("acme", "a")!.Connection.Labels["tier"]);
    }

    [Fact]
    public async Task Reload_PoliciesBesideConnections_ArePublishedToo()
    {
        await WriteAsync("a.yaml", Document("a", "12") + "---\n" + PolicyYaml.Of("{ kind: recording-required }"));
        Assert.Equal(["added a", "added p"], await ReloadAsync());

        await WriteAsync("a.yaml", Document("a", "12") + "---\n" + PolicyYaml.Of("{ kind: recordings-required }"));
        Assert.Equal(["invalid p"], await ReloadAsync());
        Assert.Equal("p", Assert.Single(_catalog.Snapshot.PoliciesFor(_catalog.Snapshot.Find("acme", "a")!.Connection)).Name);
    }

    [Fact]
    public async Task Reload_First_TellsAllThatIsDeclaredOnce()
    {
        await WriteAsync("a.yaml", Document("a", "12") + "---\n" + PolicyYaml.Of("{ kind: recordings-required }"));
        _publishingFails = true;
        await ReloadAsync();
        _publishingFails = false;
        await ReloadAsync();
        await WriteAsync("a.yaml", Document("a", "13"));
        await ReloadAsync();

        // Where publishing failed, it was not the first yet.
        Assert.Equal(["Connection a, Policy p", null], _declared.Select(keys => keys is null ? null : string.Join(", ", keys.Select(key => $"{key.Kind} {key.Name}").Order(StringComparer.Ordinal))));
    }

    internal static string Document(string name, string fontSize) =>
        ConnectionYaml.Of("ssh", $"{{ host-key: ssh-rsa AAAA, font-size: \"{fontSize}\" }}", "", name);

    private Task WriteAsync(string name, string text) => File.WriteAllTextAsync(Path.Combine(_folder.FullName, name), text, Cancellation);

    private Task PublishAsync(ResourceChanges changes, CancellationToken cancellation)
    {
        if (_publishingFails)
            throw new InvalidOperationException("The ledger does not take it.");
        _published.AddRange(changes.Changes);
        _declared.Add(changes.Declared);
        return Task.CompletedTask;
    }

    private async Task<IReadOnlyList<string>> ReloadAsync()
    {
        var before = _published.Count;
        await _watch.ReloadAsync(mustRead: false, Cancellation).WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
        return [.. _published.Skip(before).Select(change => $"{change.Kind.ToString().ToLowerInvariant()} {change.Name}").Order(StringComparer.Ordinal)];
    }
}

[Trait("Kind", "Fast")]
public sealed class FolderWatchTests
{
    [Fact]
    public async Task Watch_ConfigMapSwapsItsData_EveryFileChangesAtOnce()
    {
        var folder = Directory.CreateTempSubdirectory("relay-configmap-");
        try
        {
            // As the kubelet lays a ConfigMap out: a.yaml -> ..data/a.yaml, ..data -> ..2026_1.
            Fill(folder, "..2026_1", "12");
            Directory.CreateSymbolicLink(Path.Combine(folder.FullName, "..data"), "..2026_1");
            foreach (var name in new[] { "a", "b" })
                File.CreateSymbolicLink(Path.Combine(folder.FullName, $"{name}.yaml"), $"..data/{name}.yaml");
            var seen = new BlockingCollection<IReadOnlyList<ResourceChange>>();
            var options = new ConnectionsOptions
            {
                Folder = folder.FullName,
                DefaultOrganisation = "acme",
                DefaultRetentionDays = 30,
                Debounce = TimeSpan.FromMilliseconds(20),
                RescanInterval = TimeSpan.FromHours(1),
            };
            using var metrics = new RelayMetrics();
            using var catalog = new ConnectionCatalog(
                (changes, cancellation) =>
                {
                    seen.Add(changes.Changes, cancellation);
                    return Task.CompletedTask;
                },
                NullLogger<ConnectionCatalog>.Instance);
            using var watcher = new FolderWatch(
                catalog, new ResourceFolder(options, TimeProvider.System), new ResourceHealth(metrics), options, TimeProvider.System, NullLogger<FolderWatch>.Instance);
            await watcher.StartAsync(TestContext.Current.CancellationToken);
            Assert.Equal(2, Next(seen).Count);

            Fill(folder, "..2026_2", "13");
            Directory.CreateSymbolicLink(Path.Combine(folder.FullName, "..data_tmp"), "..2026_2");
            // rename(2), as the kubelet does: File.Move follows the link.
            using (var rename = Process.Start(new ProcessStartInfo("mv", ["-T", "..data_tmp", "..data"]) { WorkingDirectory = folder.FullName })!)
                await rename.WaitForExitAsync(TestContext.Current.CancellationToken);

            var changes = Next(seen);
            Assert.Equal([("a", ResourceChangeKind.Changed), ("b", ResourceChangeKind.Changed)], changes.Select(change => (change.Name!, change.Kind)).Order());
            await watcher.StopAsync(TestContext.Current.CancellationToken);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void Fill(DirectoryInfo folder, string version, string fontSize)
    {
        var target = folder.CreateSubdirectory(version);
        foreach (var name in new[] { "a", "b" })
            File.WriteAllText(Path.Combine(target.FullName, $"{name}.yaml"), ConnectionCatalogTests.Document(name, fontSize));
    }

    private static IReadOnlyList<ResourceChange> Next(BlockingCollection<IReadOnlyList<ResourceChange>> seen) =>
        seen.TryTake(out var changes, TimeSpan.FromSeconds(10)) ? changes : throw new TimeoutException("No change was published.");
}
