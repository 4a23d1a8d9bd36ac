using Microsoft.Extensions.Logging.Abstractions;
using OpenOva.Relay.Evidence;
using OpenOva.Relay.Sessions.Transfers;
using OpenOva.Relay.Telemetry;
using OpenOva.Relay.Tests.Database;
using OpenOva.Relay.Tests.Ledger;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Tests.Sessions;

[Trait("Kind", "Fast")]
public sealed class TransferRecordsOnSqliteTests() : TransferRecordsTests(TestDatabaseKind.Sqlite);

[Trait("Kind", "Real")]
public sealed class TransferRecordsOnPostgresTests() : TransferRecordsTests(TestDatabaseKind.Postgres);

/// <summary>What the ledger and the erasable place are told of transfers, on the database itself.</summary>
public abstract class TransferRecordsTests(TestDatabaseKind kind) : LedgerFixture(kind)
{
    private const string Sha256 = "00000000000000000000000000000000000000000000000000000000000000aa";
    private readonly RelayMetrics _metrics = new();

    [Fact]
    public async Task Transfers_Written_StandInClearInOnePlaceAlone()
    {
        using var records = Records();
        var log = records.Begin("acme", "s-1");
        log.Add(new(TransferKind.File, TransferDirection.Out, TransferOutcome.Complete, 0, "text/plain", "salaries.csv", 5, Sha256, 1, 10, 20));
        log.Add(new(TransferKind.Clipboard, TransferDirection.In, TransferOutcome.Complete, 0, "text/plain", null, 4, Sha256, 1, 30, 40));
        log.Add(new(TransferKind.Pipe, TransferDirection.Out, TransferOutcome.Refused, 771, "other", "STDOUT", 0, null, 1, 50, 50));

        await records.WriteAllAsync(Cancellation);

        await Sequencer("a").SequenceAsync(Cancellation);
        var leaves = await LeavesAsync("acme");
        Assert.Equal(["session.transfer", "session.transfer", "session.transfer"], leaves.Select(leaf => leaf.Type));
        Assert.DoesNotContain("salaries", string.Concat(leaves.Select(leaf => leaf.Data.ToString())), StringComparison.Ordinal);
        var rows = await records.ListAsync("acme", "s-1", 10, Cancellation);
        Assert.Equal([("file", "out", "complete", "salaries.csv", Sha256), ("clipboard", "in", "complete", null, Sha256), ("pipe", "out", "refused", "STDOUT", null)],
            rows.Select(row => (row.Kind, row.Direction, row.Outcome, row.Name, row.Sha256)));
        Assert.Equal(771, rows[2].Status);
        var salts = await Db.QueryAsync<byte[]>("SELECT salt FROM session_transfers ORDER BY first_us", new { }, Cancellation);
        Assert.Equal(Sha256, leaves[0].Data.String("sha256"));
        Assert.Equal(Digests.Commitment(salts[0], "salaries.csv"), leaves[0].Data.String("name"));
        // A digest of what is short can be guessed.
        Assert.False(leaves[1].Data.Has("sha256"));
        Assert.Equal(Digests.Commitment(salts[1], Sha256), leaves[1].Data.String("content"));
        Assert.Empty(await records.ListAsync("globex", "s-1", 10, Cancellation));
    }

    [Fact]
    public async Task Transfers_OfASessionThatEnds_AreWrittenOnceAndForgotten()
    {
        using var records = Records();
        var log = records.Begin("acme", "s-1");
        for (var i = 0; i < 100; i++) log.Add(new(TransferKind.Clipboard, TransferDirection.In, TransferOutcome.Refused, 771, null, null, 0, null, 1, i, i));

        await records.EndAsync(log);
        await records.WriteAllAsync(Cancellation);

        var rows = await records.ListAsync("acme", "s-1", 1_000, Cancellation);
        Assert.Equal((TransferLog.SinglesAMinute + 1, 100L), (rows.Count, rows.Sum(row => row.Count)));
        Assert.True(log.IsDone);
    }

    [Fact]
    public async Task Transfers_OfAWriteWhoseAnswerWasLost_AreWrittenOnce()
    {
        using var records = Records();
        var log = records.Begin("acme", "s-1");
        log.Add(new(TransferKind.File, TransferDirection.In, TransferOutcome.Complete, 0, "text/plain", "a", 5, Sha256, 1, 10, 20));
        log.Take(note => new PendingNote(Stage.NextId(), [1], note));
        var pending = log.Pending.Single();
        await records.WriteAllAsync(Cancellation);
        log.Pending.Add(pending);

        await records.EndAsync(log);

        // It does not wait to be written for ever, either.
        Assert.True(log.IsDone);
        Assert.Single(await records.ListAsync("acme", "s-1", 10, Cancellation));
        Assert.Equal(1, await Sequencer("a").SequenceAsync(Cancellation));
    }

    private TransferRecords Records() => new(
        Db, Stage, new RepeatedWork(_metrics, Time, NullLogger<RepeatedWork>.Instance), Time, NullLogger<TransferRecords>.Instance);

    protected override async Task TearDownAsync()
    {
        _metrics.Dispose();
        await base.TearDownAsync();
    }
}
