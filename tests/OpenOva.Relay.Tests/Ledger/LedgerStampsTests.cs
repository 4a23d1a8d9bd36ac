using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Evidence.Stamps;
using OpenOva.Relay.Ledger;
using OpenOva.Relay.Ledger.Stamps;
using OpenOva.Relay.ObjectStorage;
using OpenOva.Relay.Tests.Database;
using OpenOva.Relay.Tests.Identity;

namespace OpenOva.Relay.Tests.Ledger;

[Trait("Kind", "Fast")]
public sealed class LedgerStampsOnSqliteTests() : LedgerStampsTests(TestDatabaseKind.Sqlite);

[Trait("Kind", "Real")]
public sealed class LedgerStampsOnPostgresTests() : LedgerStampsTests(TestDatabaseKind.Postgres);

/// <summary>One token over all heads, and each organisation can show its own by it.</summary>
public abstract class LedgerStampsTests(TestDatabaseKind kind) : LedgerFixture(kind)
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("relay-stamps-");
    private readonly ObjectStorageOptions _buckets = new();
    private readonly ManualTime _clock = new();
    private readonly List<LedgerStamps> _stamps = [];
    private DirectoryObjectStore _store = null!;
    private ScriptedAuthority _authority = null!;

    protected override async Task SetUpAsync()
    {
        _store = new DirectoryObjectStore(Path.Combine(_folder.FullName, "objects"), _buckets.Buckets, Time);
        _authority = await ScriptedAuthority.StartAsync(_clock.GetUtcNow());
    }

    protected override async Task TearDownAsync()
    {
        await base.TearDownAsync();
        _stamps.ForEach(stamps => stamps.Dispose());
        if (_authority is not null) await _authority.DisposeAsync();
        _store?.Dispose();
        _folder.Delete(recursive: true);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public async Task Heads_OfSeveralOrganisations_AreStampedByOneTokenEachForItself(int organisations)
    {
        var names = Enumerable.Range(0, organisations).Select(n => $"org-{n}").ToList();
        foreach (var name in names) await HeadAsync(name, 3);

        Assert.Equal(organisations, await Stamps().LookAsync(Cancellation));

        Assert.Equal(1, _authority.Asked);
        var roots = X509CertificateLoader.LoadCertificateFromFile(_authority.CaFile);
        foreach (var name in names)
        {
            var file = await _store.GetBytesAsync(_buckets.EvidenceBucket, $"{name}/stamps/{3:D16}.json", 1 << 20, Cancellation);
            var stamp = LedgerStamp.Parse(file, name);
            Assert.Equal((name, 3L), (stamp.Checkpoint.Organisation, stamp.Checkpoint.Size));
            Assert.True(stamp.ReadToken(name).Verify([roots]));
            Assert.DoesNotContain(names.Where(other => other != name), other => Encoding.UTF8.GetString(file).Contains(other, StringComparison.Ordinal));
            Assert.Equal(RetentionMode.Compliance, (await _store.HeadAsync(_buckets.EvidenceBucket, $"{name}/stamps/{3:D16}.json", Cancellation))!.Retention!.Mode);
            await LapseAsync(name);
            await Sequencer("a").SequenceAsync(Cancellation);
            var told = Assert.Single(await LeavesAsync(name), leaf => leaf.Type == LedgerEventTypes.LedgerStamped);
            Assert.Equal((3, stamp.Checkpoint.Root, Digests.Hex(stamp.Token)), (told.Data.Count("size"), told.Data.Digest("root"), told.Data.Digest("token_sha256")));
        }
    }

    [Fact]
    public async Task Stamp_OfAnotherHead_IsNotThisOnes()
    {
        await HeadAsync("acme", 1);
        await HeadAsync("globex", 1);
        await Stamps().LookAsync(Cancellation);
        var rows = await StampQueries.BetweenAsync(Db, "acme", 0, 9, 9, Cancellation);
        var stamp = rows[0].ToStamp();
        var other = (await StampQueries.BetweenAsync(Db, "globex", 0, 9, 9, Cancellation))[0].ToStamp();

        stamp.ReadToken("acme");
        Assert.Throws<EvidenceFormatException>(() => (stamp with { Checkpoint = other.Checkpoint }).ReadToken("acme"));
        Assert.Throws<EvidenceFormatException>(() => (stamp with { Path = other.Path }).ReadToken("acme"));
    }

    [Fact]
    public async Task Period_NotOver_AsksNobody()
    {
        await HeadAsync("acme", 1);
        var stamps = Stamps();
        await stamps.LookAsync(Cancellation);
        await HeadAsync("acme", 2);

        Assert.Equal(0, await stamps.LookAsync(Cancellation));
        _clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(1, await stamps.LookAsync(Cancellation));

        Assert.Equal([1L, 2], (await StampQueries.BetweenAsync(Db, "acme", 0, 9, 9, Cancellation)).Select(row => row.Size));
        _clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(0, await stamps.LookAsync(Cancellation));
    }

    [Fact]
    public async Task Authority_Refusing_LeavesTheHeadForTheNextTime()
    {
        await HeadAsync("acme", 1);
        var right = _authority.Answer;
        _authority.Answer = _ => null;
        var stamps = Stamps();

        await Assert.ThrowsAsync<TimestampRefusedException>(() => stamps.LookAsync(Cancellation));
        Assert.Empty(await StampQueries.BetweenAsync(Db, "acme", 0, 9, 9, Cancellation));
        _authority.Answer = right;

        Assert.Equal(1, await stamps.LookAsync(Cancellation));
    }

    [Fact]
    public async Task Replicas_Two_StampOnce()
    {
        await HeadAsync("acme", 1);

        Assert.Equal(1, await Stamps("relay-0").LookAsync(Cancellation));
        await HeadAsync("acme", 2);
        _clock.Advance(TimeSpan.FromHours(2));

        Assert.Equal(0, await Stamps("relay-1").LookAsync(Cancellation));
    }

    private LedgerStamps Stamps(string replica = "relay-0")
    {
        var options = new TimestampAuthorityOptions { Url = _authority.Url, CaFile = _authority.CaFile };
        var stamps = new LedgerStamps(
            new TimestampClient(options), options, Db, Stage, new Leases(Db), ReplicaName.Create(replica, _clock), _store, _buckets, _clock, NullLogger<LedgerStamps>.Instance);
        _stamps.Add(stamps);
        return stamps;
    }

    private async Task HeadAsync(string organisation, long size)
    {
        await StageAsync(organisation, 1);
        await LapseAsync(organisation);
        await Sequencer("a").SequenceAsync(Cancellation);
        using var key = Evidence.Keys.P256SigningKey.Create();
        var root = Convert.ToHexStringLower(MerkleHash.Leaf(Encoding.ASCII.GetBytes($"{organisation} {size}")));
        var head = await Checkpoint.SignAsync(organisation, size, root, 1, key, Cancellation);
        await Db.TransactAsync(transaction => LedgerQueries.InsertCheckpointAsync(transaction, organisation, size, root, 1, head.Jws.Compact), Cancellation);
    }
}
