using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using OpenOva.Relay.Evidence.Keys;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Ledger;
using OpenOva.Relay.ObjectStorage;
using OpenOva.Relay.Tests.Database;

namespace OpenOva.Relay.Tests.Ledger;

[Trait("Kind", "Fast")]
public sealed class LedgerCheckpointsOnSqliteTests() : LedgerCheckpointsTests(TestDatabaseKind.Sqlite);

[Trait("Kind", "Real")]
public sealed class LedgerCheckpointsOnPostgresTests() : LedgerCheckpointsTests(TestDatabaseKind.Postgres);

/// <summary>Heads and proofs: what an auditor is given must hold against the leaves alone.</summary>
public abstract class LedgerCheckpointsTests(TestDatabaseKind kind) : LedgerFixture(kind)
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("relay-ledger-");
    private readonly ObjectStorageOptions _buckets = new();
    private readonly List<IDisposable> _owned = [];
    private DirectoryObjectStore? _store;

    private DirectoryObjectStore Store => _store!;

    protected override Task SetUpAsync()
    {
        _store = new DirectoryObjectStore(Path.Combine(_folder.FullName, "objects"), _buckets.Buckets, Time);
        return Task.CompletedTask;
    }

    protected override async Task TearDownAsync()
    {
        await base.TearDownAsync();
        foreach (var owned in _owned) owned.Dispose();
        _store?.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Recent_AskedAgainAndAgain_OneHeadAMinuteUnlessMoreMustBeCovered()
    {
        var checkpoints = Checkpoints(Sequencer("a"));
        var sizes = new List<long>();
        async Task AskAsync(long atLeast = 0)
        {
            await StageAsync("acme", 1);
            sizes.Add((await checkpoints.RecentAsync("acme", atLeast, Cancellation)).Size);
        }

        await AskAsync();
        await AskAsync();
        await AskAsync(atLeast: sizes[0]);
        Assert.Single(sizes.Distinct());
        await AskAsync(atLeast: sizes[0] + 1);
        await AskAsync();
        Time.Advance(TimeSpan.FromSeconds(61));
        await AskAsync();

        Assert.True(sizes[3] > sizes[0] && sizes[4] == sizes[3] && sizes[5] > sizes[4], string.Join(' ', sizes));
        Assert.Equal(3, await Db.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM ledger_checkpoints", null, Cancellation));
        Assert.True((await checkpoints.MakeAsync("acme", Cancellation)).Size >= sizes[5]);
    }

    [Fact]
    public async Task Proofs_OfEveryLeafAndEverySize_Verify()
    {
        int[] batches = [1, 1, 2, 3, 6, 4, 15, 1, 31, 1, 1, 4];
        var sequencer = Sequencer("a");
        foreach (var batch in batches)
        {
            await StageAsync("acme", batch);
            await sequencer.SequenceAsync(Cancellation);
        }

        var checkpoints = Checkpoints(sequencer);
        var leaves = await LedgerQueries.LeavesAsync(Db, "acme", 0, 70, 70, Cancellation);
        var frontier = new MerkleFrontier();
        var roots = new Dictionary<long, byte[]> { [0] = frontier.Root() };
        foreach (var leaf in leaves)
        {
            frontier.Append(MerkleHash.Leaf(leaf.Leaf));
            roots[frontier.Size] = frontier.Root();
        }

        Assert.Equal(70, frontier.Size);
        foreach (var size in (long[])[.. Enumerable.Range(1, 33), 62, 63, 64, 65, 69, 70])
        {
            Assert.Equal(roots[size], await checkpoints.RootAsync("acme", size, Cancellation));
            for (var leaf = 0L; leaf < size; leaf++)
            {
                var path = await checkpoints.InclusionAsync("acme", leaf, size, Cancellation);
                Assert.True(MerkleProof.VerifyInclusion(leaf, size, MerkleHash.Leaf(leaves[(int)leaf].Leaf), path, roots[size]), $"leaf {leaf} of {size}");
                var consistency = await checkpoints.ConsistencyAsync("acme", leaf + 1, size, Cancellation);
                Assert.True(MerkleProof.VerifyConsistency(leaf + 1, size, roots[leaf + 1], roots[size], consistency), $"{leaf + 1} in {size}");
            }
        }
    }

    [Fact]
    public async Task Checkpoint_OfAGrownLedger_IsSignedByItsKeyAndKeptOnce()
    {
        var sequencer = Sequencer("a");
        var keys = Keys();
        var checkpoints = Checkpoints(sequencer, keys);
        await keys.OfAsync("acme", Cancellation);
        await StageAsync("acme", 3);

        var first = await checkpoints.MakeAsync("acme", Cancellation);
        var again = await checkpoints.MakeAsync("acme", Cancellation);
        await StageAsync("acme", 1);
        var second = await checkpoints.MakeAsync("acme", Cancellation);

        Assert.Equal(4, first.Size);
        Assert.Equal(first.Jws.Compact, again.Jws.Compact);
        // With the event that tells of the first.
        Assert.Equal(6, second.Size);
        var history = (await keys.OfAsync("acme", Cancellation)).History;
        Assert.All(new[] { first, second }, checkpoint => Assert.True(history.Signed(checkpoint.Jws, checkpoint.TimeUs)));
        Assert.Equal(Convert.ToHexStringLower(await checkpoints.RootAsync("acme", 6, Cancellation)), second.Root);
    }

    [Fact]
    public async Task Checkpoint_MadeByManyAtOnce_IsOneForTheSize()
    {
        await StageAsync("acme", 3);
        var sequencer = Sequencer("a");
        var keys = Keys();
        await keys.OfAsync("acme", Cancellation);
        await sequencer.SequenceAsync(Cancellation);
        var replicas = Enumerable.Range(0, 4).Select(_ => Checkpoints(sequencer, keys)).ToArray();

        var made = await BoundedAsync(Task.WhenAll(Enumerable.Range(0, 12).Select(i => Task.Run(() => replicas[i % 4].MakeAsync("acme", Cancellation)))));

        Assert.Single(made.Select(checkpoint => checkpoint.Jws.Compact).Distinct());
        Assert.Equal(1, await Db.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM ledger_checkpoints", null, Cancellation));
    }

    [Fact]
    public async Task Checkpoint_IsToldInTheLedgerAndIsNoGrowth()
    {
        var keys = Keys();
        await keys.OfAsync("acme", Cancellation);
        var checkpoints = Checkpoints(Sequencer("a"), keys);
        await StageAsync("acme", 3);
        var first = await checkpoints.MakeAsync("acme", Cancellation);

        // Its event is numbered now, and asks for no head of its own.
        Assert.Equal(first.Size, (await checkpoints.MakeAsync("acme", Cancellation)).Size);
        Assert.Empty(await LedgerQueries.OrganisationsGrownAsync(Db, Cancellation));
        var told = LedgerLeaf.Parse((await LedgerQueries.LeavesAsync(Db, "acme", first.Size, long.MaxValue, 10, Cancellation)).Single().Leaf, "leaf");
        Assert.Equal(("checkpoint.made", first.Size, first.Jws.Digest), (told.Type, told.Data.Count("size"), told.Data.Digest("checkpoint_sha256")));
        await StageAsync("acme", 1);
        Assert.Equal(first.Size + 2, (await checkpoints.MakeAsync("acme", Cancellation)).Size);
    }

    [Fact]
    public async Task Checkpoints_OfAllGrownLedgers_ArePutIntoTheStore()
    {
        await StageAsync("acme", 3);
        await StageAsync("globex", 2);
        var sequencer = Sequencer("a");
        await sequencer.SequenceAsync(Cancellation);
        var checkpoints = Checkpoints(sequencer);

        await checkpoints.StartAsync(Cancellation);
        while (await Db.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM ledger_checkpoints WHERE stored_us IS NOT NULL", null, Cancellation) < 2) await Task.Delay(20, Cancellation);
        await checkpoints.StopAsync(Cancellation);

        foreach (var organisation in new[] { "acme", "globex" })
        {
            var row = (await LedgerQueries.NewestCheckpointAsync(Db, organisation, Cancellation))!;
            var stored = await Store.GetBytesAsync(_buckets.EvidenceBucket, $"{organisation}/checkpoints/{row.Size:D16}.jws", 1 << 16, Cancellation);
            Assert.Equal(row.Jws, Encoding.ASCII.GetString(stored));
            Assert.Equal(organisation, Checkpoint.Parse(stored, "stored").Organisation);
            Assert.Equal(RetentionMode.Compliance, (await Store.HeadAsync(_buckets.EvidenceBucket, $"{organisation}/checkpoints/{row.Size:D16}.jws", Cancellation))!.Retention!.Mode);
        }

        Assert.Empty(await LedgerQueries.UnstoredCheckpointsAsync(Db, 10, Cancellation));
    }

    [Fact]
    public async Task Keys_Rotated_KeepTheFingerprintAndTheOldSignatures()
    {
        var keys = Keys();
        var old = await keys.OfAsync("acme", Cancellation);
        var signed = Jws.Sign(JwsTypes.Checkpoint, new System.Text.Json.Nodes.JsonObject { ["v"] = 1 }, (P256SigningKey)old.Signing);
        var before = old.History.Keys[0].FromUs;
        Time.Advance(TimeSpan.FromSeconds(1));

        var young = await keys.RotateAsync("acme", Cancellation);

        Assert.Equal(old.History.Fingerprint, young.History.Fingerprint);
        Assert.NotEqual(old.Signing.PublicKey.Thumbprint, young.Signing.PublicKey.Thumbprint);
        Assert.True(young.History.Signed(signed, before));
        Assert.False(young.History.Signed(signed, young.History.IssuedUs));
        Assert.Equal(young.History.Jws.Compact, (await Keys().OfAsync("acme", Cancellation)).History.Jws.Compact);
        await Sequencer("a").SequenceAsync(Cancellation);
        Assert.Equal(
            [old.Signing.PublicKey.Thumbprint, young.Signing.PublicKey.Thumbprint],
            (await LeavesAsync("acme")).Where(leaf => leaf.Type == LedgerEventTypes.KeyAdded).Select(leaf => leaf.Data.String("kid")));
    }

    [Fact]
    public async Task Keys_MadeByTwoReplicasAtOnce_AreTheSame()
    {
        var rings = await BoundedAsync(Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(async () => await Keys().OfAsync("acme", Cancellation)))));

        Assert.Single(rings.Select(ring => ring.History.Jws.Compact).Distinct());
        Assert.Single(rings.Select(ring => ring.Signing.PublicKey.Thumbprint).Distinct());
        if (!OperatingSystem.IsWindows())
        {
            foreach (var file in Directory.EnumerateFiles(Path.Combine(_folder.FullName, "keys", "acme"), "*.pem"))
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }
    }

    private OrganisationKeys Keys() => Own(new OrganisationKeys(Path.Combine(_folder.FullName, "keys"), Db, Stage, Time, NullLogger<OrganisationKeys>.Instance));

    private LedgerCheckpoints Checkpoints(LedgerSequencer sequencer, OrganisationKeys? keys = null) =>
        Own(new LedgerCheckpoints(Db, Stage, sequencer, keys ?? Keys(), Store, _buckets, Time, NullLogger<LedgerCheckpoints>.Instance));

    private T Own<T>(T owned)
        where T : IDisposable
    {
        lock (_owned) _owned.Add(owned);
        return owned;
    }
}
