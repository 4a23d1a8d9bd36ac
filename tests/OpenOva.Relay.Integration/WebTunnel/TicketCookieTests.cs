
namespace OpenOva.Relay.Integration.WebTunnel;

/// <summary>A browser's ticket: one use, by one person, for one session, and in its cookie alone.</summary>
[Trait("Kind", "Real")]
[Collection(WebTunnelWorld.Collection)]
public sealed class TicketCookieTests(WebTunnelWorld world)
{
    private const string Refused = "The tunnel ticket was refused.";

    [Fact(Timeout = 120_000)]
    public async Task Ticket_NotTheCallersToRedeem_IsRefusedAfterTheUpgradeAndStaysGood()
    {
        world.Shows();
        var mine = await BrowserClient.TicketAsync(world.Relay);
        var other = await BrowserClient.TicketAsync(world.Relay);
        var gateways = await world.Relay.Sessions.OpenAsync(new() { Connection = "ssh-db", Purpose = "a test" }, await world.Relay.AsAsync("olivia"));
        BrowserRequest[] wrong =
        [
            mine with { Person = "oscar" },
            mine with { Ticket = null },
            mine with { Ticket = "garbage" },
            mine with { Ticket = mine.Ticket![..^1] + (mine.Ticket[^1] == 'A' ? 'B' : 'A') },
            mine with { Session = other.Session },
            mine with { Cookie = "relay-watch-" },
            new BrowserRequest(gateways.SessionId, gateways.TunnelTicket),
        ];
        foreach (var request in wrong)
        {
            await using var refused = await BrowserClient.ConnectAsync(world.Relay, request);
            await refused.Finished;
            Assert.Equal([["error", Refused, "769"]], refused.Instructions);
            Assert.Equal((1008, "769"), refused.Closed);
        }

        await using var browser = await BrowserClient.ConnectAsync(world.Relay, mine);
        await browser.WaitForAsync("sync");
        await using var again = await BrowserClient.ConnectAsync(world.Relay, mine);
        await again.Finished;
        Assert.Equal((1008, "769"), again.Closed);
        await browser.LeaveAsync();
    }

    [Fact(Timeout = 120_000)]
    public async Task Ticket_RedeemedByManySocketsAtOnce_OpensOneTunnel()
    {
        world.Shows();
        var ticket = await BrowserClient.TicketAsync(world.Relay);
        var accepted = world.Guacd.Accepted;

        var browsers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => BrowserClient.ConnectAsync(world.Relay, ticket)));
        await Task.WhenAll(browsers.Select(browser => browser.Started));
        var winner = Assert.Single(browsers, browser => browser.Instructions[0][0].Length == 0);
        foreach (var loser in browsers.Where(browser => browser != winner))
        {
            await loser.Finished;
            Assert.Equal((1008, "769"), loser.Closed);
        }

        await winner.LeaveAsync();
        Assert.Equal(1, world.Guacd.Accepted - accepted);
        foreach (var browser in browsers) await browser.DisposeAsync();
    }

    [Fact(Timeout = 120_000)]
    public async Task Ticket_BeingUsed_IsTakenFromTheBrowser()
    {
        world.Shows();
        await using var browser = await BrowserClient.OpenAsync(world.Relay);

        var cookie = Assert.Single(browser.Answer["Set-Cookie"]);
        Assert.StartsWith($"relay-tunnel-{browser.Session}=;", cookie, StringComparison.Ordinal);
        Assert.Contains("expires=Thu, 01 Jan 1970", cookie, StringComparison.Ordinal);
        Assert.Contains("path=/tunnel", cookie, StringComparison.Ordinal);
        Assert.Contains("httponly", cookie, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task Upgrade_ThatIsNotABrowsersToAskFor_IsRefusedBeforeIt()
    {
        world.Shows();
        var mine = await BrowserClient.TicketAsync(world.Relay);

        Assert.Equal((401, "TOKEN_REFUSED"), await world.RefusedAsync(mine with { Person = null }));
        Assert.Equal((403, "NOT_PERMITTED"), await world.RefusedAsync(mine with { Person = "anton" }));
        Assert.Equal((400, "INVALID_ARGUMENT"), await world.RefusedAsync(mine with { Subprotocol = null }));
        Assert.Equal((400, "INVALID_ARGUMENT"), await world.RefusedAsync(mine with { Subprotocol = "chat" }));
        string[] queries =
        [
            "?", "?GUAC_ID=1", $"?GUAC_ID={mine.Session}&GUAC_ID={mine.Session}", "&GUAC_WIDTH=0x10", "&GUAC_WIDTH=-1", "&GUAC_WIDTH=16385", "&GUAC_HEIGHT=99999999999",
            "&GUAC_DPI=1001", "&GUAC_DPI=1&GUAC_DPI=2", "&GUAC_TIMEZONE=$(id)", "&GUAC_IMAGE=", $"&GUAC_AUDIO={new string('a', 101)}",
            "&token=1", "&ticket=1", "&Guacamole-Token=1", "&tunnel_ticket=1", "&x=eyJhbGciOiJub25lIn0.e30.", $"&x={mine.Ticket}",
        ];
        foreach (var query in queries) Assert.Equal((query, 400, "INVALID_ARGUMENT"), With(query, await world.RefusedAsync(mine with { Query = query })));
        Assert.Equal((403, "NOT_PERMITTED"), await world.RefusedAsync(mine, HttpMethod.Post));

        // None of that used it up.
        await using var browser = await BrowserClient.ConnectAsync(world.Relay, mine);
        await browser.WaitForAsync("sync");
    }

    [Fact(Timeout = 120_000)]
    public async Task Origin_OfAForeignPage_IsRefusedAndNotedAndTheTicketStaysGood()
    {
        world.Shows();
        var mine = await BrowserClient.TicketAsync(world.Relay);
        string?[] foreign = [null, "", "null", "https://evil.example", $"https://{world.Relay.Web.Authority}", $"http://127.0.0.1:{world.Relay.Web.Port + 1}", $"{WebTunnelWorld.Portal}.evil.example"];

        foreach (var origin in foreign) Assert.Equal((403, "ORIGIN_REFUSED"), await world.RefusedAsync(mine with { Origin = origin }));

        var noted = (await LedgerLeaves.OfSessionAsync(world.Relay, mine.Session)).Where(l => l.Type == "tunnel.origin-refused").ToList();
        Assert.Equal(foreign.Length, noted.Count);
        Assert.Contains(noted, l => l.Data.Element.GetRawText().Contains("https://evil.example:443", StringComparison.Ordinal));
        Assert.All(noted, l => Assert.NotEmpty(l.Data.Object("subject").String("sub")));

        // A page that tries for ever adds to a count.
        for (var i = 0; i < 20; i++) await world.RefusedAsync(mine with { Origin = "https://evil.example" });
        Assert.Equal(10, (await LedgerLeaves.OfSessionAsync(world.Relay, mine.Session)).Count(l => l.Type == "tunnel.origin-refused"));

        await using var browser = await BrowserClient.ConnectAsync(world.Relay, mine with { Origin = WebTunnelWorld.Portal });
        await browser.WaitForAsync("sync");
    }

    private static (string, int, string) With(string query, (int Status, string Reason) answer) => (query, answer.Status, answer.Reason);
}
