using Microsoft.Extensions.Logging.Abstractions;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Ledger;
using OpenOva.Relay.Tests.Database;

namespace OpenOva.Relay.Tests.Ledger;

[Trait("Kind", "Fast")]
public sealed class OrganisationKeysOnSqliteTests() : OrganisationKeysTests(TestDatabaseKind.Sqlite);

[Trait("Kind", "Real")]
public sealed class OrganisationKeysOnPostgresTests() : OrganisationKeysTests(TestDatabaseKind.Postgres);

/// <summary>Files of keys come before the ledger is told of them, and it is told once, whenever the process dies.</summary>
public abstract class OrganisationKeysTests(TestDatabaseKind kind) : LedgerFixture(kind)
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("relay-keys-");

    protected override async Task TearDownAsync()
    {
        await base.TearDownAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Keys_ProcessDiesBeforeTheLedgerIsTold_NextOneTellsOnce()
    {
        using (var dying = Keys()) await WithoutAsync("ledger_staged", () => dying.OfAsync("acme", Cancellation).AsTask());
        Assert.True(File.Exists(Path.Combine(_folder.FullName, "acme", "history.jws")));

        using (var next = Keys()) await next.OfAsync("acme", Cancellation);
        using (var later = Keys()) await later.OfAsync("acme", Cancellation);

        Assert.Equal([1L], await ToldAsync());
    }

    [Fact]
    public async Task Rotation_ProcessDiesBeforeTheLedgerIsTold_NextOneTellsOnce()
    {
        using (var dying = Keys())
        {
            await dying.OfAsync("acme", Cancellation);
            await WithoutAsync("ledger_staged", () => dying.RotateAsync("acme", Cancellation));
        }

        using (var next = Keys()) Assert.Equal(2, (await next.OfAsync("acme", Cancellation)).History.Version);
        using (var later = Keys()) await later.RotateAsync("acme", Cancellation);

        Assert.Equal([1L, 2, 3], await ToldAsync());
    }

    [Fact]
    public async Task Rotation_BrokenOff_SameProcessSignsWithTheNewKey()
    {
        using var keys = Keys();
        await keys.OfAsync("acme", Cancellation);
        await WithoutAsync("ledger_staged", () => keys.RotateAsync("acme", Cancellation));

        Assert.Equal(2, (await keys.OfAsync("acme", Cancellation)).History.Version);
        Assert.Equal([1L, 2], await ToldAsync());
    }

    [Fact]
    public async Task Keys_OfAnotherFolderThanTheLedgerWasBegunWith_AreRefusedAndNoneIsMade()
    {
        using (var first = Keys()) await first.OfAsync("acme", Cancellation);
        var elsewhere = Directory.CreateDirectory(Path.Combine(_folder.FullName, "elsewhere")).FullName;
        using var others = new OrganisationKeys(elsewhere, Db, Stage, Time, NullLogger<OrganisationKeys>.Instance);

        await Assert.ThrowsAsync<InvalidOperationException>(() => others.OfAsync("acme", Cancellation).AsTask());

        Assert.Empty(Directory.EnumerateFileSystemEntries(elsewhere));
    }

    private OrganisationKeys Keys() => new(_folder.FullName, Db, Stage, Time, NullLogger<OrganisationKeys>.Instance);

    private async Task WithoutAsync(string table, Func<Task> work)
    {
        await Db.ExecuteAsync($"ALTER TABLE {table} RENAME TO {table}_away", null, Cancellation);
        await Assert.ThrowsAnyAsync<Exception>(work);
        await Db.ExecuteAsync($"ALTER TABLE {table}_away RENAME TO {table}", null, Cancellation);
    }

    private async Task<IReadOnlyList<long>> ToldAsync()
    {
        await Sequencer("a").SequenceAsync(Cancellation);
        return [.. (await LeavesAsync("acme")).Where(leaf => leaf.Type == LedgerEventTypes.KeyAdded).Select(leaf => leaf.Data.Int64("version"))];
    }
}
