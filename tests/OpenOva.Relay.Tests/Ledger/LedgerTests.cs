using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Ledger;
using OpenOva.Relay.Tests.Database;

namespace OpenOva.Relay.Tests.Ledger;

[Trait("Kind", "Fast")]
public sealed class LedgerOnSqliteTests() : LedgerTests(TestDatabaseKind.Sqlite);

[Trait("Kind", "Real")]
public sealed class LedgerOnPostgresTests() : LedgerTests(TestDatabaseKind.Postgres);

/// <summary>Staging and numbering: nothing lost, nothing twice, nothing out of order, whoever numbers and whatever breaks.</summary>
public abstract class LedgerTests(TestDatabaseKind kind) : LedgerFixture(kind)
{
    [Fact]
    public async Task Events_OfOneTransaction_KeepTheirOrderAcrossBatches()
    {
        await StageAsync("acme", 700);
        await StageAsync("acme", 5);

        Assert.Equal(705, await Sequencer("a").SequenceAsync(Cancellation));

        var leaves = await LeavesAsync("acme");
        Assert.Equal(Enumerable.Range(0, 700).Concat(Enumerable.Range(0, 5)).Select(n => (long)n), leaves.Select(leaf => leaf.Data.Int64("n")));
        await IsSoundAsync("acme", 705);
    }

    [Fact]
    public async Task Stage_TransactionRollsBack_LeavesNoEvent()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() => Db.TransactAsync(
            async transaction =>
            {
                await Stage.AddAsync(transaction, "acme", LedgerEventTypes.ServiceStarted, []);
                throw new InvalidOperationException("the state change failed");
            },
            Cancellation));

        Assert.Equal(0, await Sequencer("a").SequenceAsync(Cancellation));
    }

    [Fact]
    public async Task Sequencers_TwoAtOnceWhoseLeasesKeepLapsing_NeitherDoubleNorSkip()
    {
        LedgerSequencer[] sequencers = [Sequencer("a"), Sequencer("b")];
        using var staged = new CancellationTokenSource();
        var ids = new System.Collections.Concurrent.ConcurrentBag<string>();
        var staging = Task.WhenAll(Enumerable.Range(0, 4).Select(worker => Task.Run(async () =>
        {
            var database = Replica();
            for (var i = 0; i < 20; i++)
                foreach (var id in await StageAsync("acme", 3, database)) ids.Add(id);
        })));
        var numbering = sequencers.Select(sequencer => Task.Run(async () =>
        {
            while (!staged.IsCancellationRequested) await SequenceAsync(sequencer);
        })).ToArray();
        var lapsing = Task.Run(async () =>
        {
            while (!staged.IsCancellationRequested)
            {
                await LapseAsync("acme");
                await Task.Delay(5, Cancellation);
            }
        });

        await BoundedAsync(staging);
        await staged.CancelAsync();
        await BoundedAsync(Task.WhenAll([.. numbering, lapsing]));
        await LapseAsync("acme");
        await sequencers[0].SequenceAsync(Cancellation);

        var leaves = await LeavesAsync("acme");
        Assert.Equal(ids.Order(StringComparer.Ordinal), leaves.Select(leaf => leaf.Id).Order(StringComparer.Ordinal));
        foreach (var transaction in leaves.GroupBy(leaf => leaf.Data.String("transaction"))) Assert.Equal([0L, 1, 2], transaction.Select(leaf => leaf.Data.Int64("n")));
        await IsSoundAsync("acme", 240);
    }

    [Fact]
    public async Task Batch_BrokenOffBeforeItsCommit_IsNumberedWholeByTheNextTry()
    {
        var sequencer = Sequencer("a");
        await StageAsync("acme", 3);
        await sequencer.SequenceAsync(Cancellation);
        await StageAsync("acme", 4);

        await Db.ExecuteAsync("ALTER TABLE ledger_heads RENAME COLUMN size TO size_gone", null, Cancellation);
        await Assert.ThrowsAnyAsync<Exception>(() => sequencer.SequenceAsync(Cancellation));
        await Db.ExecuteAsync("ALTER TABLE ledger_heads RENAME COLUMN size_gone TO size", null, Cancellation);

        Assert.Equal(3, (await LeavesAsync("acme")).Count);
        Assert.Equal(4, await sequencer.SequenceAsync(Cancellation));
        await IsSoundAsync("acme", 7);
    }

    [Fact]
    public async Task Batch_WhoseLastStatementFails_LeavesNothingBehind()
    {
        var sequencer = Sequencer("a");
        await StageAsync("acme", 3);
        await sequencer.SequenceAsync(Cancellation);
        await StageAsync("acme", 4);

        // The leaf of the last of them is there already: the batch breaks after it has extended the tree in memory.
        var last = await Db.ExecuteScalarAsync<string>("SELECT MAX(id) FROM ledger_staged", null, Cancellation);
        await Db.ExecuteAsync(
            "INSERT INTO ledger_leaves (organisation, seq, id, type, time_us, leaf) VALUES ('acme', 1000, @last, 'x', 0, @leaf)", new { last, leaf = new byte[1] }, Cancellation);
        await Assert.ThrowsAnyAsync<Exception>(() => sequencer.SequenceAsync(Cancellation));
        await Db.ExecuteAsync("DELETE FROM ledger_leaves WHERE seq = 1000", null, Cancellation);

        Assert.Equal(4, await sequencer.SequenceAsync(Cancellation));
        await IsSoundAsync("acme", 7);
    }

    [Fact]
    public async Task Staged_ByAProcessThatDied_IsNumberedByTheNext()
    {
        await StageAsync("acme", 2);
        await Sequencer("a").SequenceAsync(Cancellation);
        await StageAsync("acme", 2);
        await LapseAsync("acme");

        Assert.Equal(2, await Sequencer("a").SequenceAsync(Cancellation));
        await IsSoundAsync("acme", 4);
    }

    [Fact]
    public async Task Sequencer_WhoseLeaseLapsed_WritesNothing()
    {
        var (old, young) = (Sequencer("a"), Sequencer("b"));
        var lease = (await new Leases(Db).TryAcquireAsync("ledger/acme", "a former holder", TimeSpan.FromMinutes(1), Cancellation))!;
        await StageAsync("acme", 3);
        Assert.Equal(0, await young.SequenceAsync(Cancellation));
        await LapseAsync("acme");

        Assert.Equal(0, await old.SequenceBatchAsync("acme", lease, Cancellation));
        Assert.Empty(await LeavesAsync("acme"));
        Assert.Equal(3, await young.SequenceAsync(Cancellation));

        await StageAsync("acme", 1);
        Assert.Equal(0, await old.SequenceBatchAsync("acme", lease, Cancellation));
        await IsSoundAsync("acme", 3);
    }

    [Fact]
    public async Task Settle_WhileAnotherReplicaHoldsTheLease_WaitsUntilItHasNumbered()
    {
        var (holder, other) = (Sequencer("a"), Sequencer("b"));
        await StageAsync("acme", 1);
        await holder.SequenceAsync(Cancellation);
        await StageAsync("acme", 2);

        var settling = Task.Run(() => other.SettleAsync("acme", Cancellation), Cancellation);
        await Task.WhenAny(settling, Task.Delay(300, Cancellation));
        Assert.False(settling.IsCompleted);
        await holder.SequenceAsync(Cancellation);
        await BoundedAsync(settling);

        await IsSoundAsync("acme", 3);
    }

    [Fact]
    public async Task Organisations_StagedInterleaved_HaveLedgersOfTheirOwn()
    {
        for (var i = 0; i < 4; i++)
        {
            await Db.TransactAsync(
                async transaction =>
                {
                    foreach (var organisation in new[] { "acme", "globex", "acme" })
                        await Stage.AddAsync(transaction, organisation, LedgerEventTypes.ServiceStarted, new JsonObject { ["of"] = organisation });
                },
                Cancellation);
        }

        Assert.Equal(12, await Sequencer("a").SequenceAsync(Cancellation));

        foreach (var (organisation, count) in new[] { ("acme", 8), ("globex", 4) })
        {
            Assert.All(await LeavesAsync(organisation), leaf => Assert.Equal((organisation, organisation), (leaf.Organisation, leaf.Data.String("of"))));
            await IsSoundAsync(organisation, count);
        }
    }

    [Fact]
    public async Task Leaves_OfASession_AreFoundByIt()
    {
        await Db.TransactAsync(
            async transaction =>
            {
                foreach (var session in new[] { "s1", "s2", "s1" })
                    await Stage.AddAsync(transaction, "acme", LedgerEventTypes.SessionEnded, new JsonObject { ["session"] = session });
                await Stage.AddAsync(transaction, "acme", LedgerEventTypes.SessionEnded, new JsonObject { ["session"] = null }, "chosen-before");
            },
            Cancellation);
        await Sequencer("a").SequenceAsync(Cancellation);

        Assert.Equal([0L, 2], (await LedgerQueries.LeavesOfSessionAsync(Db, "acme", "s1", Cancellation)).Select(leaf => leaf.Seq));
        Assert.Empty(await LedgerQueries.LeavesOfSessionAsync(Db, "globex", "s1", Cancellation));
        Assert.NotNull(await LedgerQueries.LeafByIdAsync(Db, "acme", "chosen-before", Cancellation));
        Assert.Null(await LedgerQueries.LeafByIdAsync(Db, "globex", "chosen-before", Cancellation));
    }

    // What a replica does when the database had too many conflicts: it looks again.
    private static async Task SequenceAsync(LedgerSequencer sequencer)
    {
        try
        {
            await sequencer.SequenceAsync(Cancellation);
        }
        catch (DatabaseUnavailableException)
        {
            await Task.Delay(5, Cancellation);
        }
    }
}

/// <summary>A ledger on a fresh database, and several who may number it.</summary>
public abstract class LedgerFixture(TestDatabaseKind kind) : DatabaseTests(kind)
{
    private readonly List<LedgerSequencer> _sequencers = [];
    private readonly LedgerSignal _signal = new();
    private EventIds? _ids;

    private protected LedgerStage Stage => new(_ids ??= new EventIds(Time), Time, _signal);

    protected override Task TearDownAsync()
    {
        foreach (var sequencer in _sequencers) sequencer.Dispose();
        _signal.Dispose();
        return Task.CompletedTask;
    }

    /// <summary>A replica's sequencer, with a view of the database of its own.</summary>
    private protected LedgerSequencer Sequencer(string name)
    {
        var database = Replica();
        var sequencer = new LedgerSequencer(database, new Leases(database), _signal, ReplicaName.Create(name, Time), NullLogger<LedgerSequencer>.Instance);
        _sequencers.Add(sequencer);
        return sequencer;
    }

    /// <summary>Stages numbered events in one transaction.</summary>
    private protected async Task<IReadOnlyList<string>> StageAsync(string organisation, int count, RelayDatabase? database = null)
    {
        var transactionId = Guid.NewGuid().ToString();
        return await (database ?? Db).TransactAsync(
            async transaction =>
            {
                var ids = new List<string>();
                for (var n = 0; n < count; n++)
                    ids.Add((await Stage.AddAsync(transaction, organisation, LedgerEventTypes.ServiceStarted, new JsonObject { ["n"] = n, ["transaction"] = transactionId })).Id);
                return ids;
            },
            Cancellation);
    }

    private protected async Task<IReadOnlyList<LedgerLeaf>> LeavesAsync(string organisation) =>
        [.. (await LedgerQueries.LeavesAsync(Db, organisation, 0, long.MaxValue, int.MaxValue, Cancellation)).Select(row => LedgerLeaf.Parse(row.Leaf, $"leaf {row.Seq}"))];

    /// <summary>The leaves are numbered without gap, the tree's stored nodes and the head are theirs.</summary>
    private protected async Task IsSoundAsync(string organisation, long size)
    {
        var rows = await LedgerQueries.LeavesAsync(Db, organisation, 0, long.MaxValue, int.MaxValue, Cancellation);
        Assert.Equal(Enumerable.Range(0, (int)size).Select(n => (long)n), rows.Select(row => row.Seq));
        Assert.Equal(rows.Select(row => row.Seq), rows.Select(row => LedgerLeaf.Parse(row.Leaf, "a leaf").Sequence));
        Assert.Equal(size, await LedgerQueries.SizeAsync(Db, organisation, Cancellation));
        var frontier = new MerkleFrontier();
        foreach (var row in rows) frontier.Append(MerkleHash.Leaf(row.Leaf));
        var nodes = await LedgerQueries.NodesAsync(
            (sql, values) => Db.QueryAsync<NodeRow>(sql, values, Cancellation), organisation, MerkleProof.Cover(new(0, size)));
        Assert.Equal(frontier.Root(), MerkleProof.Fold(nodes));
    }

    private protected Task LapseAsync(string organisation) =>
        Db.ExecuteAsync("UPDATE leases SET until_us = relay_now_us() - 1 WHERE name = @name", new { name = $"ledger/{organisation}" }, Cancellation);
}
