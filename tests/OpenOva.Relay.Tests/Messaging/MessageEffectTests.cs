using MassTransit;
using OpenOva.Relay.Tests.Database;

namespace OpenOva.Relay.Tests.Messaging;

[Trait("Kind", "Fast")]
public sealed class MessageEffectOnSqliteTests() : MessageEffectTests(TestDatabaseKind.Sqlite);

[Trait("Kind", "Real")]
public sealed class MessageEffectOnPostgresTests() : MessageEffectTests(TestDatabaseKind.Postgres);

[Trait("Kind", "Real")]
public sealed class MessageEffectOnRabbitMqTests() : MessageEffectTests(TestDatabaseKind.Postgres, TestBus.RabbitMq);

/// <summary>Each effect happens once, however often a message comes.</summary>
public abstract class MessageEffectTests(TestDatabaseKind kind, TestBus bus = TestBus.InMemory) : MessagingBed(kind, bus)
{
    [Fact]
    public async Task Message_StagedWithItsChange_ReachesEveryConsumerOnce()
    {
        var node = await StartAsync();

        var id = await AddAsync(node, 7);

        await EffectsAsync(2);
        Assert.Equal([$"{id} test.first 7", $"{id} test.second 7"], await ReadEffectsAsync());
        Assert.Equal(id, Assert.Single(node.Script.Seen.Distinct()));
    }

    [Fact]
    public async Task Message_PublishedTwiceByACrashBeforeTheMark_HasOneEffect()
    {
        var node = await StartAsync(options => options.SweepInterval = TimeSpan.FromMinutes(1));
        var received = new ReceivedCount();
        node.Bus.ConnectReceiveObserver(received);
        await AddAsync(node, 1);
        await BoundedAsync(received.ReachesAsync(2));
        await UntilAsync(async () => await Db.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM outbox WHERE published_us IS NOT NULL", null, Cancellation) == 1 ? "" : null);

        for (var crash = 0; crash < 3; crash++)
        {
            await Db.ExecuteAsync("UPDATE outbox SET published_us = NULL, next_us = 0", null, Cancellation);
            Assert.Equal(1, await node.Publisher.PublishAsync(Cancellation));
        }

        await BoundedAsync(received.ReachesAsync(6));
        Assert.Equal(2, (await ReadEffectsAsync()).Count);
    }

    [Fact]
    public async Task Message_DeliveredTwiceAtTheSameTime_HasOneEffect()
    {
        var node = await StartAsync(options => options.SweepInterval = TimeSpan.FromMinutes(1));
        var received = new ReceivedCount();
        node.Bus.ConnectReceiveObserver(received);

        // Both deliveries to the first consumer have passed the first look before either completes.
        var arrived = 0;
        var both = new TaskCompletionSource();
        node.Script.Meet = consumer =>
        {
            if (consumer != "test.first") return Task.CompletedTask;
            if (Interlocked.Increment(ref arrived) == 2) both.SetResult();
            return BoundedAsync(both.Task);
        };
        var id = await AddAsync(node, 1);
        await node.Bus.Publish(new Happened(1), context => context.MessageId = Guid.Parse(id), Cancellation);

        await BoundedAsync(received.ReachesAsync(4));
        Assert.True(both.Task.IsCompleted);
        Assert.Equal([$"{id} test.first 1", $"{id} test.second 1"], await ReadEffectsAsync());
    }

    [Fact]
    public async Task Message_NotFromTheOutbox_HasNoEffect()
    {
        var node = await StartAsync();

        await node.Bus.Publish(new Happened(666), context => context.MessageId = Guid.NewGuid(), Cancellation);
        var id = await AddAsync(node, 1);

        await EffectsAsync(2);
        Assert.All(await ReadEffectsAsync(), effect => Assert.StartsWith(id, effect, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Message_BodyChangedOnTheBus_IsReadFromTheOutbox()
    {
        var node = await StartAsync();
        await BoundedAsync(node.Script.HoldAsync(async () =>
        {
            var id = await AddAsync(node, 1);
            await node.Bus.Publish(new Happened(666), context => context.MessageId = Guid.Parse(id), Cancellation);
        }));

        await EffectsAsync(2);
        Assert.All(await ReadEffectsAsync(), effect => Assert.EndsWith(" 1", effect, StringComparison.Ordinal));
    }
}
