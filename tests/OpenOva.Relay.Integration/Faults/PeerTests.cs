using Grpc.Core;
using OpenOva.Relay.Shared;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration.Faults;

/// <summary>A peer that sends garbage, oversize elements or nothing: its session ends cleanly, others never notice.</summary>
[Trait("Kind", "Real")]
public sealed class PeerTests
{
    private static readonly FakeGuacdPlay Picture = FakeGuacdPlay.Script(["size", "0", "800", "600"], ["sync", "1"]);

    [Theory(Timeout = 60_000)]
    [InlineData("garbage")]
    [InlineData("oversize")]
    public async Task Guacd_SpeakingNonsense_EndsThatSessionAlone(string what)
    {
        await using var guacd = FakeGuacd.Start(new FakeGuacdOptions { Play = Picture });
        await using var relay = await RelayUnderTest.StartAsync(new RelaySetup { Guacd = guacd.Endpoint });
        await using var healthy = await TunnelClient.OpenAsync(relay);
        await healthy.Started;
        guacd.Options = guacd.Options with { Play = Picture.Then(what == "garbage" ? FakeGuacdPlay.Garbage : FakeGuacdPlay.Oversized) };
        await using var sick = await TunnelClient.OpenAsync(relay);
        await sick.Started;
        await sick.Finished;

        Assert.Equal(SessionEndReason.GuacdProtocolError, sick.Ended!.Reason);
        await relay.WaitForAsync(sick.Session, SessionState.Verified);
        await EndsWellAsync(relay, healthy);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("GET / HTTP/1.1\r\n")]
    [InlineData("99999.a")]
    [InlineData("3.key,5.65293,1.1,")]
    public async Task Client_SpeakingNonsenseOrNothingMore_EndsItsSessionAlone(string sent)
    {
        await using var guacd = FakeGuacd.Start(new FakeGuacdOptions { Play = Picture });
        await using var relay = await RelayUnderTest.StartAsync(new RelaySetup { Guacd = guacd.Endpoint });
        await using var healthy = await TunnelClient.OpenAsync(relay);
        await healthy.Started;
        await using var sick = await TunnelClient.OpenAsync(relay);
        await sick.Started;
        await sick.SendAsync(sent);
        await sick.CompleteAsync();
        await sick.Finished;

        Assert.Contains(sick.Ended!.Reason, (SessionEndReason[])[SessionEndReason.ClientProtocolError, SessionEndReason.ClientLeft]);
        Assert.Equal(sent.EndsWith(',') ? SessionEndReason.ClientLeft : SessionEndReason.ClientProtocolError, sick.Ended.Reason);
        await relay.WaitForAsync(sick.Session, SessionState.Verified);
        await EndsWellAsync(relay, healthy);
    }

    [Fact(Timeout = 60_000)]
    public async Task Guacd_DrawingNothing_IsTargetTimeout()
    {
        await using var guacd = FakeGuacd.Start(new FakeGuacdOptions { Play = FakeGuacdPlay.Hold });
        await using var relay = await RelayUnderTest.StartAsync(new RelaySetup
        {
            Guacd = guacd.Endpoint,
            Values = new Dictionary<string, string?> { ["Relay:Sessions:FirstFrame"] = "00:00:01" },
        });
        await using var tunnel = await TunnelClient.OpenAsync(relay);

        var refused = await Assert.ThrowsAnyAsync<RpcException>(() => tunnel.Finished);

        Assert.Equal(StatusCode.DeadlineExceeded, refused.StatusCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task Guacd_Vanishing_EndsTheSessionAndItsRecordingIsVerified()
    {
        await using var guacd = FakeGuacd.Start(new FakeGuacdOptions { Play = Picture });
        await using var relay = await RelayUnderTest.StartAsync(new RelaySetup { Guacd = guacd.Endpoint });
        await using var tunnel = await TunnelClient.OpenAsync(relay);
        var user = await guacd.NextUserAsync();
        await tunnel.Started;
        user.Reset();
        await tunnel.Finished;

        Assert.Equal(SessionEndReason.GuacdLost, tunnel.Ended!.Reason);
        var session = await relay.WaitForAsync(tunnel.Session, SessionState.Verified);
        Assert.False(session.Recovered);
    }

    private static async Task EndsWellAsync(RelayUnderTest relay, TunnelClient healthy)
    {
        await healthy.LeaveAsync();
        await healthy.Finished;
        Assert.Equal(SessionEndReason.ClientLeft, healthy.Ended!.Reason);
        await relay.WaitForAsync(healthy.Session, SessionState.Verified);
    }
}
