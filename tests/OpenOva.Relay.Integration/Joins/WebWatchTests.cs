using Microsoft.Extensions.DependencyInjection;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Integration.WebTunnel;
using OpenOva.Relay.Sessions.Joins;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration.Joins;

/// <summary>The same through a browser, with a ticket that a page makes once the purpose was given.</summary>
[Trait("Kind", "Real")]
[Collection(WebTunnelWorld.Collection)]
public sealed class WebWatchTests(WebTunnelWorld world)
{
    [Fact(Timeout = 120_000)]
    public async Task Watch_InABrowser_ShowsTheSessionOnceAndTakesNothing()
    {
        var (owner, guacd) = await world.StartedAsync();
        await using var _ = owner;
        var ticket = await TicketAsync(owner.Session);
        foreach (var wrong in (BrowserRequest[])[ticket with { Person = "albert" }, ticket with { Ticket = "garbage" }, ticket with { Cookie = "relay-tunnel-" }])
        {
            await using var refused = await BrowserClient.ConnectAsync(world.Relay, wrong);
            await refused.Finished;
            Assert.Equal((1008, "769"), refused.Closed);
        }

        Assert.Equal((403, "NOT_PERMITTED"), await world.RefusedAsync(ticket with { Person = "oscar" }));
        await using var watcher = await BrowserClient.ConnectAsync(world.Relay, ticket);
        var join = await world.NextUserAsync();
        await guacd.Session!.BroadcastAsync("sync", "8");
        await watcher.WaitForAsync("sync", "8");
        await watcher.SendAsync("3.key,2.97,1.1;5.mouse,1.1,1.1,1.1;4.size,1.1,1.1;9.clipboard,1.0,10.text/plain;");
        await watcher.SendAsync("0.,4.ping,1.1;");
        await watcher.WaitForAsync("", "ping", "1");
        await watcher.LeaveAsync();
        await join.Ended.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        Assert.Equal((1000, "0"), watcher.Closed);
        Assert.DoesNotContain(join.Received, i => i[0] is not ("sync" or "nop" or "disconnect"));
        Assert.DoesNotContain(guacd.Received, i => i[0] is "key" or "mouse" or "clipboard");
        await using var again = await BrowserClient.ConnectAsync(world.Relay, ticket);
        await again.Finished;
        Assert.Equal((1008, "769"), again.Closed);
        await owner.LeaveAsync();
        Assert.Single(await LedgerLeaves.OfSessionAsync(world.Relay, owner.Session), l => l.Type == "session.joined");
    }

    [Fact(Timeout = 120_000)]
    public async Task Watch_OfASessionThatEnds_ClosesInOrder()
    {
        var (owner, _) = await world.StartedAsync();
        await using var __ = owner;
        await using var watcher = await BrowserClient.ConnectAsync(world.Relay, await TicketAsync(owner.Session));
        await watcher.WaitForAsync("sync");
        await owner.CloseAsync();
        await watcher.Finished;

        Assert.Equal((1000, "0"), watcher.Closed);
    }

    // What the officer's page does.
    private async Task<BrowserRequest> TicketAsync(string session)
    {
        var services = world.Relay.Services;
        var cancellation = TestContext.Current.CancellationToken;
        await Streams.UntilAsync(async () =>
            (await world.Relay.Sessions.GetAsync(new() { SessionId = session }, await world.Relay.AsAsync("sofia"))).Session.State == SessionState.Connected);
        var sofia = await services.GetRequiredService<TokenValidator>().ValidateAccessTokenAsync(await world.Relay.TokenAsync("acme", "sofia"), cancellation);
        var made = await services.GetRequiredService<WatchTickets>().MakeAsync(sofia.Caller!, session, "a suspicion", cancellation);
        return new BrowserRequest(session, made.Ticket) { Person = "sofia", Cookie = "relay-watch-", Query = "&GUAC_WATCH=1" };
    }
}
