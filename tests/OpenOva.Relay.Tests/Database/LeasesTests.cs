using System.Collections.Concurrent;
using OpenOva.Relay.Database;

namespace OpenOva.Relay.Tests.Database;

[Trait("Kind", "Fast")]
public sealed class LeasesOnSqliteTests() : LeasesTests(TestDatabaseKind.Sqlite)
{
    [Fact]
    public async Task Lease_ProcessClockPassesItsEnd_Lapses()
    {
        var leases = new Leases(Db);
        var lease = await leases.TryAcquireAsync("n", "a", TimeSpan.FromSeconds(30), Cancellation);

        Time.Advance(TimeSpan.FromSeconds(31));

        Assert.False(await leases.RenewAsync(lease!, TimeSpan.FromSeconds(30), Cancellation));
        Assert.Equal(2, (await leases.TryAcquireAsync("n", "b", TimeSpan.FromSeconds(30), Cancellation))?.Epoch);
    }
}

[Trait("Kind", "Real")]
public sealed class LeasesOnPostgresTests() : LeasesTests(TestDatabaseKind.Postgres)
{
    [Fact]
    public async Task Lease_ProcessClockIsWrong_DoesNotMatter()
    {
        var leases = new Leases(Db);
        await leases.TryAcquireAsync("n", "a", TimeSpan.FromSeconds(30), Cancellation);

        Time.Advance(TimeSpan.FromDays(1));

        Assert.Null(await leases.TryAcquireAsync("n", "b", TimeSpan.FromSeconds(30), Cancellation));
    }

    [Fact]
    public async Task Holds_TransactionOpen_TakeoverWaitsForItsEnd()
    {
        var leases = new Leases(Db);
        var lease = (await leases.TryAcquireAsync("n", "a", TimeSpan.FromMilliseconds(300), Cancellation))!;
        var takeover = Task.FromResult<Lease?>(null);
        var lapsed = false;

        await BoundedAsync(Db.TransactAsync(
            async transaction =>
            {
                Assert.True(await leases.HoldsAsync(transaction, "n", lease.Epoch));
                while (!lapsed) lapsed = (await leases.FindAsync("n", Cancellation))!.Lapsed;
                using (ExecutionContext.SuppressFlow())
                    takeover = Task.Run(() => new Leases(Replica()).TryAcquireAsync("n", "b", TimeSpan.FromSeconds(30), Cancellation), Cancellation);
                await WaitUntilBlockedAsync("INSERT INTO leases");
                Assert.False(takeover.IsCompleted);
            },
            Cancellation));

        Assert.Equal(2, (await BoundedAsync(takeover))?.Epoch);
    }
}

public abstract class LeasesTests(TestDatabaseKind kind) : DatabaseTests(kind)
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task TryAcquire_Free_IsEpochOneAndOthersAreRefused()
    {
        var leases = new Leases(Db);

        Assert.Equal(1, (await leases.TryAcquireAsync("n", "a", Long, Cancellation))?.Epoch);
        Assert.Null(await leases.TryAcquireAsync("n", "b", Long, Cancellation));
        Assert.Equal(1, (await leases.TryAcquireAsync("n", "a", Long, Cancellation))?.Epoch);
        Assert.Equal(1, (await leases.TryAcquireAsync("other", "b", Long, Cancellation))?.Epoch);
    }

    [Fact]
    public async Task Renew_HeldLapsedReleasedOrStolen_TellsThemApart()
    {
        var leases = new Leases(Db);
        var first = (await leases.TryAcquireAsync("n", "a", Long, Cancellation))!;
        Assert.True(await leases.RenewAsync(first, Long, Cancellation));

        await LapseAsync("n");
        Assert.False(await leases.RenewAsync(first, Long, Cancellation));

        var again = (await leases.TryAcquireAsync("n", "a", Long, Cancellation))!;
        Assert.Equal(2, again.Epoch);
        Assert.False(await leases.RenewAsync(first, Long, Cancellation));
        Assert.False(await leases.ReleaseAsync(first, Cancellation));

        Assert.True(await leases.ReleaseAsync(again, Cancellation));
        Assert.False(await leases.RenewAsync(again, Long, Cancellation));
        Assert.Equal(3, (await leases.TryAcquireAsync("n", "b", Long, Cancellation))?.Epoch);
    }

    [Fact]
    public async Task Holds_OldEpochLapsedOrReleased_IsFalse()
    {
        var leases = new Leases(Db);
        var first = (await leases.TryAcquireAsync("n", "a", Long, Cancellation))!;
        Assert.True(await HoldsAsync(first));
        Assert.False(await HoldsAsync(first with { Epoch = 2 }));

        await LapseAsync("n");
        Assert.False(await HoldsAsync(first));

        var second = (await leases.TryAcquireAsync("n", "b", Long, Cancellation))!;
        Assert.False(await HoldsAsync(first));
        Assert.True(await HoldsAsync(second));
        await leases.ReleaseAsync(second, Cancellation);
        Assert.False(await HoldsAsync(second));
    }

    [Fact]
    public async Task TryAcquire_ManyAtOnceOnALapsedLease_OneWins()
    {
        RelayDatabase[] replicas = [Db, Replica(), Replica(), Replica()];
        for (var round = 1; round <= 10; round++)
        {
            var taken = await BoundedAsync(Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() =>
                new Leases(replicas[i % replicas.Length]).TryAcquireAsync("n", $"h{round}-{i}", Long, Cancellation)))));

            var winner = Assert.Single(taken, lease => lease is not null);
            Assert.Equal(round, winner!.Epoch);
            await LapseAsync("n");
        }
    }

    [Fact]
    public async Task Lease_HoldersComeAndGo_NeverTwoHoldersAndEpochsOnlyRise()
    {
        RelayDatabase[] replicas = [Db, Replica(), Replica()];
        var inside = 0;
        var epochs = new ConcurrentQueue<long>();

        await BoundedAsync(Task.WhenAll(Enumerable.Range(0, 6).Select(worker => Task.Run(async () =>
        {
            var leases = new Leases(replicas[worker % replicas.Length]);
            for (var turns = 0; turns < 5;)
            {
                if (await leases.TryAcquireAsync("n", $"h{worker}", Long, Cancellation) is not { } lease)
                {
                    await Task.Delay(2, Cancellation);
                    continue;
                }

                Assert.Equal(1, Interlocked.Increment(ref inside));
                epochs.Enqueue(lease.Epoch);
                Assert.True(await leases.RenewAsync(lease, Long, Cancellation));
                Assert.Equal(0, Interlocked.Decrement(ref inside));
                Assert.True(await leases.ReleaseAsync(lease, Cancellation));
                turns++;
            }
        }))));

        Assert.Equal(Enumerable.Range(1, 30).Select(epoch => (long)epoch), epochs);
    }

    private Task<int> LapseAsync(string name) =>
        Db.ExecuteAsync("UPDATE leases SET until_us = relay_now_us() - 1 WHERE name = @name", new { name }, Cancellation);

    private Task<bool> HoldsAsync(Lease lease) =>
        Db.TransactAsync(transaction => new Leases(Db).HoldsAsync(transaction, lease.Name, lease.Epoch), Cancellation);
}
