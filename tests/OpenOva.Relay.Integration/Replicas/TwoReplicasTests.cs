using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using OpenOva.Relay.Database;
using OpenOva.Relay.Integration.Faults;
using OpenOva.Relay.Ledger;
using OpenOva.Relay.Shared;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration.Replicas;

/// <summary>Two replicas on one database and one store, as callers behind a load balancer meet them.</summary>
public abstract class TwoReplicasTests
{
    private protected static readonly FakeGuacdPlay Picture = FakeGuacdPlay.Script(["size", "0", "800", "600"], ["sync", "7"]);

    private protected abstract Task<Deployment> DeployAsync();

    [Fact(Timeout = 60_000)]
    public async Task Terminate_AskedOfTheOther_EndsTheSessionWhereItIs()
    {
        await using var guacd = FakeGuacd.Start(new FakeGuacdOptions { Play = Picture });
        await using var deployment = await DeployAsync();
        await using var a = await RelayUnderTest.StartAsync(deployment.Replica("a", guacd.Endpoint));
        await using var b = await RelayUnderTest.StartAsync(deployment.Replica("b", guacd.Endpoint));

        var ended = await TerminateAsync(a, b);

        foreach (var session in ended)
        {
            await b.WaitForAsync(session, SessionState.Verified);
            Assert.True((await b.VerifyAsync(session)).Valid);
        }
    }

    /// <summary>Ends sessions of the one through the other, and holds the service's own times of order and end against a second.</summary>
    private protected static async Task<IReadOnlyList<string>> TerminateAsync(RelayUnderTest a, RelayUnderTest b)
    {
        const int Sessions = 5;
        var ended = new List<string>();
        for (var i = 0; i < Sessions; i++)
        {
            await using var tunnel = await TunnelClient.OpenAsync(a);
            await tunnel.Started;
            await b.Sessions.TerminateAsync(new() { SessionId = tunnel.Session, Purpose = "From elsewhere" }, await b.AsAsync("sofia"));
            await tunnel.Finished;
            Assert.Equal(SessionEndReason.Terminated, tunnel.Ended!.Reason);
            ended.Add(tunnel.Session);
        }

        var database = a.Services.GetRequiredService<RelayDatabase>();
        IReadOnlyList<long> took = [];
        await Streams.UntilAsync(async () => (took = await database.QueryAsync<long>(
            """
            SELECT s.ended_us - o.ordered_us FROM sessions s JOIN session_orders o ON o.organisation = s.organisation AND o.session = s.id
            WHERE s.ended_us IS NOT NULL ORDER BY 1
            """)).Count == Sessions);
        // The median: a machine that is busy with other tests may hold up one.
        var said = $"from order to end, microseconds: {string.Join(' ', took)}";
        TestContext.Current.TestOutputHelper?.WriteLine(said);
        Assert.True(took[Sessions / 2] is > 0 and <= 1_000_000, said);
        return ended;
    }

    [Fact(Timeout = 60_000)]
    public async Task Ticket_OfTheOther_OpensOneTunnelOnEither()
    {
        await using var guacd = FakeGuacd.Start(new FakeGuacdOptions { Play = Picture });
        await using var deployment = await DeployAsync();
        await using var a = await RelayUnderTest.StartAsync(deployment.Replica("a", guacd.Endpoint));
        await using var b = await RelayUnderTest.StartAsync(deployment.Replica("b", guacd.Endpoint));
        var opened = await a.Sessions.OpenAsync(new() { Connection = "ssh-db", Purpose = "a test" }, await a.AsAsync("olivia"));

        var tunnels = await Task.WhenAll(Enumerable.Range(0, 6).Select(n => TunnelClient.RedeemAsync(n % 2 == 0 ? a : b, opened.TunnelTicket)));
        var answers = await Task.WhenAll(tunnels.Select(async tunnel =>
        {
            try
            {
                await tunnel.Started;
                return StatusCode.OK;
            }
            catch (RpcException refused)
            {
                return refused.StatusCode;
            }
        }));

        Assert.Single(answers, code => code == StatusCode.OK);
        Assert.Equal(5, answers.Count(code => code == StatusCode.Unauthenticated));
        foreach (var tunnel in tunnels) await tunnel.DisposeAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task Ledger_WrittenThroughBoth_IsOneWithoutGapAndSignedByOneKey()
    {
        await using var guacd = FakeGuacd.Start(new FakeGuacdOptions { Play = Picture });
        await using var deployment = await DeployAsync();
        // Started together: each migration runs once, and one of them makes the keys.
        var both = await Task.WhenAll(RelayUnderTest.StartAsync(deployment.Replica("a", guacd.Endpoint)), RelayUnderTest.StartAsync(deployment.Replica("b", guacd.Endpoint)));
        await using var a = both[0];
        await using var b = both[1];
        var tunnels = await Task.WhenAll(Enumerable.Range(0, 8).Select(n => TunnelClient.OpenAsync(n % 2 == 0 ? a : b)));
        foreach (var tunnel in tunnels)
        {
            await tunnel.Started;
            await tunnel.LeaveAsync();
            await tunnel.Finished;
            await tunnel.DisposeAsync();
        }

        foreach (var tunnel in tunnels) await b.WaitForAsync(tunnel.Session, SessionState.Verified);
        IReadOnlyList<Evidence.Ledger.LedgerLeaf> leaves = [];
        await Streams.UntilAsync(async () => (leaves = await LedgerLeaves.AllAsync(a)).Count(l => l.Type == "recording.live-deleted") >= 8);
        Assert.Equal(Enumerable.Range(0, leaves.Count).Select(n => (long)n), leaves.Select(l => l.Sequence));
        Assert.Equal(leaves.Count, leaves.Select(l => l.Id).Distinct().Count());
        Assert.Equal(8, leaves.Count(l => l.Type == "recording.sealed"));
        Assert.Equal(8, leaves.Count(l => l.Type == "recording.verified"));
        Assert.Equal(8, leaves.Count(l => l.Type == "recording.live-deleted"));
        Assert.Single(leaves, l => l.Type == "key.added");
        var cancellation = TestContext.Current.CancellationToken;
        Assert.Equal(2, leaves.Count(l => l.Type == "service.started"));
        var rings = await Task.WhenAll(both.Select(r => r.Services.GetRequiredService<OrganisationKeys>().OfAsync("acme", cancellation).AsTask()));
        Assert.Equal(rings[0].Signing.PublicKey.Thumbprint, rings[1].Signing.PublicKey.Thumbprint);
    }

    [Fact(Timeout = 60_000)]
    public async Task Replica_WithKeysOfItsOwn_DoesNotSign()
    {
        await using var deployment = await DeployAsync();
        var guacd = new Guacamole.GuacdEndpoint("127.0.0.1", 1);
        await using var a = await RelayUnderTest.StartAsync(deployment.Replica("a", guacd));
        var cancellation = TestContext.Current.CancellationToken;
        await a.Services.GetRequiredService<OrganisationKeys>().OfAsync("acme", cancellation);

        await using var b = await RelayUnderTest.StartAsync(deployment.Replica("b", guacd, values: new Dictionary<string, string?> { ["Relay:Ledger:Keys"] = "own-keys" }));

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => b.Services.GetRequiredService<OrganisationKeys>().OfAsync("acme", cancellation).AsTask());
        Assert.Contains("Relay:Ledger:Keys", refused.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Lease_LapsedWhileTheDatabaseWasAway_IsReclaimedUnlessTaken()
    {
        await using var deployment = await DeployAsync();
        await using var a = await RelayUnderTest.StartAsync(deployment.Replica("a", new Guacamole.GuacdEndpoint("127.0.0.1", 1)));
        var leases = a.Services.GetRequiredService<Leases>();
        var cancellation = TestContext.Current.CancellationToken;
        var lease = (await leases.TryAcquireAsync("replica/x", "x/1", TimeSpan.FromMilliseconds(1), cancellation))!;
        await Task.Delay(5, cancellation);

        Assert.False(await leases.RenewAsync(lease, TimeSpan.FromMinutes(1), cancellation));
        Assert.True(await leases.ReclaimAsync(lease, TimeSpan.FromMilliseconds(1), cancellation));
        await Task.Delay(5, cancellation);
        Assert.NotNull(await leases.TryAcquireAsync("replica/x", "janitor/1", TimeSpan.FromMinutes(1), cancellation));
        Assert.False(await leases.ReclaimAsync(lease, TimeSpan.FromMinutes(1), cancellation));
    }
}

/// <summary>On SQLite and a directory, in one process.</summary>
[Trait("Kind", "Real")]
public sealed class TwoEmbeddedReplicasTests : TwoReplicasTests
{
    private protected override Task<Deployment> DeployAsync() => Deployment.EmbeddedAsync();
}

/// <summary>On PostgreSQL, S3 and RabbitMQ.</summary>
[Trait("Kind", "Real")]
[Collection("real components")]
public sealed class TwoDeployedReplicasTests : TwoReplicasTests
{
    private protected override Task<Deployment> DeployAsync() => Deployment.DeployedAsync();

    [Fact(Timeout = 180_000)]
    public async Task Terminate_WhileTheBusIsDown_EndsTheSessionOfTheOtherAsFast()
    {
        await using var broker = await OwnComponent.StartOrSkipAsync("rabbitmq");
        await using var guacd = FakeGuacd.Start(new FakeGuacdOptions { Play = Picture });
        await using var deployment = await DeployAsync();
        var bus = new Dictionary<string, string?>
        {
            ["Relay:Bus:Url"] = broker.Read("url"), ["Relay:Bus:User"] = broker.Read("user"), ["Relay:Bus:PasswordFile"] = broker.At("password"),
        };
        await using var a = await RelayUnderTest.StartAsync(deployment.Replica("a", guacd.Endpoint, values: bus));
        await using var b = await RelayUnderTest.StartAsync(deployment.Replica("b", guacd.Endpoint, values: bus));
        await broker.KillAsync();

        await TerminateAsync(a, b);
    }
}
