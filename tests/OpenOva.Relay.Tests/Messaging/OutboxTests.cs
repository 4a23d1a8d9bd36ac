using MassTransit;
using OpenOva.Relay.Tests.Database;

namespace OpenOva.Relay.Tests.Messaging;

[Trait("Kind", "Fast")]
public sealed class OutboxOnSqliteTests() : OutboxTests(TestDatabaseKind.Sqlite);

[Trait("Kind", "Real")]
public sealed class OutboxOnPostgresTests() : OutboxTests(TestDatabaseKind.Postgres)
{
    [Fact]
    public async Task Publish_AnotherNodeIsTakingTheSameRow_LeavesItToThatOne()
    {
        var node = await StartAsync(started: false);
        var other = Replica();
        var publishing = Task.FromResult(-1);
        await AddAsync(node, 1);
        await BoundedAsync(node.Bus.StartAsync(Cancellation));
        await HealthyAsync(node);
        await BoundedAsync(other.TransactAsync(
            async transaction =>
            {
                await transaction.ExecuteAsync("UPDATE outbox SET next_us = next_us + 60000000, attempts = attempts + 1");
                using (ExecutionContext.SuppressFlow()) publishing = Task.Run(() => node.Publisher.PublishAsync(Cancellation), Cancellation);
                await WaitUntilBlockedAsync("UPDATE outbox");
            },
            Cancellation));

        Assert.Equal(0, await BoundedAsync(publishing));
        await BoundedAsync(node.Bus.StopAsync(Cancellation));
    }
}

[Trait("Kind", "Real")]
public sealed class OutboxOnRabbitMqTests() : OutboxTests(TestDatabaseKind.Postgres, TestBus.RabbitMq);

/// <summary>What is committed is published, once by one node, and deleted when all are done.</summary>
public abstract class OutboxTests(TestDatabaseKind kind, TestBus bus = TestBus.InMemory) : MessagingBed(kind, bus)
{
    [Fact]
    public async Task Message_TransactionRolledBack_IsNeverPublished()
    {
        var node = await StartAsync();

        await Assert.ThrowsAsync<InvalidDataException>(() => Db.TransactAsync(
            async transaction =>
            {
                await node.Outbox.AddAsync(transaction, new Happened(1), "acme");
                throw new InvalidDataException("refused");
            },
            Cancellation));
        await AddAsync(node, 2);

        await EffectsAsync(2);
        Assert.All(await ReadEffectsAsync(), effect => Assert.EndsWith(" 2", effect, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Message_StagedWhileTheBusIsStopped_WaitsAndArrives()
    {
        // Without the worker: on a busy machine it may be about to take what is staged, having seen the bus before it stopped.
        var node = await StartAsync(started: false);
        await BoundedAsync(node.Bus.StartAsync(Cancellation));
        await HealthyAsync(node);
        await BoundedAsync(node.Bus.StopAsync(Cancellation));
        await UntilAsync(() => Task.FromResult(node.Bus.CheckHealth().Status == BusHealthStatus.Unhealthy ? "" : null));
        for (var i = 0; i < 5; i++) await AddAsync(node, i);
        Assert.Equal(0, await node.Publisher.PublishAsync(Cancellation));
        Assert.Equal(5L, await Db.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM outbox WHERE published_us IS NULL AND attempts = 0", null, Cancellation));

        await BoundedAsync(node.Bus.StartAsync(Cancellation));
        await HealthyAsync(node);

        await node.Publisher.PublishAsync(Cancellation);
        await EffectsAsync(10);
        await BoundedAsync(node.Bus.StopAsync(Cancellation));
    }

    [Fact]
    public async Task Messages_TwoNodesPublishAtOnce_NoneIsTakenTwice()
    {
        var node = await StartAsync(started: false);
        var other = await StartAsync(started: false);
        await Db.TransactAsync(
            async transaction =>
            {
                for (var i = 0; i < 150; i++) await node.Outbox.AddAsync(transaction, new Happened(i), "acme");
            },
            Cancellation);
        await BoundedAsync(node.Bus.StartAsync(Cancellation));
        await BoundedAsync(other.Bus.StartAsync(Cancellation));

        var published = await BoundedAsync(Task.WhenAll(
            Task.Run(() => node.Publisher.PublishAsync(Cancellation)), Task.Run(() => other.Publisher.PublishAsync(Cancellation))));

        Assert.Equal(150, published.Sum());
        Assert.Equal(150L, await Db.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM outbox WHERE published_us IS NOT NULL AND attempts = 1", null, Cancellation));
        await EffectsAsync(300);
        await BoundedAsync(node.Bus.StopAsync(Cancellation));
        await BoundedAsync(other.Bus.StopAsync(Cancellation));
    }

    [Fact]
    public async Task DeleteFinished_AfterItsTime_DropsDoneMessagesAndLateDuplicatesHaveNoEffect()
    {
        var node = await StartAsync();
        var id = await AddAsync(node, 1);
        await EffectsAsync(2);
        await UntilAsync(async () => await Db.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM outbox WHERE published_us IS NOT NULL", null, Cancellation) == 1 ? "" : null);
        Assert.Equal(0, await node.Publisher.DeleteFinishedAsync(Cancellation));

        node.Options.KeepFinished = TimeSpan.Zero;
        await UntilAsync(async () =>
        {
            await node.Publisher.DeleteFinishedAsync(Cancellation);
            return await Db.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM inbox", null, Cancellation) == 0 ? "" : null;
        });
        await node.Bus.Publish(new Happened(1), context => context.MessageId = Guid.Parse(id), Cancellation);
        await AddAsync(node, 2);

        await EffectsAsync(4);
        Assert.Equal(2, (await ReadEffectsAsync()).Count(effect => effect.StartsWith(id, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Add_UnregisteredType_IsRefused()
    {
        var node = await StartAsync();

        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() =>
            Db.TransactAsync(transaction => node.Outbox.AddAsync(transaction, new Unheard(1), "acme"), Cancellation));

        Assert.Contains("AddRelayMessage", refusal.Message, StringComparison.Ordinal);
    }
}
