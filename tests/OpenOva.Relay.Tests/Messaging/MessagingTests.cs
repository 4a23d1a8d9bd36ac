using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenOva.Relay.Database;
using OpenOva.Relay.Messaging;
using OpenOva.Relay.Telemetry;
using OpenOva.Relay.Tests.Database;

namespace OpenOva.Relay.Tests.Messaging;

[Trait("Kind", "Fast")]
public sealed class MessagingOnSqliteTests() : MessagingTests(TestDatabaseKind.Sqlite);

[Trait("Kind", "Real")]
public sealed class MessagingOnPostgresTests() : MessagingTests(TestDatabaseKind.Postgres)
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

/// <summary>PostgreSQL and RabbitMQ together; the broker is RELAY_TEST_RABBITMQ, as amqp://host:port, user guest.</summary>
[Trait("Kind", "Real")]
public sealed class MessagingOnPostgresAndRabbitTests() : MessagingTests(TestDatabaseKind.Postgres)
{
    private protected override string BusUrl
    {
        get
        {
            var url = Environment.GetEnvironmentVariable("RELAY_TEST_RABBITMQ");
            Assert.SkipWhen(string.IsNullOrEmpty(url), "rabbitmq: RELAY_TEST_RABBITMQ is not set");
            return url!;
        }
    }
}

public abstract class MessagingTests(TestDatabaseKind kind) : DatabaseTests(kind)
{
    private readonly List<IHost> _hosts = [];

    private protected virtual string BusUrl => "";

    /// <summary>A queue name space of this test's own, where several tests share a broker.</summary>
    private readonly string _prefix = $"t{Guid.NewGuid():N}"[..16];

    protected override Task SetUpAsync() =>
        Db.ExecuteAsync("CREATE TABLE effects (message_id TEXT NOT NULL, consumer TEXT NOT NULL, number BIGINT NOT NULL)", null, Cancellation);

    protected override async Task TearDownAsync()
    {
        foreach (var host in _hosts)
        {
            await BoundedAsync(host.StopAsync(CancellationToken.None));
            host.Dispose();
        }
    }

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
    public async Task Message_AlwaysFails_IsPutAsideAndDoneAfterRevival()
    {
        var node = await StartAsync(options => options.MaxRedeliveries = 2);
        var broken = true;
        node.Script.BeforeEffect = (consumer, _) =>
        {
            if (consumer == "test.first" && Volatile.Read(ref broken)) throw new InvalidDataException("a secret stands in this text");
        };
        var id = await AddAsync(node, 1);

        var dead = await UntilAsync(async () => (await node.Inbox.DeadAsync(10, Cancellation)).SingleOrDefault());

        Assert.Equal((id, "test.first", "acme"), (dead.MessageId, dead.Consumer, dead.Organisation));
        Assert.Equal(typeof(InvalidDataException).FullName, dead.Fault);
        Assert.Single(await ReadEffectsAsync());

        Volatile.Write(ref broken, false);
        Assert.Equal(1, await node.Inbox.ReviveAsync(id, Cancellation));
        await EffectsAsync(2);
        Assert.Empty(await node.Inbox.DeadAsync(10, Cancellation));
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
    public async Task Message_StagedWhileTheBusIsStopped_WaitsAndArrives()
    {
        var node = await StartAsync();
        await BoundedAsync(node.Bus.StopAsync(Cancellation));
        await UntilAsync(() => Task.FromResult(node.Bus.CheckHealth().Status == BusHealthStatus.Unhealthy ? "" : null));
        for (var i = 0; i < 5; i++) await AddAsync(node, i);
        Assert.Equal(0, await node.Publisher.PublishAsync(Cancellation));
        Assert.Equal(5L, await Db.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM outbox WHERE published_us IS NULL AND attempts = 0", null, Cancellation));

        await BoundedAsync(node.Bus.StartAsync(Cancellation));

        await EffectsAsync(10);
    }

    [Fact]
    public async Task Message_NodeStoppedBeforeIt_IsDoneByTheNextNode()
    {
        var first = await StartAsync();
        await BoundedAsync(_hosts[0].StopAsync(Cancellation));
        await AddAsync(first, 1);

        await StartAsync();

        await EffectsAsync(2);
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

    private protected async Task<Node> StartAsync(Action<MessagingOptions>? change = null, bool started = true)
    {
        var options = new MessagingOptions
        {
            Url = BusUrl,
            Prefix = _prefix,
            SweepInterval = TimeSpan.FromMilliseconds(50),
            RedeliverAfter = TimeSpan.FromMilliseconds(150),
            RedeliverCeiling = TimeSpan.FromMilliseconds(200),
            MaxRedeliveries = 1000,
            ImmediateRetries = 0,
        };
        change?.Invoke(options);
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.Services.AddSingleton<TimeProvider>(Time).AddSingleton(Db).AddSingleton(options).AddSingleton<RelayMetrics>().AddSingleton<Script>();
        builder.Services.AddRelayConsumer<FirstConsumer, Happened>("test.first", RelayRoles.Broker);
        builder.Services.AddRelayConsumer<SecondConsumer, Happened>("test.second");
        builder.Services.AddRelayMessaging(options, RelayRoles.All);
        var host = builder.Build();
        _hosts.Add(host);
        if (started) await BoundedAsync(host.StartAsync(Cancellation));
        var node = new Node(host.Services, options);
        if (started) await HealthyAsync(node);
        return node;
    }

    private protected static Task HealthyAsync(Node node) =>
        UntilAsync(() => Task.FromResult(node.Bus.CheckHealth().Status == BusHealthStatus.Healthy ? "" : null));

    private protected Task<string> AddAsync(Node node, int number) =>
        Db.TransactAsync(transaction => node.Outbox.AddAsync(transaction, new Happened(number), "acme"), Cancellation);

    private async Task EffectsAsync(int count) =>
        await UntilAsync(async () => (await ReadEffectsAsync()).Count >= count ? "" : null);

    private Task<IReadOnlyList<string>> ReadEffectsAsync() => Db.QueryAsync<string>(
        "SELECT message_id || ' ' || consumer || ' ' || CAST(number AS TEXT) FROM effects ORDER BY message_id, consumer", null, Cancellation);

    private static async Task<T> UntilAsync<T>(Func<Task<T?>> look)
        where T : class
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        bound.CancelAfter(TimeSpan.FromSeconds(20));
        while (true)
        {
            if (await look() is { } found) return found;
            await Task.Delay(10, bound.Token);
        }
    }

    private protected sealed record Node(IServiceProvider Services, MessagingOptions Options)
    {
        public Outbox Outbox => Services.GetRequiredService<Outbox>();

        public Inbox Inbox => Services.GetRequiredService<Inbox>();

        public OutboxPublisher Publisher => Services.GetRequiredService<OutboxPublisher>();

        public IBusControl Bus => Services.GetRequiredService<IBusControl>();

        public Script Script => Services.GetRequiredService<Script>();
    }
}
