using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using OpenOva.Relay.Integration.Replicas;
using OpenOva.Relay.Shared;
using OpenOva.Relay.Tests.Database;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration.Faults;

/// <summary>What fails under live sessions on the real back ends, and what is left of them afterwards.</summary>
[Trait("Kind", "Real")]
[Collection("real components")]
public sealed class BackendFaultTests
{
    private const int Sessions = 3;
    private const int SomeBytes = 60_000;

    /// <summary>Seconds: 8 in the suite, which is longer than an outage takes to be one; 60 in a soak run.</summary>
    private static TimeSpan Outage => TimeSpan.FromSeconds(FaultBench.Times() > 1 ? 60 : 8);

    [Fact(Timeout = 300_000)]
    public async Task Store_Down_KeepsSessionsInTheSpoolUntilItIsBack()
    {
        await using var store = FaultyHttpProxy.Start(new Uri(DeployedBackends.Or("RELAY_TEST_S3", "s3")));
        await using var bench = await FaultBench.StartAsync(values => values["Relay:ObjectStorage:S3:Endpoint"] = store.Address.ToString());
        await bench.OpenAsync(Sessions);
        await bench.DrawAsync(SomeBytes);
        await store.RefuseAsync();
        await bench.DrawAsync(SomeBytes);
        await Task.Delay(Outage, TestContext.Current.CancellationToken);
        // Sessions end in the outage too, and a new one is opened in it.
        await bench.LeaveAsync();
        await bench.OpenAsync(1);
        store.Accept();
        await bench.DrawAsync(SomeBytes);
        await bench.LeaveAsync();

        await bench.SettleAsync($"store down {Outage.TotalSeconds:0} s");
        await bench.OutageAsync("objects");
    }

    [Theory(Timeout = 3_600_000)]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(403)]
    public async Task Store_AnsweringErrorsToWrites_LosesNothingAndIsAnOutageThoughItCanBeRead(int status)
    {
        await using var store = FaultyHttpProxy.Start(new Uri(DeployedBackends.Or("RELAY_TEST_S3", "s3")));
        await using var bench = await FaultBench.StartAsync(values => values["Relay:ObjectStorage:S3:Endpoint"] = store.Address.ToString());
        var code = status switch { 403 => "AccessDenied", 503 => "SlowDown", _ => "InternalError" };
        for (var failure = 0; failure < FaultBench.Repeats; failure++)
        {
            await bench.OpenAsync(Sessions);
            await bench.DrawAsync(SomeBytes);
            store.Plan(
                HttpFault.Answer(status, $"<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>planned</Message></Error>"), 100_000,
                request => request.StartsWith("PUT ", StringComparison.Ordinal));
            await bench.DrawAsync(SomeBytes);
            await bench.OutageBeganAsync("objects");
            await bench.LeaveAsync();
            store.Unplan();
        }

        await bench.SettleAsync($"store answers {status} to all writes until that is an outage", FaultBench.Repeats);
        await bench.OutageAsync("objects");
    }

    [Fact(Timeout = 300_000)]
    public async Task Store_SlowAndLosingReplies_PutsEachObjectOnce()
    {
        await using var store = FaultyHttpProxy.Start(new Uri(DeployedBackends.Or("RELAY_TEST_S3", "s3")));
        await using var bench = await FaultBench.StartAsync(values => values["Relay:ObjectStorage:S3:Endpoint"] = store.Address.ToString());
        await bench.OpenAsync(Sessions);
        store.Plan(HttpFault.LoseReply, 12, request => request.StartsWith("PUT ", StringComparison.Ordinal));
        store.Plan(HttpFault.Delay(TimeSpan.FromSeconds(2)), 20);
        await bench.DrawAsync(SomeBytes);
        await bench.LeaveAsync();
        store.Plan(HttpFault.LoseReply, 6, request => request.StartsWith("PUT ", StringComparison.Ordinal));

        await bench.SettleAsync("store slow, and losing the replies of acknowledged writes");
    }

    [Fact(Timeout = 300_000)]
    public async Task Broker_KilledAndBack_EndsNoSessionAndEveryEffectHappensOnce()
    {
        await using var broker = await OwnComponent.StartOrSkipAsync("rabbitmq");
        await using var bench = await FaultBench.StartAsync(values =>
        {
            (values["Relay:Bus:Url"], values["Relay:Bus:User"], values["Relay:Bus:PasswordFile"]) = (broker.Read("url"), broker.Read("user"), broker.At("password"));
            values["Relay:Bus:RedeliverAfter"] = "00:00:02";
        });
        await bench.OpenAsync(Sessions);
        await bench.DrawAsync(SomeBytes);
        await broker.KillAsync();
        await bench.DrawAsync(SomeBytes);
        await bench.LeaveAsync();
        await bench.OpenAsync(1);
        // The bus has no part in ending a session.
        await bench.Relay.Sessions.TerminateAsync(new() { SessionId = bench.Tunnels[0].Session, Purpose = "While the bus is down" }, await bench.Relay.AsAsync("sofia"));
        await bench.Tunnels[0].Finished.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        await Task.Delay(Outage, TestContext.Current.CancellationToken);
        await broker.StartAsync();
        await bench.LeaveAsync();

        // MassTransit tries to connect at growing intervals, up to a minute.
        await bench.SettleAsync($"broker killed, {Outage.TotalSeconds:0} s later back", seconds: 180);
        await bench.OutageAsync("bus");
    }

    [Fact(Timeout = 300_000)]
    public async Task Database_Restarted_SessionsGoOnAndTheOutageIsLedgered()
    {
        await using var database = await OwnComponent.StartOrSkipAsync("postgresql");
        var own = await DeployedBackends.DatabaseAsync(database.Read("connection-string"), "relay-fault");
        await using var bench = await FaultBench.StartAsync(values => values["Relay:Database:Postgres"] = own);
        await bench.OpenAsync(Sessions);
        await bench.DrawAsync(SomeBytes);
        await database.KillAsync();
        await bench.DrawAsync(SomeBytes);
        // Longer than the lease: it lapses unheard, and the sessions go on all the same.
        await Task.Delay(Outage, TestContext.Current.CancellationToken);
        var refused = await Assert.ThrowsAsync<RpcException>(() => TunnelClient.OpenAsync(bench.Relay));
        Assert.Equal(StatusCode.Unavailable, refused.StatusCode);
        await database.StartAsync();
        await bench.DrawAsync(SomeBytes);
        Assert.All(bench.Tunnels, tunnel => Assert.Null(tunnel.Ended));
        await bench.LeaveAsync();

        await bench.SettleAsync($"database killed, {Outage.TotalSeconds:0} s later back");
        await bench.OutageAsync("database");
    }

    [Fact(Timeout = 3_600_000)]
    public async Task GuacdsConnection_Cut_EndsTheSessionsAndProvesWhatWasDrawn()
    {
        await using var door = new TcpDoor(RealLab.OrSkip().Guacd);
        await using var bench = await FaultBench.StartAsync(guacd: door.Endpoint);
        for (var cut = 0; cut < FaultBench.Repeats; cut++)
        {
            await bench.OpenAsync(Sessions);
            await bench.DrawAsync(SomeBytes);
            door.Cut();
            foreach (var tunnel in bench.Tunnels)
            {
                await tunnel.Finished;
                Assert.Equal(SessionEndReason.GuacdLost, tunnel.Ended!.Reason);
            }

            await bench.LeaveAsync();
        }

        await bench.SettleAsync("connection to guacd cut", FaultBench.Repeats);
    }

    [Fact(Timeout = 300_000)]
    public async Task Guacd_Down_IsAnOutageAndNoReasonToBeSentNothing()
    {
        await using var door = new TcpDoor(RealLab.OrSkip().Guacd);
        await using var bench = await FaultBench.StartAsync(guacd: door.Endpoint);
        await bench.OpenAsync(1);
        await bench.DrawAsync(SomeBytes);
        await door.ShutAsync();
        await bench.Tunnels[0].Finished;
        await bench.OutageBeganAsync("guacd");
        using (var http = new HttpClient())
        using (var ready = await http.GetAsync(new Uri(bench.Relay.Web, "/readyz"), TestContext.Current.CancellationToken))
            Assert.Equal(System.Net.HttpStatusCode.OK, ready.StatusCode);
        door.Open();
        await bench.LeaveAsync();
        await bench.OutageAsync("guacd");
        await bench.OpenAsync(1);
        await bench.DrawAsync(SomeBytes);
        await bench.LeaveAsync();

        await bench.SettleAsync("guacd down until that is an outage");
    }

    [Theory(Timeout = 3_600_000)]
    [InlineData(3_600)]
    [InlineData(-3_600)]
    public async Task Clock_Stepped_ChangesNoOrderAndLosesNoCoverage(int seconds)
    {
        var time = new ShiftedTime();
        await using var bench = await FaultBench.StartAsync(
            services: services => services.AddSingleton<TimeProvider>(time),
            configure: values => values["Relay:Identity:ClockSkew"] = "00:05:00");
        var sessions = new List<string>();
        for (var step = 0; step < FaultBench.Repeats; step++)
        {
            await bench.OpenAsync(Sessions);
            await bench.DrawAsync(SomeBytes);
            time.Advance(TimeSpan.FromSeconds(seconds));
            await bench.DrawAsync(SomeBytes);
            sessions.Add(bench.Tunnels[0].Session);
            await bench.LeaveAsync();
            // Tokens are judged by the clock: back to where the issuer's is.
            time.Advance(TimeSpan.FromSeconds(-seconds));
        }

        await bench.SettleAsync($"clock stepped by {seconds} s", FaultBench.Repeats);
        foreach (var session in sessions)
        {
            var coverage = (await bench.Relay.ManifestAsync(session))["coverage"]!;
            Assert.Equal(coverage["session_ms"]!.GetValue<long>(), coverage["covered_ms"]!.GetValue<long>());
        }
    }
}
