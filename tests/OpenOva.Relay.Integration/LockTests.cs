using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using OpenOva.Relay.Database;
using OpenOva.Relay.Integration.Replicas;
using OpenOva.Relay.Shared;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration;

/// <summary>An officer holds a live session: what its person does is dropped and what the target draws goes on, recorded.</summary>
[Trait("Kind", "Real")]
public sealed class LockTests
{
    private static readonly FakeGuacdPlay Picture = FakeGuacdPlay.Script(["size", "0", "800", "600"], ["sync", "7"]);

    [Fact(Timeout = 60_000)]
    public async Task Lock_ThroughAnotherReplica_DropsInputUntilItIsUnlocked()
    {
        await using var guacd = FakeGuacd.Start(new FakeGuacdOptions { Play = Picture });
        await using var deployment = await Deployment.EmbeddedAsync();
        await using var a = await RelayUnderTest.StartAsync(deployment.Replica("a", guacd.Endpoint));
        await using var b = await RelayUnderTest.StartAsync(deployment.Replica("b", guacd.Endpoint));
        await using var tunnel = await TunnelClient.OpenAsync(a);
        await tunnel.Started;
        Task OrderAsync(bool locked) => LockAsync(b, tunnel.Session, locked);

        await tunnel.TypeAsync("a");
        await OrderAsync(true);
        await OrderAsync(true);
        await Streams.UntilAsync(() => tunnel.Notices.Any(n => n.Kind == TunnelNoticeKind.Locked));
        await tunnel.TypeAsync("b");
        Assert.True((await b.Sessions.GetAsync(new() { SessionId = tunnel.Session }, await b.AsAsync("anton"))).Session.Locked);
        await OrderAsync(false);
        await Streams.UntilAsync(() => tunnel.Notices.Any(n => n.Kind == TunnelNoticeKind.Unlocked));
        await tunnel.TypeAsync("c");
        await tunnel.LeaveAsync();
        await tunnel.Finished;

        var typed = (await guacd.NextUserAsync()).Received.Where(i => i[0] == "key" && i[2] == "1").Select(i => (char)int.Parse(i[1], System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal("ac", string.Concat(typed));
        await a.WaitForAsync(tunnel.Session, SessionState.Verified);
        var locks = (await LedgerLeaves.OfSessionAsync(a, tunnel.Session)).Where(l => l.Type == "session.locked").ToList();
        Assert.Equal([true, false], locks.Select(l => l.Data.Boolean("locked")));
        Assert.All(locks, l => Assert.DoesNotContain("suspicious", l.Data.Element.GetRawText(), StringComparison.Ordinal));
    }

    [Fact(Timeout = 60_000)]
    public async Task Lock_PersonTypesAllTheSame_IsNotCutForIdleness()
    {
        await using var guacd = FakeGuacd.Start(new FakeGuacdOptions { Play = Picture });
        await using var relay = await RelayUnderTest.StartAsync(new RelaySetup { Guacd = guacd.Endpoint });
        var opened = await relay.Sessions.OpenAsync(new() { Connection = "ssh-db", Purpose = "a test" }, await relay.AsAsync("olivia"));
        // A policy has minutes: too long for a test.
        await relay.Services.GetRequiredService<RelayDatabase>().ExecuteAsync("UPDATE sessions SET idle_seconds = 4, idle_warn_seconds = 0");
        await using var tunnel = await TunnelClient.RedeemAsync(relay, opened.TunnelTicket);
        await tunnel.Started;
        await LockAsync(relay, opened.SessionId, true);
        await Streams.UntilAsync(() => tunnel.Notices.Any(n => n.Kind == TunnelNoticeKind.Locked));

        var typing = System.Diagnostics.Stopwatch.StartNew();
        while (typing.Elapsed < TimeSpan.FromSeconds(6))
        {
            await tunnel.TypeAsync("x");
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }

        Assert.Null(tunnel.Ended);
        await tunnel.LeaveAsync();
        await tunnel.Finished;
        Assert.DoesNotContain((await guacd.NextUserAsync()).Received, i => i[0] == "key");
    }

    [Fact(Timeout = 60_000)]
    public async Task Lock_OfASessionThatIsOver_IsRefused()
    {
        await using var guacd = FakeGuacd.Start(new FakeGuacdOptions { Play = Picture });
        await using var relay = await RelayUnderTest.StartAsync(new RelaySetup { Guacd = guacd.Endpoint });
        await using var tunnel = await TunnelClient.OpenAsync(relay);
        await tunnel.Started;
        await tunnel.LeaveAsync();
        await tunnel.Finished;
        await relay.WaitForAsync(tunnel.Session, SessionState.Verified);

        Assert.Equal(StatusCode.FailedPrecondition, (await Assert.ThrowsAsync<RpcException>(() => LockAsync(relay, tunnel.Session, true))).StatusCode);
    }

    private static async Task LockAsync(RelayUnderTest relay, string session, bool locked) =>
        await relay.Sessions.LockAsync(new() { SessionId = session, Locked = locked, Purpose = "a suspicious command" }, await relay.AsAsync("sofia"));
}
