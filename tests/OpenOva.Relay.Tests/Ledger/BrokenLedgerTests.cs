using Microsoft.Extensions.Logging.Abstractions;
using OpenOva.Relay.Ledger;
using OpenOva.Relay.ObjectStorage;
using OpenOva.Relay.Tests.Database;

namespace OpenOva.Relay.Tests.Ledger;

/// <summary>What is wrong with one organisation's ledger is wrong with that one alone.</summary>
[Trait("Kind", "Fast")]
public sealed class BrokenLedgerTests() : LedgerFixture(TestDatabaseKind.Sqlite)
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("relay-broken-");

    protected override async Task TearDownAsync()
    {
        await base.TearDownAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Sequence_OneThatCannotBeWritten_OthersAreNumbered()
    {
        var sequencer = Sequencer("a");
        await BreakAsync("broken");
        await StageAsync("acme", 2);
        await StageAsync("zeta", 3);

        var failed = await Assert.ThrowsAsync<AggregateException>(() => sequencer.SequenceAsync(Cancellation));

        Assert.Contains("broken", Assert.Single(failed.InnerExceptions).Message, StringComparison.Ordinal);
        Assert.Equal((2, 3), ((await LeavesAsync("acme")).Count, (await LeavesAsync("zeta")).Count));
        await sequencer.SettleAsync("zeta", Cancellation);
    }

    [Fact]
    public async Task Checkpoints_OneWhoseKeysAreDamaged_OthersGetTheirHeads()
    {
        var buckets = new ObjectStorageOptions();
        using var store = new DirectoryObjectStore(Path.Combine(_folder.FullName, "objects"), buckets.Buckets, Time);
        var folder = Path.Combine(_folder.FullName, "keys");
        using var keys = new OrganisationKeys(folder, Db, Stage, Time, NullLogger<OrganisationKeys>.Instance);
        using var checkpoints = new LedgerCheckpoints(Db, Stage, Sequencer("a"), keys, store, buckets, Time, NullLogger<LedgerCheckpoints>.Instance);
        Directory.CreateDirectory(Path.Combine(folder, "broken"));
        await File.WriteAllTextAsync(Path.Combine(folder, "broken", "history.jws"), "no history", Cancellation);
        foreach (var organisation in (string[])["acme", "broken", "zeta"]) await StageAsync(organisation, 1);
        await Sequencer("a").SequenceAsync(Cancellation);

        await checkpoints.RoundAsync(Cancellation);

        Assert.Equal(
            ["acme", "zeta"],
            await Db.QueryAsync<string>("SELECT organisation FROM ledger_checkpoints WHERE stored_us IS NOT NULL ORDER BY organisation", null, Cancellation));
    }

    // Its events cannot become leaves.
    private async Task BreakAsync(string organisation)
    {
        await StageAsync(organisation, 1);
        await Db.ExecuteAsync(
            $"CREATE TRIGGER broken BEFORE INSERT ON ledger_leaves WHEN NEW.organisation = '{organisation}' BEGIN SELECT RAISE(ABORT, 'broken'); END", null, Cancellation);
    }
}
