using Grpc.Core;
using OpenOva.Relay.Database;
using OpenOva.Relay.Shared;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration;

/// <summary>A session from its opening to its verified recording, with a fake guacd that replays real streams.</summary>
[Trait("Kind", "Real")]
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
        await Streams.UntilAsync(() => tunnel.ReceivedBytes >= stream.Length);
        await tunnel.LeaveAsync();
        await tunnel.Finished;
        var session = await relay.WaitForAsync(tunnel.Session, SessionState.Verified);

        Assert.Equal(stream, tunnel.Received[..stream.Length]);
        Assert.Equal(SessionEndReason.ClientLeft, tunnel.Ended!.Reason);
        Assert.Equal(Streams.RecordedPart(tunnel.Received), await relay.RawAsync(session.SessionId));
        Assert.False(session.Recovered);
    }

    [Fact]
    public async Task Session_NoRecordingRequired_LeavesNoRecordingAndSaysSo()
    {
        await using var guacd = FakeGuacd.Start(new FakeGuacdOptions { Play = Picture });
        await using var relay = await RelayUnderTest.StartAsync(new RelaySetup { Guacd = guacd.Endpoint, Connections = RelayUnderTest.SshYaml(recorded: false) });

        await using var tunnel = await TunnelClient.OpenAsync(relay);
        await tunnel.Started;
        await tunnel.LeaveAsync();
        await tunnel.Finished;
        await relay.WaitForAsync(tunnel.Session, SessionState.Ended);

        var types = (await LedgerLeaves.OfSessionAsync(relay, tunnel.Session)).Select(l => l.Type).ToList();
        Assert.Equal(["session.opened", "session.connected", "session.ended"], types);
        var refused = await Assert.ThrowsAsync<RpcException>(() => relay.RawAsync(tunnel.Session));
        Assert.Equal(StatusCode.FailedPrecondition, refused.StatusCode);
    }

    [Fact]
    public async Task Session_WhileTheReplicaStops_IsToldAndSealedBeforeItIsGone()
    {
        await using var guacd = FakeGuacd.Start(new FakeGuacdOptions { Play = Picture });
        using var folder = new TemporaryFolder();
        string session;
        await using (var relay = await RelayUnderTest.StartAsync(new RelaySetup { Guacd = guacd.Endpoint, Folder = folder.Path }))
        {
            await using var tunnel = await TunnelClient.OpenAsync(relay);
            await tunnel.Started;
            session = tunnel.Session;
            await relay.StopAsync();
            await tunnel.Finished;

            Assert.Equal(SessionEndReason.ReplicaShutdown, tunnel.Ended!.Reason);
        }

        await using var again = await RelayUnderTest.StartAsync(new RelaySetup { Guacd = guacd.Endpoint, Folder = folder.Path });
        var found = await again.WaitForAsync(session, SessionState.Verified);
        Assert.False(found.Recovered);
        Assert.Equal(SessionEndReason.ReplicaShutdown, found.EndReason);
    }

    [Fact]
    public async Task Sessions_WhileTheReplicaStopsWithGrace_AreToldAndMayLeaveByThemselves()
    {
        await using var guacd = FakeGuacd.Start(new FakeGuacdOptions { Play = Picture });
        await using var relay = await RelayUnderTest.StartAsync(new RelaySetup
        {
            Guacd = guacd.Endpoint, Values = new Dictionary<string, string?> { ["Relay:Sessions:ShutdownGrace"] = "00:00:03" },
        });
        await using var leaving = await TunnelClient.OpenAsync(relay);
        await using var staying = await TunnelClient.OpenAsync(relay);
        await Task.WhenAll(leaving.Started, staying.Started);

        var stopping = relay.StopAsync();
        await Streams.UntilAsync(() => leaving.Notices.Any(n => n.Kind == TunnelNoticeKind.Shutdown) && staying.Notices.Any(n => n.Kind == TunnelNoticeKind.Shutdown));
        await leaving.LeaveAsync();
        await leaving.Finished;
        Assert.Null(staying.Ended);
        await staying.Finished;
        await stopping;

        Assert.Equal((SessionEndReason.ClientLeft, SessionEndReason.ReplicaShutdown), (leaving.Ended!.Reason, staying.Ended!.Reason));
        await using var database = new RelayDatabase(new DatabaseOptions(), relay.Data, TimeProvider.System);
        Assert.Equal(2, (await LedgerLeaves.TypesAsync(database)).Count(type => type == "recording.sealed"));
    }

    [Fact]
    public async Task Pointer_OfThePerson_IsInTheRecordingAndTheTotalsBalance()
    {
        await using var guacd = FakeGuacd.Start(new FakeGuacdOptions { Play = Picture });
        await using var relay = await RelayUnderTest.StartAsync(new RelaySetup { Guacd = guacd.Endpoint });

        await using var tunnel = await TunnelClient.OpenAsync(relay);
        await tunnel.Started;
        await tunnel.SendAsync("5.mouse,2.10,2.20,1.1;5.mouse,2.10,2.20,1.0;");
        await tunnel.LeaveAsync();
        await tunnel.Finished;
        await relay.WaitForAsync(tunnel.Session, SessionState.Verified);

        var raw = System.Text.Encoding.UTF8.GetString(await relay.RawAsync(tunnel.Session));
        Assert.Contains("5.mouse,2.10,2.20,1.1,1.7;5.mouse,2.10,2.20,1.0,1.7;", raw, StringComparison.Ordinal);
        var totals = (await relay.ManifestAsync(tunnel.Session))["totals"]!;
        Assert.Equal(2, totals["synthesised"]!["count"]!.GetValue<long>());
        Assert.True((await relay.VerifyAsync(tunnel.Session)).Valid);
    }

    private static readonly FakeGuacdPlay Picture = FakeGuacdPlay.Script(["size", "0", "800", "600"], ["sync", "7"]);
}
