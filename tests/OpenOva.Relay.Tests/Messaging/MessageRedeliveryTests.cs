using OpenOva.Relay.Tests.Database;

namespace OpenOva.Relay.Tests.Messaging;

[Trait("Kind", "Fast")]
public sealed class MessageRedeliveryOnSqliteTests() : MessageRedeliveryTests(TestDatabaseKind.Sqlite);

[Trait("Kind", "Real")]
public sealed class MessageRedeliveryOnPostgresTests() : MessageRedeliveryTests(TestDatabaseKind.Postgres);

[Trait("Kind", "Real")]
public sealed class MessageRedeliveryOnRabbitMqTests() : MessageRedeliveryTests(TestDatabaseKind.Postgres, TestBus.RabbitMq);

/// <summary>What a consumer failed on, or a bus lost, comes again.</summary>
public abstract class MessageRedeliveryTests(TestDatabaseKind kind, TestBus bus = TestBus.InMemory) : MessagingBed(kind, bus)
{
    [Fact]
    public async Task Message_HandlerThrowsThroughItsRetries_IsDeliveredAgainUntilItSucceeds()
    {
        var node = await StartAsync();
        var failures = 0;
        node.Script.BeforeEffect = (consumer, _) =>
        {
            if (consumer == "test.first" && Interlocked.Increment(ref failures) <= 3) throw new InvalidDataException("not yet");
        };

        var id = await AddAsync(node, 1);

        await EffectsAsync(2);
        Assert.Equal([$"{id} test.first 1", $"{id} test.second 1"], await ReadEffectsAsync());
        Assert.Equal(4, failures);
    }

    [Fact]
    public async Task Message_EffectThrowsAfterItsWrites_LeavesNoneOfThemAndIsDeliveredAgain()
    {
        var node = await StartAsync();
        var failures = 0;
        node.Script.AfterEffect = consumer =>
        {
            if (consumer == "test.first" && Interlocked.Increment(ref failures) <= 2) throw new InvalidDataException("after the write");
        };

        await AddAsync(node, 1);

        await EffectsAsync(2);
        Assert.Equal(3, failures);
        Assert.Equal(2, (await ReadEffectsAsync()).Count);
    }

    [Fact]
    public async Task Message_HandlerReturnsWithoutCompleting_IsDeliveredAgain()
    {
        var node = await StartAsync();
        var forgotten = 0;
        node.Script.Skip = consumer => consumer == "test.first" && Interlocked.Increment(ref forgotten) <= 2;

        await AddAsync(node, 1);

        await EffectsAsync(2);
        Assert.Equal(3, forgotten);
    }

    [Fact]
    public async Task Message_LostByTheBusAfterPublishing_IsDeliveredFromTheInbox()
    {
        var node = await StartAsync();
        await Db.TransactAsync(
            async transaction =>
            {
                await node.Outbox.AddAsync(transaction, new Happened(1), "acme");
                await transaction.ExecuteAsync("UPDATE outbox SET published_us = relay_now_us()"); // as if a bus had taken it and died
            },
            Cancellation);

        await EffectsAsync(2);
        Assert.Equal(2, (await ReadEffectsAsync()).Count);
    }

    [Fact]
    public async Task Message_NodeStoppedBeforeIt_IsDoneByTheNextNode()
    {
        var first = await StartAsync();
        await BoundedAsync(first.Host.StopAsync(Cancellation));
        await AddAsync(first, 1);

        await StartAsync();

        await EffectsAsync(2);
    }
}
