using OpenOva.Relay.Database;
using OpenOva.Relay.Ledger;
using OpenOva.Relay.Ledger.Exports;
using OpenOva.Relay.Telemetry;
using OpenOva.Relay.Tests.Database;
using OpenOva.Relay.Tests.Identity;

namespace OpenOva.Relay.Tests.Ledger;

[Trait("Kind", "Fast")]
public sealed class ExportPumpOnSqliteTests() : ExportPumpTests(TestDatabaseKind.Sqlite);

[Trait("Kind", "Real")]
public sealed class ExportPumpOnPostgresTests() : ExportPumpTests(TestDatabaseKind.Postgres);

/// <summary>At least once, in order, one replica at a time, and never past what was refused.</summary>
public abstract class ExportPumpTests(TestDatabaseKind kind) : LedgerFixture(kind)
{
    private readonly ManualTime _clock = new();
    private readonly RelayMetrics _metrics = new();
    private readonly ScriptedTarget _target = new();

    protected override Task TearDownAsync()
    {
        _metrics.Dispose();
        return base.TearDownAsync();
    }

    [Fact]
    public async Task Ledger_LongerThanAPage_GoesOutOnceEachInOrder()
    {
        await NumberedAsync("acme", 450);
        await NumberedAsync("globex", 3);

        await ExportRig.DrainAsync(Pump(), Cancellation);

        Assert.Equal(Numbers(450), _target.Leaves("acme"));
        Assert.Equal(Numbers(3), _target.Leaves("globex"));
        Assert.Equal(new ExportPosition(450, 0), await PositionAsync("acme"));
    }

    [Fact]
    public async Task Heads_AmongLeaves_FollowTheLastLeafTheyCover()
    {
        await NumberedAsync("acme", 5);
        await HeadAsync("acme", 2);
        await HeadAsync("acme", 5);

        var pump = Pump();
        await ExportRig.DrainAsync(pump, Cancellation);
        await NumberedAsync("acme", 1);
        await HeadAsync("acme", 6);
        await ExportRig.DrainAsync(pump, Cancellation);

        Assert.Equal(["0", "1", "head 2", "2", "3", "4", "head 5", "5", "head 6"], _target.Received.Select(record => record.IsHead ? $"head {record.Sequence}" : $"{record.Sequence}"));
    }

    [Fact]
    public async Task Refused_InTheMiddle_IsTriedAgainAndNeverSkipped()
    {
        await NumberedAsync("acme", 10);
        var refuses = true;
        _target.Answer = records => refuses && records.Any(record => record.Sequence == 4) ? new(records.TakeWhile(record => record.Sequence < 4).Count(), "status 400") : null;
        var pump = Pump();

        await ExportRig.DrainAsync(pump, Cancellation);
        Assert.Equal((4, 1), (_target.Leaves("acme").Count(), _target.Batches));
        Assert.Equal(new ExportPosition(4, 0), await PositionAsync("acme"));
        await ExportRig.DrainAsync(pump, Cancellation);
        Assert.Equal(1, _target.Batches);
        foreach (var pause in (int[])[1, 2, 4])
        {
            _clock.Advance(TimeSpan.FromSeconds(pause) - TimeSpan.FromMilliseconds(1));
            var before = _target.Batches;
            await pump.RoundAsync(Cancellation);
            Assert.Equal(before, _target.Batches);
            _clock.Advance(TimeSpan.FromMilliseconds(1));
            await pump.RoundAsync(Cancellation);
            Assert.Equal(before + 1, _target.Batches);
        }

        refuses = false;
        _clock.Advance(TimeSpan.FromMinutes(1));
        await ExportRig.DrainAsync(pump, Cancellation);
        Assert.Equal(Numbers(10), _target.Leaves("acme"));
    }

    [Fact]
    public async Task Refused_OneOrganisation_DoesNotHoldUpAnother()
    {
        await NumberedAsync("acme", 3);
        await NumberedAsync("globex", 3);
        _target.Answer = records => records[0].Organisation == "acme" ? throw new IOException("refused") : null;

        await ExportRig.DrainAsync(Pump(), Cancellation);

        Assert.Empty(_target.Leaves("acme"));
        Assert.Equal(Numbers(3), _target.Leaves("globex"));
    }

    [Fact]
    public async Task Failing_LongerThanTheThreshold_IsStalledUntilItWorks()
    {
        await NumberedAsync("acme", 3);
        _target.Answer = _ => throw new IOException("away");
        var pump = Pump();
        using var lag = new LagReadings(_metrics);

        await pump.RoundAsync(Cancellation);
        Assert.True(pump.IsWell);
        _clock.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromMilliseconds(1));
        await pump.RoundAsync(Cancellation);
        Assert.True(pump.IsWell);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        await pump.RoundAsync(Cancellation);
        Assert.False(pump.IsWell);
        Assert.Equal(3, lag.Behind("acme"));

        _target.Answer = null;
        _clock.Advance(TimeSpan.FromMinutes(1));
        await ExportRig.DrainAsync(pump, Cancellation);
        Assert.True(pump.IsWell);
        Assert.Equal((0, 0), (lag.Behind("acme"), lag.Seconds("acme")));
    }

    [Fact]
    public async Task Lag_WhileItFails_IsTheAgeOfTheOldestLeafOutside()
    {
        await NumberedAsync("acme", 2);
        _clock.StepWallClock(Time.GetUtcNow() - _clock.GetUtcNow() + TimeSpan.FromMinutes(10));
        _target.Answer = _ => throw new IOException("away");
        using var lag = new LagReadings(_metrics);

        await Pump().RoundAsync(Cancellation);

        Assert.InRange(lag.Seconds("acme"), 600, 630);
    }

    [Fact]
    public async Task Replica_KilledAfterSendingBeforeNoting_IsFollowedByOneThatSendsAgain()
    {
        await NumberedAsync("acme", 7);
        _target.Answer = records =>
        {
            _target.Received.AddRange(records);
            throw new IOException("killed after all had gone");
        };
        await Pump().RoundAsync(Cancellation);
        Assert.Equal(default, await PositionAsync("acme"));
        await new Leases(Db).ReleaseAllAsync(await HolderAsync(), Cancellation);

        _target.Answer = null;
        await ExportRig.DrainAsync(Pump("relay-1"), Cancellation);

        Assert.Equal([.. Numbers(7), .. Numbers(7)], _target.Leaves("acme"));
        Assert.Equal(new ExportPosition(7, 0), await PositionAsync("acme"));
    }

    [Fact]
    public async Task Replicas_Two_OnlyTheHolderOfTheLeaseSends()
    {
        await NumberedAsync("acme", 3);
        var (first, second) = (Pump("relay-0"), Pump("relay-1"));
        await ExportRig.DrainAsync(first, Cancellation);
        await NumberedAsync("acme", 3);

        await ExportRig.DrainAsync(second, Cancellation);
        Assert.Equal(Numbers(3), _target.Leaves("acme"));
        await ExportRig.DrainAsync(first, Cancellation);

        Assert.Equal(Numbers(6), _target.Leaves("acme"));
    }

    [Fact]
    public async Task Lease_LostWhileSending_LeavesThePositionToItsNextHolder()
    {
        await NumberedAsync("acme", 3);
        var late = Pump("relay-0");
        _target.Meanwhile = async () =>
        {
            await new Leases(Db).ReleaseAllAsync(await HolderAsync(), Cancellation);
            Assert.NotNull(await new Leases(Db).TryAcquireAsync(ExportRig.Component, "relay-1/other", TimeSpan.FromMinutes(1), Cancellation));
        };

        await Assert.ThrowsAsync<InvalidOperationException>(() => late.RoundAsync(Cancellation));
        Assert.Equal(default, await PositionAsync("acme"));
        Assert.False(await late.RoundAsync(Cancellation));
    }

    [Fact]
    public async Task Unacknowledged_OnAConnectionThatBreaks_IsSentAgainInOrder()
    {
        var target = new ScriptedTarget { ConfirmAfter = TimeSpan.FromSeconds(30), Connection = 1 };
        var pump = ExportRig.Pump(Db, target, _clock, _metrics);
        await NumberedAsync("acme", 3);
        await ExportRig.DrainAsync(pump, Cancellation);
        _clock.Advance(TimeSpan.FromSeconds(10));
        await NumberedAsync("acme", 2);
        await ExportRig.DrainAsync(pump, Cancellation);
        Assert.Equal(default, await PositionAsync("acme"));

        _clock.Advance(TimeSpan.FromSeconds(20));
        await pump.RoundAsync(Cancellation);
        Assert.Equal(new ExportPosition(3, 0), await PositionAsync("acme"));

        target.Connection = 2;
        await NumberedAsync("acme", 1);
        await ExportRig.DrainAsync(pump, Cancellation);
        Assert.Equal([0, 1, 2, 3, 4, 3, 4, 5], target.Leaves("acme"));
        _clock.Advance(TimeSpan.FromSeconds(30));
        await pump.RoundAsync(Cancellation);
        Assert.Equal(new ExportPosition(6, 0), await PositionAsync("acme"));
    }

    [Fact]
    public async Task HeadSink_Fed_GetsHeadsAlone()
    {
        await NumberedAsync("acme", 5);
        await HeadAsync("acme", 2);
        await HeadAsync("acme", 5);
        using var lag = new LagReadings(_metrics);
        var pump = ExportRig.Pump(Db, _target, _clock, _metrics, withLeaves: false);
        _target.Answer = records => records.Count == 2 ? new(1, "full") : null;

        await pump.RoundAsync(Cancellation);
        Assert.Equal(1, lag.Behind("acme"));
        _clock.Advance(TimeSpan.FromSeconds(1));
        await ExportRig.DrainAsync(pump, Cancellation);

        Assert.Equal([2L, 5], _target.Heads("acme"));
        Assert.Empty(_target.Leaves("acme"));
        Assert.Equal(new ExportPosition(0, 5), await PositionAsync("acme"));
    }

    private ExportPump Pump(string replica = "relay-0") => ExportRig.Pump(Db, _target, _clock, _metrics, replica);

    private async Task NumberedAsync(string organisation, int count)
    {
        await StageAsync(organisation, count);
        await LapseAsync(organisation);
        await Sequencer("a").SequenceAsync(Cancellation);
    }

    private Task<bool> HeadAsync(string organisation, long size) =>
        Db.TransactAsync(transaction => LedgerQueries.InsertCheckpointAsync(transaction, organisation, size, new string('0', 64), size, $"head.of.{size}"), Cancellation);

    private async Task<ExportPosition> PositionAsync(string organisation) =>
        (await ExportQueries.PositionsAsync(Db, ExportRig.Component, Cancellation)).Single(row => row.Organisation == organisation).Position;

    private async Task<string> HolderAsync() => (await new Leases(Db).FindAsync(ExportRig.Component, Cancellation))!.Holder;

    private static IEnumerable<long> Numbers(int count) => Enumerable.Range(0, count).Select(n => (long)n);
}
