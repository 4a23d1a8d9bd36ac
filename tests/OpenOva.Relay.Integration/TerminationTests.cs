using Grpc.Core;
using OpenOva.Relay.Shared;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration;

/// <summary>A session is ended from outside: its person is told, its recording stays whole, and the ledger says who ordered it.</summary>
[Trait("Kind", "Real")]
public sealed class TerminationTests
{
    private static readonly FakeGuacdPlay Picture = FakeGuacdPlay.Script(["size", "0", "800", "600"], ["sync", "7"]);

    [Fact]
    public async Task Terminate_LiveSession_EndsItWithItsReasonAndAVerifiedRecording()
    {
        await using var guacd = FakeGuacd.Start(new FakeGuacdOptions { Play = Picture });
        await using var relay = await RelayUnderTest.StartAsync(new RelaySetup { Guacd = guacd.Endpoint });
        await using var tunnel = await TunnelClient.OpenAsync(relay);
        await tunnel.Started;

        await relay.Sessions.TerminateAsync(new() { SessionId = tunnel.Session, Purpose = "A suspicious command" }, await relay.AsAsync("sofia"));
        await tunnel.Finished;

        Assert.Equal(SessionEndReason.Terminated, tunnel.Ended!.Reason);
        Assert.Contains("The session was ended by order.", System.Text.Encoding.UTF8.GetString(tunnel.Received), StringComparison.Ordinal);
        var session = await relay.WaitForAsync(tunnel.Session, SessionState.Verified);
        Assert.Equal(SessionEndReason.Terminated, session.EndReason);
        var leaves = await LedgerLeaves.OfSessionAsync(relay, tunnel.Session);
        var order = Assert.Single(leaves, l => l.Type == "session.end-ordered");
        Assert.Equal("TERMINATED", order.Data.String("reason"));
        Assert.NotEmpty(order.Data.Object("subject").String("sub"));
        Assert.DoesNotContain("suspicious", order.Data.Element.GetRawText(), StringComparison.Ordinal);
        Assert.True(leaves.ToList().FindIndex(l => l.Type == "session.ended") > leaves.ToList().IndexOf(order));
    }

    [Fact]
    public async Task Terminate_TicketStillOut_KillsTheTicket()
    {
        await using var relay = await RelayUnderTest.StartAsync();
        var opened = await relay.Sessions.OpenAsync(new() { Connection = "ssh-db", Purpose = "a test" }, await relay.AsAsync("olivia"));

        await relay.Sessions.TerminateAsync(new() { SessionId = opened.SessionId, Purpose = "No longer needed" }, await relay.AsAsync("olivia"));

        var tunnel = await TunnelClient.RedeemAsync(relay, opened.TunnelTicket);
        var refused = await Assert.ThrowsAsync<RpcException>(() => tunnel.Started);
        Assert.Equal(StatusCode.Unauthenticated, refused.StatusCode);
        var session = await relay.WaitForAsync(opened.SessionId, SessionState.Failed);
        Assert.Equal(SessionEndReason.Terminated, session.EndReason);
    }

    [Fact]
    public async Task Terminate_TwiceOrAfterTheEnd_IsOrderedOnce()
    {
        await using var guacd = FakeGuacd.Start(new FakeGuacdOptions { Play = Picture });
        await using var relay = await RelayUnderTest.StartAsync(new RelaySetup { Guacd = guacd.Endpoint });
        await using var tunnel = await TunnelClient.OpenAsync(relay);
        await tunnel.Started;
        var request = new SessionServiceTerminateRequest { SessionId = tunnel.Session, Purpose = "Once" };

        await Task.WhenAll(Enumerable.Range(0, 5).Select(async _ => await relay.Sessions.TerminateAsync(request, await relay.AsAsync("sofia"))));
        await tunnel.Finished;
        await relay.WaitForAsync(tunnel.Session, SessionState.Verified);
        await relay.Sessions.TerminateAsync(request, await relay.AsAsync("sofia"));

        Assert.Single(await LedgerLeaves.OfSessionAsync(relay, tunnel.Session), l => l.Type == "session.end-ordered");
    }

    [Fact]
    public async Task Terminate_AfterATicketWasTriedByManyAtOnce_StillReachesTheSession()
    {
        await using var guacd = FakeGuacd.Start(new FakeGuacdOptions { Play = Picture });
        await using var relay = await RelayUnderTest.StartAsync(new RelaySetup { Guacd = guacd.Endpoint });
        var opened = await relay.Sessions.OpenAsync(new() { Connection = "ssh-db", Purpose = "a test" }, await relay.AsAsync("olivia"));
        var tunnels = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => TunnelClient.RedeemAsync(relay, opened.TunnelTicket)));
        var started = await Task.WhenAll(tunnels.Select(async tunnel =>
        {
            try
            {
                await tunnel.Started;
                return true;
            }
            catch (RpcException)
            {
                return false;
            }
        }));
        var winner = tunnels[Assert.Single(Enumerable.Range(0, tunnels.Length), i => started[i])];

        await relay.Sessions.TerminateAsync(new() { SessionId = opened.SessionId, Purpose = "enough" }, await relay.AsAsync("sofia"));
        await winner.Finished;

        Assert.Equal(SessionEndReason.Terminated, winner.Ended!.Reason);
        await relay.WaitForAsync(opened.SessionId, SessionState.Verified);
        foreach (var tunnel in tunnels) await tunnel.DisposeAsync();
    }

    [Fact]
    public async Task Order_WithoutAReason_IsRefused()
    {
        await using var relay = await RelayUnderTest.StartAsync();
        var opened = await relay.Sessions.OpenAsync(new() { Connection = "ssh-db", Purpose = "a test" }, await relay.AsAsync("olivia"));

        var headers = await relay.AsAsync("sofia");
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await relay.Sessions.TerminateAsync(new() { SessionId = opened.SessionId }, headers));

        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        refused = await Assert.ThrowsAsync<RpcException>(async () => await relay.Sessions.LockAsync(new() { SessionId = opened.SessionId, Locked = true }, headers));
        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
    }
}
