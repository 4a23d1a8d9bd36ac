using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using OpenOva.Relay.Database;
using OpenOva.Relay.Shared;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration;

/// <summary>A replica that no longer holds its lease carries nothing; one whose database answers strangely goes on as long as it holds it.</summary>
[Trait("Kind", "Real")]
public sealed class FencingTests
{
    private static readonly FakeGuacdPlay Picture = FakeGuacdPlay.Script(["size", "0", "800", "600"], ["sync", "7"]);
    private static readonly Dictionary<string, string?> ShortLease = new() { ["Relay:Sessions:Lease"] = "00:00:03" };

    [Fact(Timeout = 60_000)]
    public async Task Lease_LostWhileASessionIsBeingConnected_EndsIt()
    {
        await using var guacd = FakeGuacd.Start(new FakeGuacdOptions { Play = Picture });
        await using var door = new HeldDoor(guacd.Endpoint);
        await using var relay = await RelayUnderTest.StartAsync(new RelaySetup { Guacd = door.Endpoint, Values = ShortLease });
        await using var tunnel = await TunnelClient.OpenAsync(relay);
        await door.Reached;

        await Database(relay).ExecuteAsync("UPDATE leases SET epoch = epoch + 1, holder = 'another' WHERE name LIKE 'replica/%'");
        await Streams.UntilAsync(() => relay.Warnings.ToString().Contains("lost its lease", StringComparison.Ordinal));
        door.Open();

        await Assert.ThrowsAsync<RpcException>(() => tunnel.Started);
        await Assert.ThrowsAsync<RpcException>(() => tunnel.Finished);
    }

    [Fact(Timeout = 60_000)]
    public async Task Lease_LapsedBeforeTheTicketIsRedeemed_RefusesIt()
    {
        await using var guacd = FakeGuacd.Start(new FakeGuacdOptions { Play = Picture });
        await using var relay = await RelayUnderTest.StartAsync(new RelaySetup { Guacd = guacd.Endpoint });
        var opened = await relay.Sessions.OpenAsync(new() { Connection = "ssh-db", Purpose = "a test" }, await relay.AsAsync("olivia"));
        // The replica renews every quarter of 15 s: it does not know yet.
        await Database(relay).ExecuteAsync("UPDATE leases SET epoch = epoch + 1, holder = 'another' WHERE name LIKE 'replica/%'");

        await using var tunnel = await TunnelClient.RedeemAsync(relay, opened.TunnelTicket);

        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => tunnel.Started)).StatusCode);
        await Assert.ThrowsAsync<RpcException>(() => tunnel.Finished);
        Assert.Null(await Database(relay).ExecuteScalarAsync<long?>("SELECT redeemed_us FROM session_tickets"));
        Assert.Equal(0, guacd.Accepted);
    }

    // A statement that fails while the lease holds and then finds nothing to renew, and one that fails in any case.
    [Theory(Timeout = 60_000)]
    [InlineData("CREATE TRIGGER strange BEFORE UPDATE ON leases WHEN NEW.name LIKE 'replica/%' BEGIN SELECT RAISE(ABORT, 'strange'); END", "DROP TRIGGER strange")]
    [InlineData("ALTER TABLE leases RENAME TO leases_away", "ALTER TABLE leases_away RENAME TO leases")]
    public async Task Lease_CannotBeRenewedForAStrangeReason_EndsSessionsWhenItHasLapsedAndTheReplicaGoesOn(string strange, string mended)
    {
        await using var guacd = FakeGuacd.Start(new FakeGuacdOptions { Play = Picture });
        await using var relay = await RelayUnderTest.StartAsync(new RelaySetup { Guacd = guacd.Endpoint, Values = ShortLease });
        await using var tunnel = await TunnelClient.OpenAsync(relay);
        await tunnel.Started;

        await Database(relay).ExecuteAsync(strange);
        await tunnel.Finished;
        await Database(relay).ExecuteAsync(mended);

        Assert.Equal(SessionEndReason.ReplicaLost, tunnel.Ended!.Reason);
        Assert.Contains("A round of replica-lease failed", relay.Warnings.ToString(), StringComparison.Ordinal);
        await relay.WaitForAsync(tunnel.Session, SessionState.Verified);
        await Streams.UntilAsync(() => OpensAsync(relay));
    }

    [Fact(Timeout = 60_000)]
    public async Task Loops_WhoseDatabaseAnswersStrangely_StopNeitherTheReplicaNorItsSessions()
    {
        await using var guacd = FakeGuacd.Start(new FakeGuacdOptions { Play = Picture });
        await using var relay = await RelayUnderTest.StartAsync(new RelaySetup { Guacd = guacd.Endpoint });
        await using var tunnel = await TunnelClient.OpenAsync(relay);
        await tunnel.Started;

        await Database(relay).ExecuteAsync("ALTER TABLE session_orders RENAME TO session_orders_away");
        await Streams.UntilAsync(() => relay.Warnings.ToString().Contains("A round of session-orders failed", StringComparison.Ordinal));
        await Database(relay).ExecuteAsync("ALTER TABLE session_orders_away RENAME TO session_orders");
        await relay.Sessions.TerminateAsync(new() { SessionId = tunnel.Session, Purpose = "a test" }, await relay.AsAsync("sofia"));
        await tunnel.Finished;

        Assert.Equal(SessionEndReason.Terminated, tunnel.Ended!.Reason);
    }

    [Fact(Timeout = 60_000)]
    public async Task FirstFrame_CannotBeNoted_SessionIsFinishedAllTheSame()
    {
        await using var guacd = FakeGuacd.Start(new FakeGuacdOptions { Play = Picture });
        await using var relay = await RelayUnderTest.StartAsync(new RelaySetup { Guacd = guacd.Endpoint });
        await Database(relay).ExecuteAsync(
            "CREATE TRIGGER strange BEFORE UPDATE OF connected_us ON sessions WHEN NEW.connected_us IS NOT NULL BEGIN SELECT RAISE(ABORT, 'strange'); END");
        await using var tunnel = await TunnelClient.OpenAsync(relay);
        await tunnel.Started;
        await Streams.UntilAsync(() => relay.Warnings.ToString().Contains("its first frame could not be noted", StringComparison.Ordinal));
        await tunnel.LeaveAsync();
        await tunnel.Finished;
        await Database(relay).ExecuteAsync("DROP TRIGGER strange");

        await relay.WaitForAsync(tunnel.Session, SessionState.Verified);
        var types = (await LedgerLeaves.OfSessionAsync(relay, tunnel.Session)).Select(leaf => leaf.Type).ToList();
        Assert.Single(types, "session.connected");
        Assert.Single(types, "session.ended");
    }

    [Theory(Timeout = 60_000)]
    [InlineData("instance")]
    [InlineData("instance.new")]
    public async Task Start_NameOfThisLifeCannotBeWritten_StartsAndKeepsTheFormerOne(string blocked)
    {
        using var folder = new TemporaryFolder();
        await using var guacd = FakeGuacd.Start(new FakeGuacdOptions { Play = Picture });
        var setup = new RelaySetup { Guacd = guacd.Endpoint, Folder = folder.Path, Values = ShortLease };
        string spool;
        await using (var former = await RelayUnderTest.StartAsync(setup))
        {
            spool = Path.Combine(former.Data, "spool");
            await Streams.UntilAsync(() => File.Exists(Path.Combine(spool, "instance")));
        }

        var name = await File.ReadAllTextAsync(Path.Combine(spool, "instance"), TestContext.Current.CancellationToken);
        if (blocked == "instance") File.Delete(Path.Combine(spool, blocked));
        Directory.CreateDirectory(Path.Combine(spool, blocked));

        await using var relay = await RelayUnderTest.StartAsync(setup);
        await Streams.UntilAsync(() => OpensAsync(relay));
        if (blocked == "instance.new") Assert.Equal(name, await File.ReadAllTextAsync(Path.Combine(spool, "instance"), TestContext.Current.CancellationToken));
        Directory.Delete(Path.Combine(spool, blocked));

        await Streams.UntilAsync(() => File.Exists(Path.Combine(spool, "instance")) && File.ReadAllText(Path.Combine(spool, "instance")) is { Length: > 0 } now && now != name);
    }

    private static async Task<bool> OpensAsync(RelayUnderTest relay)
    {
        try
        {
            await using var tunnel = await TunnelClient.OpenAsync(relay);
            await tunnel.Started;
            await tunnel.LeaveAsync();
            await tunnel.Finished;
            return true;
        }
        catch (RpcException refused) when (refused.StatusCode == StatusCode.Unavailable)
        {
            return false;
        }
    }

    private static RelayDatabase Database(RelayUnderTest relay) => relay.Services.GetRequiredService<RelayDatabase>();
}
