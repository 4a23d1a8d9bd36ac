using OpenOva.Relay.Shared;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration;

/// <summary>A session from its opening to its verified recording, with a fake guacd that replays real streams.</summary>
[Trait("Kind", "Fast")]
public sealed class SessionPathTests
{
    [Fact]
    public async Task Session_ReplayedByFakeGuacd_IsDeliveredWholeAndRecordedLessWhatIsForOneUser()
    {
        var stream = await File.ReadAllBytesAsync("testdata/ssh-password.guac", TestContext.Current.CancellationToken);
        stream = Streams.AfterReady(stream);
        await using var guacd = FakeGuacd.Start(new FakeGuacdOptions { Play = FakeGuacdPlay.Replay(stream) });
        await using var relay = await RelayUnderTest.StartAsync(new RelaySetup { Guacd = guacd.Endpoint });

        await using var tunnel = await TunnelClient.OpenAsync(relay);
        await tunnel.Started;
        await Streams.UntilAsync(() => tunnel.Received.Length >= stream.Length);
        await tunnel.LeaveAsync();
        await tunnel.Finished;
        var session = await relay.WaitForAsync(tunnel.Session, SessionState.Verified);

        Assert.Equal(stream, tunnel.Received[..stream.Length]);
        Assert.Equal(SessionEndReason.ClientLeft, tunnel.Ended!.Reason);
        Assert.Equal(Streams.RecordedPart(tunnel.Received), await relay.RawAsync(session.SessionId));
        Assert.False(session.Recovered);
    }
}
