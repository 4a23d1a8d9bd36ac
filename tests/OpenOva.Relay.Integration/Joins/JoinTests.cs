using Microsoft.Extensions.DependencyInjection;
using OpenOva.Relay.Database;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Identity.Logout;
using OpenOva.Relay.Integration.WebTunnel;
using OpenOva.Relay.Sessions.Joins;
using OpenOva.Relay.Shared;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration.Joins;

/// <summary>A live session is watched: read-only, with a purpose that is ledgered first, and without its person being held up.</summary>
[Trait("Kind", "Real")]
[Collection(WebTunnelWorld.Collection)]
public sealed class JoinTests(WebTunnelWorld world)
{
    [Fact(Timeout = 120_000)]
    public async Task Join_ByAnOfficer_ShowsWhatARecordingWouldHoldAndIsLedgeredFirst()
    {
        var (owner, guacd) = await world.StartedAsync(r => r with { Query = "&GUAC_NOTICES=1" });
        await using var _ = owner;
        await using var watcher = await WatcherClient.JoinAsync(world.Relay, owner.Session);
        var started = await watcher.Started;
        var joined = Assert.Single(await LedgerLeaves.OfSessionAsync(world.Relay, owner.Session), l => l.Type == "session.joined");
        var join = await world.NextUserAsync();
        await owner.WaitForAsync("", "notice", "watched");

        await join.SendAsync("argv", "9", "text/plain", "color-scheme");
        await join.SendAsync("blob", "9", "c2VjcmV0");
        await join.SendAsync("clipboard", "11", "text/plain");
        await join.SendAsync("blob", "11", "cGFzc3dvcmQ=");
        await guacd.Session!.BroadcastAsync("rect", "0", "1", "2", "3", "4");
        await guacd.Session.BroadcastAsync("sync", "8");
        await Streams.UntilAsync(() => watcher.Text.Contains("4.sync,1.8;", StringComparison.Ordinal));
        await join.WaitForAsync("sync", "8");
        await owner.WaitForAsync("sync", "8");
        var seen = watcher.Text;
        watcher.Leave();
        await owner.WaitForAsync("", "notice", "unwatched");
        await join.Ended.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        await owner.SendAsync("3.key,2.97,1.1;");
        await guacd.WaitForAsync("key");
        await owner.LeaveAsync();
        await world.Relay.WaitForAsync(owner.Session, SessionState.Verified);

        Assert.Equal("true", join.Parameters["read-only"]);
        Assert.DoesNotContain(join.Handshake, i => i[0] == "name");
        Assert.Equal("4.size,1.0,3.800,3.600;4.sync,1.7;4.rect,1.0,1.1,1.2,1.3,1.4;4.sync,1.8;", seen);
        Assert.Equal(started.JoinId, joined.Data.String("join"));
        Assert.DoesNotContain("suspicion", joined.Data.Element.GetRawText(), StringComparison.Ordinal);
        var ended = Assert.Single(await LedgerLeaves.OfSessionAsync(world.Relay, owner.Session), l => l.Type == "session.join-ended");
        Assert.Equal(("WATCHER_LEFT", (long)seen.Length), (ended.Data.String("reason"), ended.Data.Count("bytes")));
        Assert.Equal(
            ["watched", "unwatched"],
            (await LedgerLeaves.OfSessionAsync(world.Relay, owner.Session)).Where(l => l.Type == "session.noticed").Select(l => l.Data.String("kind")));
    }

    [Fact(Timeout = 120_000)]
    public async Task Join_ThatIsNotTheCallersToMake_IsRefused()
    {
        var (owner, _) = await world.StartedAsync();
        await using var __ = owner;
        await Streams.UntilAsync(async () => (await StateAsync(owner.Session)) == SessionState.Connected);
        var unredeemed = await BrowserClient.TicketAsync(world.Relay);
        var svens = await BrowserClient.TicketAsync(world.Relay, "sven");
        await using var sven = await BrowserClient.ConnectAsync(world.Relay, svens);
        await sven.WaitForAsync("sync");

        Assert.Equal("OWN_DOING", (await WatcherClient.RefusedAsync(world.Relay, svens.Session, "sven")).Reason);
        Assert.Equal("NOT_PERMITTED", (await WatcherClient.RefusedAsync(world.Relay, owner.Session, "olivia")).Reason);
        Assert.Equal("NOT_PERMITTED", (await WatcherClient.RefusedAsync(world.Relay, owner.Session, "anton")).Reason);
        Assert.Equal("INVALID_ARGUMENT", (await WatcherClient.RefusedAsync(world.Relay, owner.Session, purpose: "")).Reason);
        Assert.Equal("WRONG_STATE", (await WatcherClient.RefusedAsync(world.Relay, unredeemed.Session)).Reason);
        await owner.LeaveAsync();
        await world.Relay.WaitForAsync(owner.Session, SessionState.Verified);
        Assert.Equal("WRONG_STATE", (await WatcherClient.RefusedAsync(world.Relay, owner.Session)).Reason);
        Assert.DoesNotContain(await LedgerLeaves.OfSessionAsync(world.Relay, owner.Session), l => l.Type == "session.joined");
    }

    [Fact(Timeout = 120_000)]
    public async Task Join_WhereGuacdWouldHandOverTheKeyboard_IsRefused()
    {
        var (owner, _) = await world.StartedAsync();
        await using var __ = owner;
        await ConnectedAsync(owner);
        world.Guacd.Options = new FakeGuacdOptions { Args = ["VERSION_1_3_0", "hostname"] };

        Assert.Equal("CONNECTION_MISCONFIGURED", (await WatcherClient.RefusedAsync(world.Relay, owner.Session)).Reason);
        await owner.LeaveAsync();
        var ended = Assert.Single(await LedgerLeaves.OfSessionAsync(world.Relay, owner.Session), l => l.Type == "session.join-ended");
        Assert.Equal(("CONNECT_FAILED", 0L), (ended.Data.String("reason"), ended.Data.Count("bytes")));
    }

    [Fact(Timeout = 120_000)]
    public async Task Session_ThatEnds_EndsItsWatchersOfWhomThereAreNoMoreThanTheLimit()
    {
        var (owner, guacd) = await world.StartedAsync();
        await using var _ = owner;
        await ConnectedAsync(owner);
        var watchers = new List<WatcherClient>();
        for (var i = 0; i < 3; i++)
        {
            watchers.Add(await WatcherClient.JoinAsync(world.Relay, owner.Session));
            await watchers[i].Started;
        }

        Assert.Equal("LIMIT_REACHED", (await WatcherClient.RefusedAsync(world.Relay, owner.Session)).Reason);
        var joins = guacd.Session!.Users.Where(user => user != guacd).ToList();
        await owner.LeaveAsync();
        foreach (var watcher in watchers)
        {
            await watcher.Finished;
            Assert.Equal(JoinEndReason.SessionEnded, watcher.Ended!.Reason);
            await watcher.DisposeAsync();
        }

        foreach (var join in joins) await join.Ended.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.Equal(3, joins.Count);
        Assert.Equal(SessionEndReason.ClientLeft, (await world.Relay.WaitForAsync(owner.Session, SessionState.Verified)).EndReason);
    }

    [Fact(Timeout = 120_000)]
    public async Task Watcher_WhoReadsNothing_IsDroppedAndThePersonGoesOn()
    {
        var (owner, guacd) = await world.StartedAsync();
        await using var _ = owner;
        await ConnectedAsync(owner);
        await using var watcher = await WatcherClient.JoinAsync(world.Relay, owner.Session, reads: false);
        var join = await world.NextUserAsync();
        await join.SendAsync("img", "1", "14", "0", "image/png", "0", "0");
        var blob = Streams.Instruction("blob", "1", new string('A', 8_000));
        try
        {
            for (var i = 0; i < 3_000 && !join.Ended.IsCompleted; i++) await join.SendRawAsync(blob);
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // Dropped in the midst of it.
        }

        await join.Ended.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        await owner.SendAsync("3.key,2.97,1.1;");
        await guacd.WaitForAsync("key");
        await guacd.SendAsync("sync", "9");
        await owner.WaitForAsync("sync", "9");
        await Streams.UntilAsync(async () => (await LedgerLeaves.OfSessionAsync(world.Relay, owner.Session)).Any(l => l.Type == "session.join-ended"));
        await owner.LeaveAsync();

        var ended = Assert.Single(await LedgerLeaves.OfSessionAsync(world.Relay, owner.Session), l => l.Type == "session.join-ended");
        Assert.Equal("READER_TOO_SLOW", ended.Data.String("reason"));
    }

    [Fact(Timeout = 120_000)]
    public async Task Watcher_WhoIsSignedOut_SeesNothingMoreAndThePersonGoesOn()
    {
        var (owner, guacd) = await world.StartedAsync();
        await using var _ = owner;
        await ConnectedAsync(owner);
        await using var watcher = await WatcherClient.JoinAsync(world.Relay, owner.Session, "ulla");
        await watcher.Started;
        var ulla = (await world.Relay.Services.GetRequiredService<TokenValidator>().ValidateAccessTokenAsync(
            await world.Relay.TokenAsync("acme", "ulla"), TestContext.Current.CancellationToken)).Caller!;

        world.Relay.Services.GetRequiredService<SignOuts>().Note([new SignOut { Issuer = ulla.Issuer, Subject = ulla.Subject, BeforeUs = long.MaxValue, ExpiresUs = long.MaxValue }]);
        await watcher.Finished;
        await owner.SendAsync("3.key,2.97,1.1;");
        await guacd.WaitForAsync("key");
        await owner.LeaveAsync();

        Assert.Equal(JoinEndReason.SignedOut, watcher.Ended!.Reason);
        await world.Relay.WaitForAsync(owner.Session, SessionState.Verified);
        var ended = Assert.Single(await LedgerLeaves.OfSessionAsync(world.Relay, owner.Session), l => l.Type == "session.join-ended");
        Assert.Equal("SIGNED_OUT", ended.Data.String("reason"));
    }

    [Fact(Timeout = 120_000)]
    public async Task Watcher_OfALostReplica_IsNotedOnceTheSessionIsOver()
    {
        var (owner, _) = await world.StartedAsync();
        await using var __ = owner;
        await ConnectedAsync(owner);
        await using var watcher = await WatcherClient.JoinAsync(world.Relay, owner.Session);
        var join = (await watcher.Started).JoinId;
        await owner.LeaveAsync();
        await watcher.Finished;
        await world.Relay.WaitForAsync(owner.Session, SessionState.Verified);
        var database = world.Relay.Services.GetRequiredService<RelayDatabase>();
        await database.ExecuteAsync("UPDATE session_joins SET ended_us = NULL WHERE id = @join", new { join });
        await database.ExecuteAsync("UPDATE sessions SET ended_us = ended_us - 120000000 WHERE id = @Session", new { owner.Session });

        await world.Relay.Services.GetRequiredService<JoinRecords>().SweepAsync(TestContext.Current.CancellationToken);

        var ends = (await LedgerLeaves.OfSessionAsync(world.Relay, owner.Session)).Where(l => l.Type == "session.join-ended").Select(l => l.Data.String("reason"));
        Assert.Equal(["SESSION_ENDED", "REPLICA_LOST"], ends);
    }

    private Task ConnectedAsync(BrowserClient owner) => Streams.UntilAsync(async () => await StateAsync(owner.Session) == SessionState.Connected);

    private async Task<SessionState> StateAsync(string session) =>
        (await world.Relay.Sessions.GetAsync(new() { SessionId = session }, await world.Relay.AsAsync("sofia"))).Session.State;
}
