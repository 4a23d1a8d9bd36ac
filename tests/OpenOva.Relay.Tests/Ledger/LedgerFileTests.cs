using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence.Verification;
using OpenOva.Relay.Ledger;
using OpenOva.Relay.Ledger.Exports;
using OpenOva.Relay.Ledger.Stamps;
using OpenOva.Relay.ObjectStorage;
using OpenOva.Relay.Tests.Database;

namespace OpenOva.Relay.Tests.Ledger;

// Thousands of leaves, several times over.
[Trait("Kind", "Real")]
public sealed class LedgerFileOnSqliteTests() : LedgerFileTests(TestDatabaseKind.Sqlite);

[Trait("Kind", "Real")]
public sealed class LedgerFileOnPostgresTests() : LedgerFileTests(TestDatabaseKind.Postgres);

/// <summary>What comes out of the database is what an auditor verifies, and whoever changes a row there is found.</summary>
public abstract class LedgerFileTests(TestDatabaseKind kind) : LedgerFixture(kind)
{
    private const int Leaves = 2_300;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("relay-export-");
    private readonly ObjectStorageOptions _buckets = new();
    private DirectoryObjectStore _store = null!;
    private OrganisationKeys _keys = null!;

    protected override Task SetUpAsync()
    {
        _store = new DirectoryObjectStore(Path.Combine(_folder.FullName, "objects"), _buckets.Buckets, Time);
        _keys = new OrganisationKeys(Path.Combine(_folder.FullName, "keys"), Db, Stage, Time, NullLogger<OrganisationKeys>.Instance);
        return Task.CompletedTask;
    }

    protected override async Task TearDownAsync()
    {
        await base.TearDownAsync();
        _keys?.Dispose();
        _store?.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Export_OfAStampedLedger_Verifies()
    {
        await using var authority = await ScriptedAuthority.StartAsync(Time.GetUtcNow());
        await GrowAsync();
        var options = new TimestampAuthorityOptions { Url = authority.Url, CaFile = authority.CaFile };
        using var stamps = new LedgerStamps(
            new TimestampClient(options), options, Db, Stage, new Leases(Db), ReplicaName.Create("relay-0", Time), _store, _buckets, Time, NullLogger<LedgerStamps>.Instance);
        Assert.Equal(1, await stamps.LookAsync(Cancellation));

        var (leaves, verdict) = await VerifyAsync(new Reliance { TimestampAuthorities = [X509CertificateLoader.LoadCertificateFromFile(authority.CaFile)] });

        Assert.Equal((0, "HELD", "timestamped"), (verdict.ExitCode, verdict.Integrity, verdict.Strength));
        // With the key's event and those of the heads before the last.
        Assert.Equal(Leaves + 1 + 3, leaves);
    }

    [Theory]
    [InlineData("copied", "UPDATE ledger_leaves SET leaf = (SELECT leaf FROM ledger_leaves WHERE seq = 1500) WHERE seq = 1501")]
    [InlineData("swapped", "UPDATE ledger_leaves SET seq = -1 WHERE seq = 700", "UPDATE ledger_leaves SET seq = 700 WHERE seq = 701", "UPDATE ledger_leaves SET seq = 701 WHERE seq = -1")]
    [InlineData("closed up", "DELETE FROM ledger_leaves WHERE seq = 2200", "UPDATE ledger_leaves SET seq = -seq WHERE seq > 2200", "UPDATE ledger_leaves SET seq = -seq - 1 WHERE seq < 0",
        "DELETE FROM ledger_checkpoints WHERE size > 2302")]
    public async Task Rows_ChangedInTheTable_AreFound(string how, params string[] statements)
    {
        await GrowAsync();
        foreach (var statement in statements) await Db.ExecuteAsync(statement, null, Cancellation);

        Assert.True((await VerifyAsync(new Reliance())).Verdict.ExitCode == 1, how);
    }

    [Fact]
    public async Task Row_DeletedFromTheTable_EndsTheExport()
    {
        await GrowAsync();
        await Db.ExecuteAsync("DELETE FROM ledger_leaves WHERE seq = 1999", null, Cancellation);

        await Assert.ThrowsAsync<InvalidDataException>(() => VerifyAsync(new Reliance()));
    }

    private async Task GrowAsync()
    {
        await _keys.OfAsync("acme", Cancellation);
        using var sequencer = Sequencer("a");
        var checkpoints = new LedgerCheckpoints(Db, Stage, sequencer, _keys, _store, _buckets, Time, NullLogger<LedgerCheckpoints>.Instance);
        foreach (var count in (int[])[300, 1_000, 999, 1])
        {
            await StageAsync("acme", count);
            await checkpoints.MakeAsync("acme", Cancellation);
        }
    }

    private async Task<(long Leaves, Verdict Verdict)> VerifyAsync(Reliance reliance)
    {
        var history = (await _keys.OfAsync("acme", Cancellation)).History;
        using var file = new MemoryStream();
        var leaves = await new LedgerFile(Db).WriteAsync(file, history, Cancellation);
        file.Position = 0;
        return (leaves, LedgerVerifier.Verify([file], reliance with { Fingerprint = history.Fingerprint }));
    }
}
