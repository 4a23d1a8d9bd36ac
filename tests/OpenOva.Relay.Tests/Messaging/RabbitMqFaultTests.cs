using System.Diagnostics;
using System.Globalization;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using OpenOva.Relay.Messaging;
using OpenOva.Relay.Telemetry;
using OpenOva.Relay.Tests.Database;

namespace OpenOva.Relay.Tests.Messaging;

/// <summary>The broker, or the way to it, fails: each effect happens once all the same, and nobody restarts the service for it.</summary>
[Trait("Kind", "Real")]
[Collection("real components")]
public sealed class RabbitMqFaultTests() : MessagingBed(TestDatabaseKind.Postgres, TestBus.RabbitMq)
{
    private const int Messages = 400;

    [Fact]
    public async Task Broker_KilledWithMessagesInFlight_EveryEffectHappensOnce()
    {
        await using var broker = await OwnBroker.StartOrSkipAsync();
        var (node, other) = (await StartAsync(Settings), await StartAsync(Settings));
        var ids = new List<string>();
        var adding = Task.Run(async () => { for (var i = 0; i < Messages; i++) ids.Add(await AddAsync(i % 2 == 0 ? node : other, i)); }, Cancellation);
        await EffectsAsync(Messages / 4);

        await broker.KillAsync();
        var before = (await ReadEffectsAsync()).Count;
        var outage = Stopwatch.StartNew();
        await broker.StartAsync();
        var started = outage.Elapsed;
        await BoundedAsync(adding);
        await EffectsAsync(2 * Messages, seconds: 90);
        var caughtUp = outage.Elapsed;
        await UntilAsync(async () => await CountAsync("inbox WHERE done_us IS NULL") == 0 ? "" : null);

        Assert.InRange(before, Messages / 4, 2 * Messages - 1);
        var effects = await ReadEffectsAsync();
        Assert.Equal(2 * Messages, effects.Count);
        Assert.Equal(2 * Messages, effects.Distinct().Count());
        Assert.Equal(ids.Order(StringComparer.Ordinal), effects.Select(effect => effect.Split(' ')[0]).Distinct());
        var deliveries = node.Script.Seen.Count + other.Script.Seen.Count;
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Messages} messages, {effects.Count} effects, {before} of them before the kill; {deliveries} deliveries reached a consumer; "
            + $"broker back after {started.TotalSeconds:F1} s, all done after {caughtUp.TotalSeconds:F1} s"));

        void Settings(MessagingOptions options)
        {
            broker.Broker.Configure(options);
            options.Heartbeat = TimeSpan.FromSeconds(2);
            options.RedeliverAfter = options.RetryAfter = TimeSpan.FromSeconds(3);
            options.RedeliverCeiling = TimeSpan.FromSeconds(3);
        }
    }

    [Fact]
    public async Task Consumer_GoneBetweenEffectAndAcknowledgement_LeavesTheEffectAlone()
    {
        var broker = Broker.OrSkip();
        await using var door = new BrokerDoor(broker.Url);
        door.Open();
        var gone = await StartAsync(options => { Throughout(options); options.Url = door.Url.ToString(); });
        var committed = new TaskCompletionSource();
        var never = new TaskCompletionSource();
        gone.Script.AfterCommit = consumer => { if (consumer == "test.first") { committed.TrySetResult(); return never.Task; } return Task.CompletedTask; };
        var id = await AddAsync(gone, 1);
        await BoundedAsync(committed.Task);
        await EffectsAsync(2);

        // From here on the broker knows as much of that node as of a killed one.
        await door.ShutAsync();
        var received = new ReceivedCount();
        var other = await StartAsync(Throughout, started: false);
        other.Bus.ConnectReceiveObserver(received);
        await BoundedAsync(other.Host.StartAsync(Cancellation));
        await BoundedAsync(received.ReachesAsync(1));

        Assert.Equal([$"{id} test.first 1", $"{id} test.second 1"], await ReadEffectsAsync());
        Assert.Empty(other.Script.Seen);
        never.SetResult();
    }

    [Fact]
    public async Task Connection_CutForAWhile_IsMadeAgainAndWhatWaitedIsDone()
    {
        var broker = Broker.OrSkip();
        await using var door = new BrokerDoor(broker.Url);
        door.Open();
        var node = await StartAsync(options => { Throughout(options); options.Url = door.Url.ToString(); });
        await AddAsync(node, 1);
        await EffectsAsync(2);

        await door.ShutAsync();
        await UntilAsync(() => Task.FromResult(State(node).IsUp(out _) ? null : ""));
        for (var i = 0; i < 20; i++) await AddAsync(node, i);
        Assert.False(Detail(node).IsWell);
        door.Open();
        var open = Stopwatch.StartNew();

        await EffectsAsync(42, seconds: 60);
        Assert.True(Detail(node).IsWell);
        Assert.Equal(42, (await ReadEffectsAsync()).Distinct().Count());
        TestContext.Current.TestOutputHelper?.WriteLine(
            string.Create(CultureInfo.InvariantCulture, $"all done {open.Elapsed.TotalSeconds:F1} s after the way was open"));
    }

    [Fact]
    public async Task Broker_DownAtStart_NodeStartsSaysSoAndCatchesUp()
    {
        var broker = Broker.OrSkip();
        await using var door = new BrokerDoor(broker.Url);
        var node = await StartAsync(options => { Throughout(options); options.Url = door.Url.ToString(); }, healthy: false);
        await AddAsync(node, 1);
        Assert.False(Detail(node).IsWell);

        door.Open();

        await EffectsAsync(2, seconds: 60);
        Assert.True(Detail(node).IsWell);
    }

    [Fact]
    public async Task Password_WrongAtFirst_IsReadAgainForTheNextConnection()
    {
        var broker = Broker.OrSkip();
        var file = Path.Combine(Directory.CreateTempSubdirectory("relay-password-").FullName, "password");
        await File.WriteAllTextAsync(file, "wrong", Cancellation);
        var node = await StartAsync(options => { Throughout(options); options.PasswordFile = file; }, healthy: false);
        await AddAsync(node, 1);
        Assert.Equal(BusHealthStatus.Unhealthy, node.Bus.CheckHealth().Status);

        File.Copy(broker.PasswordFile, file, overwrite: true);

        await EffectsAsync(2, seconds: 60);
        Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
    }

    /// <summary>So that whatever comes again comes from the broker, not from the sweeper.</summary>
    private static void Throughout(MessagingOptions options)
    {
        options.RedeliverAfter = options.RetryAfter = options.RedeliverCeiling = TimeSpan.FromMinutes(5);
        options.Heartbeat = TimeSpan.FromSeconds(2);
    }

    private static BusState State(Node node) => node.Services.GetRequiredService<BusState>();

    private static IReadinessDetail Detail(Node node) => node.Services.GetServices<IReadinessDetail>().Single(detail => detail.Name == "bus");
}
