using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenOva.Relay.Messaging;
using OpenOva.Relay.Telemetry;
using OpenOva.Relay.Tests.Database;

namespace OpenOva.Relay.Tests.Messaging;

/// <summary>Which bus a sealed test class runs on. RabbitMq is RELAY_TEST_RABBITMQ, _USER and _PASSWORD_FILE; unset: skipped.</summary>
public enum TestBus
{
    InMemory,
    RabbitMq,
}

/// <summary>Nodes with two scripted consumers on a fresh database, and the table of their effects.</summary>
public abstract class MessagingBed(TestDatabaseKind kind, TestBus bus) : DatabaseTests(kind)
{
    private readonly List<IHost> _hosts = [];

    /// <summary>A queue name space of this test's own, where several tests share a broker.</summary>
    private protected string Prefix { get; } = $"t{Guid.NewGuid():N}"[..16];

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

    private protected async Task<Node> StartAsync(Action<MessagingOptions>? change = null, bool started = true, bool healthy = true)
    {
        var options = new MessagingOptions
        {
            Prefix = Prefix,
            SweepInterval = TimeSpan.FromMilliseconds(50),
            RedeliverAfter = TimeSpan.FromMilliseconds(150),
            RetryAfter = TimeSpan.FromMilliseconds(150),
            RedeliverCeiling = TimeSpan.FromMilliseconds(200),
            MaxRedeliveries = 1000,
            ImmediateRetries = 0,
        };
        if (bus == TestBus.RabbitMq) Broker.OrSkip().Configure(options);
        change?.Invoke(options);
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.Services.AddSingleton<TimeProvider>(Time).AddSingleton(Db).AddSingleton(options).AddSingleton<RelayMetrics>().AddSingleton<Script>();
        builder.Services.AddRelayConsumer<FirstConsumer, Happened>("test.first", RelayRoles.Broker);
        builder.Services.AddRelayConsumer<SecondConsumer, Happened>("test.second");
        builder.Services.AddRelayMessaging(options, RelayRoles.All);
        var host = builder.Build();
        _hosts.Add(host);
        var node = new Node(host, options);
        if (started) await BoundedAsync(host.StartAsync(Cancellation));
        if (started && healthy) await HealthyAsync(node);
        return node;
    }

    private protected static Task HealthyAsync(Node node) =>
        UntilAsync(() => Task.FromResult(node.Bus.CheckHealth().Status == BusHealthStatus.Healthy ? "" : null));

    private protected Task<string> AddAsync(Node node, int number) =>
        Db.TransactAsync(transaction => node.Outbox.AddAsync(transaction, new Happened(number), "acme"), Cancellation);

    private protected async Task EffectsAsync(int count, int seconds = 20) =>
        await UntilAsync(async () => (await ReadEffectsAsync()).Count >= count ? "" : null, seconds);

    private protected Task<IReadOnlyList<string>> ReadEffectsAsync() => Db.QueryAsync<string>(
        "SELECT message_id || ' ' || consumer || ' ' || CAST(number AS TEXT) FROM effects ORDER BY message_id, consumer", null, Cancellation);

    private protected Task<long> CountAsync(string table) => Db.ExecuteScalarAsync<long>($"SELECT COUNT(*) FROM {table}", null, Cancellation);

    private protected static async Task<T> UntilAsync<T>(Func<Task<T?>> look, int seconds = 20)
        where T : class
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        bound.CancelAfter(TimeSpan.FromSeconds(seconds));
        while (true)
        {
            if (await look() is { } found) return found;
            await Task.Delay(10, bound.Token);
        }
    }

    private protected sealed record Node(IHost Host, MessagingOptions Options)
    {
        public IServiceProvider Services => Host.Services;

        public Outbox Outbox => Services.GetRequiredService<Outbox>();

        public Inbox Inbox => Services.GetRequiredService<Inbox>();

        public OutboxPublisher Publisher => Services.GetRequiredService<OutboxPublisher>();

        public IBusControl Bus => Services.GetRequiredService<IBusControl>();

        public Script Script => Services.GetRequiredService<Script>();
    }
}
