using Microsoft.Extensions.DependencyInjection;
using OpenOva.Relay.Database;
using OpenOva.Relay.Shared;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration.Faults;

/// <summary>Promise 3: what happens is recorded even if nobody looks.</summary>
[Trait("Kind", "Real")]
[Collection("real components")]
public sealed class SlowReaderTests
{
    [Fact(Timeout = 60_000)]
    public async Task Client_StopsReadingTypesBlindAndLeaves_EffectsAreInTheRecording()
    {
        var lab = RealLab.OrSkip();
        var mark = $"blind-{Guid.NewGuid():n}";
        await using var relay = await RelayUnderTest.StartAsync(new RelaySetup { Guacd = lab.Guacd, Connections = lab.Yaml(), Values = lab.Values() });
        await using var tunnel = await TunnelClient.OpenAsync(relay);
        await tunnel.Started;
        await Streams.UntilAsync(() => tunnel.ReceivedBytes > 5_000);
        tunnel.AnswersSync = false;
        var seen = tunnel.Received.Length;

        await tunnel.TypeAsync($"seq 1 30; touch {mark}\n");
        await tunnel.LeaveAsync();
        await tunnel.Finished;

        await Streams.UntilAsync(() => File.Exists(Path.Combine(lab.Home, mark)));
        var session = await relay.WaitForAsync(tunnel.Session, SessionState.Verified);
        Assert.Equal(SessionEndReason.ClientLeft, session.EndReason);
        // Far more was drawn and recorded than the person had seen: the thirty lines and the prompt after them.
        Assert.True(session.RecordedBytes > seen + 5_000, $"{session.RecordedBytes} bytes recorded, {seen} seen before");
    }

    [Fact(Timeout = 60_000)]
    public async Task Client_LagsBehindItsSyncs_HasItsInputDroppedUntilItCatchesUp()
    {
        var lab = RealLab.OrSkip();
        var (dropped, taken) = ($"dropped-{Guid.NewGuid():n}", $"taken-{Guid.NewGuid():n}");
        await using var relay = await RelayUnderTest.StartAsync(new RelaySetup { Guacd = lab.Guacd, Connections = lab.Yaml(), Values = lab.Values() });
        await using var tunnel = await TunnelClient.OpenAsync(relay, answersSync: false);
        await tunnel.Started;
        // Nothing was answered: after two seconds the person is behind, though guacd goes on drawing because Relay answers it.
        await Streams.UntilAsync(() => tunnel.ReceivedBytes > 5_000);
        await Task.Delay(2_500, TestContext.Current.CancellationToken);
        await tunnel.TypeAsync($"touch {dropped}\n");
        await Task.Delay(500, TestContext.Current.CancellationToken);
        await tunnel.CatchUpAsync();
        await tunnel.TypeAsync($"touch {taken}\n");

        await Streams.UntilAsync(() => File.Exists(Path.Combine(lab.Home, taken)));
        Assert.False(File.Exists(Path.Combine(lab.Home, dropped)));
        await tunnel.LeaveAsync();
        await tunnel.Finished;
    }
}

/// <summary>The same promise where a fake guacd can draw faster than anybody reads.</summary>
[Trait("Kind", "Real")]
public sealed class StoppedReaderTests
{
    [Fact(Timeout = 60_000)]
    public async Task Client_ThatReadsNothing_IsCutAndWhatWasDrawnIsRecorded()
    {
        var image = new string('A', 8_000);
        await using var guacd = FakeGuacd.Start(new FakeGuacdOptions
        {
            Play = FakeGuacdPlay.Script(["size", "0", "800", "600"], ["sync", "1"], ["img", "1", "14", "0", "image/png", "0", "0"])
                .Then(FakeGuacdPlay.Flood(["blob", "1", image], 2_000)).Then(FakeGuacdPlay.Script(["end", "1"], ["sync", "2"])),
        });
        await using var relay = await RelayUnderTest.StartAsync(new RelaySetup
        {
            Guacd = guacd.Endpoint,
            Values = new Dictionary<string, string?> { ["Relay:Sessions:ReaderQueueBytes"] = $"{1 << 20}" },
        });
        await using var tunnel = await TunnelClient.OpenAsync(relay, reads: false);

        var listed = await FirstSessionAsync(relay);
        var session = await relay.WaitForAsync(listed, SessionState.Verified);

        Assert.Equal(SessionEndReason.ReaderTooSlow, session.EndReason);
        // All that guacd drew, up to its last sync, although the person took next to nothing of it.
        Assert.True(session.RecordedBytes > 2_000 * 8_000, $"{session.RecordedBytes} bytes recorded");
        var ended = (await LedgerLeaves.OfSessionAsync(relay, listed)).Single(l => l.Type == "session.ended");
        Assert.Equal("READER_TOO_SLOW", ended.Data.String("reason"));
    }

    [Fact(Timeout = 60_000)]
    public async Task Client_ThatDoesNotTakeItsGoodbye_DoesNothingMoreToTheTarget()
    {
        var image = new string('A', 8_000);
        await using var guacd = FakeGuacd.Start(new FakeGuacdOptions
        {
            Play = FakeGuacdPlay.Script(["size", "0", "800", "600"], ["sync", "1"], ["img", "1", "14", "0", "image/png", "0", "0"]).Then(FakeGuacdPlay.Flood(["blob", "1", image], 300)),
        });
        await using var relay = await RelayUnderTest.StartAsync(new RelaySetup { Guacd = guacd.Endpoint });
        await using var tunnel = await TunnelClient.OpenAsync(relay, reads: false);
        var session = await FirstSessionAsync(relay);
        await relay.WaitForAsync(session, SessionState.Connected);
        var user = await guacd.NextUserAsync();
        // Else he would be behind, which drops his input for another reason.
        await tunnel.SendAsync("4.sync,1.1;");
        await tunnel.TypeAsync("a");
        await user.WaitForAsync("key");

        await relay.Sessions.TerminateAsync(new() { SessionId = session, Purpose = "a test" }, await relay.AsAsync("sofia"));
        var database = relay.Services.GetRequiredService<RelayDatabase>();
        await Streams.UntilAsync(async () => await database.ExecuteScalarAsync<long?>("SELECT obeyed_us FROM session_orders") is not null);
        await tunnel.TypeAsync("x");
        await relay.WaitForAsync(session, SessionState.Verified);

        Assert.DoesNotContain(user.Received, i => i is ["key", "120", ..]);
    }

    private static async Task<string> FirstSessionAsync(RelayUnderTest relay)
    {
        var headers = await relay.AsAsync("anton");
        while (true)
        {
            var sessions = (await relay.Sessions.ListAsync(new(), headers)).Sessions;
            if (sessions.Count > 0) return sessions[0].SessionId;
        }
    }
}
