using Grpc.Core;
using OpenOva.Relay.Integration.Replicas;
using OpenOva.Relay.Integration.WebTunnel;
using OpenOva.Relay.Shared;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration.Joins;

/// <summary>Live sessions as they change, of all replicas; and where each can be watched.</summary>
[Trait("Kind", "Real")]
public sealed class WatchTests
{
    [Fact(Timeout = 120_000)]
    public async Task Watch_ThroughAnotherReplica_TellsEachChangeOfWhatOneMaySee()
    {
        await using var guacd = FakeGuacd.Start(new FakeGuacdOptions { Play = WebTunnelWorld.Picture });
        await using var deployment = await Deployment.EmbeddedAsync();
        await using var a = await RelayUnderTest.StartAsync(deployment.Replica("a", guacd.Endpoint));
        await using var b = await RelayUnderTest.StartAsync(deployment.Replica("b", guacd.Endpoint));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var officers = b.Sessions.Watch(new(), await b.AsAsync("sofia"), cancellationToken: patience.Token);
        using var oscars = b.Sessions.Watch(new(), await b.AsAsync("oscar"), cancellationToken: patience.Token);
        var oscarSees = oscars.ResponseStream.MoveNext(patience.Token);
        await using var tunnel = await TunnelClient.OpenAsync(a);
        await tunnel.Started;

        var connected = await UntilAsync(officers, session => session.State == SessionState.Connected, patience.Token);
        Assert.Equal((tunnel.Session, "a"), (connected.SessionId, connected.Replica));
        Assert.Equal(("CARRIED_ELSEWHERE", "a"), await WatcherClient.RefusedAsync(b, tunnel.Session));
        await a.Sessions.LockAsync(new() { SessionId = tunnel.Session, Locked = true, Purpose = "a test" }, await a.AsAsync("sofia"));
        await UntilAsync(officers, session => session.Locked, patience.Token);
        await tunnel.LeaveAsync();
        await tunnel.Finished;
        var ended = await UntilAsync(officers, session => session.EndedUs > 0, patience.Token);
        Assert.Equal(SessionEndReason.ClientLeft, ended.EndReason);

        await patience.CancelAsync();
        Assert.False(await NoneAsync(oscarSees));
    }

    [Fact(Timeout = 120_000)]
    public async Task Person_WhoIsNotToKnow_IsToldNothingOfHisWatcher()
    {
        await using var guacd = FakeGuacd.Start(new FakeGuacdOptions { Play = WebTunnelWorld.Picture });
        await using var relay = await RelayUnderTest.StartAsync(new RelaySetup
        {
            Guacd = guacd.Endpoint, Values = new Dictionary<string, string?> { ["Relay:Sessions:TellWatched"] = "false" },
        });
        await using var owner = await BrowserClient.OpenAsync(relay, r => r with { Query = "&GUAC_NOTICES=1" });
        await owner.WaitForAsync("sync");
        await relay.WaitForAsync(owner.Session, SessionState.Connected);
        var user = await guacd.NextUserAsync();
        await using var watcher = await WatcherClient.JoinAsync(relay, owner.Session);
        await watcher.Started;

        // As guacd does since 1.5.
        await user.SendAsync("msg", "1", "@0198c0de", "Sofia");
        await user.SendAsync("sync", "8");
        await owner.WaitForAsync("sync", "8");
        watcher.Leave();
        await owner.LeaveAsync();
        await relay.WaitForAsync(owner.Session, SessionState.Verified);

        Assert.DoesNotContain(owner.Instructions, i => i[0] == "msg" || i is ["", "notice", ..]);
        var leaves = await LedgerLeaves.OfSessionAsync(relay, owner.Session);
        Assert.DoesNotContain(leaves, l => l.Type == "session.noticed");
        Assert.Contains(leaves, l => l.Type == "session.joined");
    }

    [Fact(Timeout = 120_000)]
    public async Task Watcher_WhoseTimeIsOver_SeesNothingMoreUntilHeSaysWhyAgain()
    {
        await using var guacd = FakeGuacd.Start(new FakeGuacdOptions { Play = WebTunnelWorld.Picture });
        await using var relay = await RelayUnderTest.StartAsync(new RelaySetup
        {
            Guacd = guacd.Endpoint, Values = new Dictionary<string, string?> { ["Relay:Sessions:WatchTime"] = "00:00:01" },
        });
        await using var owner = await BrowserClient.OpenAsync(relay);
        await owner.WaitForAsync("sync");
        await relay.WaitForAsync(owner.Session, SessionState.Connected);
        await using var watcher = await WatcherClient.JoinAsync(relay, owner.Session);
        await watcher.Finished;
        await using var again = await WatcherClient.JoinAsync(relay, owner.Session);
        await again.Started;
        await owner.LeaveAsync();

        Assert.Equal(JoinEndReason.TimeOver, watcher.Ended!.Reason);
    }

    private static async Task<Session> UntilAsync(AsyncServerStreamingCall<SessionServiceWatchResponse> call, Func<Session, bool> fits, CancellationToken cancellation)
    {
        while (await call.ResponseStream.MoveNext(cancellation))
        {
            if (fits(call.ResponseStream.Current.Session)) return call.ResponseStream.Current.Session;
        }

        throw new InvalidOperationException("The stream ended.");
    }

    private static async Task<bool> NoneAsync(Task<bool> next)
    {
        try
        {
            return await next;
        }
        catch (Exception exception) when (exception is OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled })
        {
            return false;
        }
    }
}
