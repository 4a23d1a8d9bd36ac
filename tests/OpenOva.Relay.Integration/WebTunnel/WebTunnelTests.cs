using OpenOva.Relay.Shared;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration.WebTunnel;

/// <summary>The door of browsers, from the upgrade to the verified recording.</summary>
[Trait("Kind", "Real")]
[Collection(WebTunnelWorld.Collection)]
public sealed class WebTunnelTests(WebTunnelWorld world)
{
    [Fact(Timeout = 120_000)]
    public async Task Tunnel_OfABrowser_CarriesItsSessionAndRecordsIt()
    {
        var stream = Streams.AfterReady(await File.ReadAllBytesAsync("testdata/ssh-password.guac", TestContext.Current.CancellationToken));
        await world.QuietAsync();
        world.Shows(FakeGuacdPlay.Replay(stream));
        await using var browser = await BrowserClient.OpenAsync(
            world.Relay, r => r with { Query = "&GUAC_WIDTH=640&GUAC_HEIGHT=480&GUAC_DPI=120&GUAC_TIMEZONE=Europe/Berlin&GUAC_IMAGE=image/png&GUAC_IMAGE=image/webp&GUAC_TYPE=c&unknown=1" });
        await Streams.UntilAsync(() => browser.Received.Length >= stream.Length);
        await browser.SendAsync("3.key,2.97,1.1;");
        var user = await world.NextUserAsync();
        await user.WaitForAsync("key", "97", "1");
        await browser.LeaveAsync();
        var session = await world.Relay.WaitForAsync(browser.Session, SessionState.Verified);

        Assert.Equal("guacamole", browser.Subprotocol);
        Assert.True(browser.Instructions[0] is ["", { Length: 36 } name] && name != browser.Session);
        Assert.Equal(stream, browser.Received[..stream.Length]);
        Assert.Equal((1000, "0"), browser.Closed);
        Assert.Equal(SessionEndReason.ClientLeft, session.EndReason);
        Assert.Equal(Streams.RecordedPart(browser.Received), await world.Relay.RawAsync(session.SessionId));
        Assert.Contains(user.Handshake, i => i is ["size", "640", "480", "120"]);
        Assert.Contains(user.Handshake, i => i is ["image", "image/png", "image/webp"]);
        Assert.Contains(user.Handshake, i => i is ["timezone", "Europe/Berlin"]);
    }

    [Fact(Timeout = 120_000)]
    public async Task Ping_WhileNothingElseHappens_IsEchoedAndGoesNoFurther()
    {
        var (browser, guacd) = await world.StartedAsync();
        await using var _ = browser;

        await browser.SendAsync("0.,4.ping,13.1700000000001;");
        Assert.Equal(["", "ping", "1700000000001"], await browser.WaitForAsync("", "ping"));
        await browser.SendAsync("3.key,2.98,1.1;");
        await guacd.WaitForAsync("key");
        await browser.LeaveAsync();
        await world.Relay.WaitForAsync(browser.Session, SessionState.Verified);

        Assert.DoesNotContain(guacd.Received, i => i[0].Length == 0);
        Assert.DoesNotContain("ping", System.Text.Encoding.UTF8.GetString(await world.Relay.RawAsync(browser.Session)), StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task Session_EndedByOrder_IsToldByItsStatusAndCloseCode()
    {
        var (browser, _) = await world.StartedAsync();
        await using var __ = browser;

        await world.Relay.Sessions.TerminateAsync(new() { SessionId = browser.Session, Purpose = "a test" }, await world.Relay.AsAsync("sofia"));
        await browser.Finished;

        Assert.Equal(["error", "The session was ended by order.", "523"], await browser.WaitForAsync("error"));
        Assert.Equal((1002, "523"), browser.Closed);
    }

    [Fact(Timeout = 120_000)]
    public async Task Session_EndedByItsTarget_ClosesInOrder()
    {
        var (browser, guacd) = await world.StartedAsync();
        await using var _ = browser;

        await guacd.SendAsync("disconnect");
        await browser.Finished;

        Assert.Equal((1000, "0"), browser.Closed);
        Assert.Equal(SessionEndReason.TargetEnded, (await world.Relay.WaitForAsync(browser.Session, SessionState.Verified)).EndReason);
    }

    [Fact(Timeout = 120_000)]
    public async Task Target_ThatCannotBeReached_IsToldAfterTheUpgrade()
    {
        world.Shows(FakeGuacdPlay.Script(["error", "secret words of the target", "519"]));
        await using var browser = await BrowserClient.OpenAsync(world.Relay);
        await browser.Finished;

        Assert.Equal([["error", "The target cannot be reached.", "519"]], browser.Instructions);
        Assert.Equal((1011, "519"), browser.Closed);
    }

    [Theory(Timeout = 120_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Notices_OfALock_ReachABrowserThatAskedForThem(bool asked)
    {
        var (browser, guacd) = await world.StartedAsync(r => r with { Query = asked ? "&GUAC_NOTICES=1" : "" });
        await using var _ = browser;

        await world.Relay.Sessions.LockAsync(new() { SessionId = browser.Session, Locked = true, Purpose = "a test" }, await world.Relay.AsAsync("sofia"));
        if (asked) Assert.True(await browser.WaitForAsync("", "notice", "locked") is { Length: 4 } told && long.TryParse(told[3], out var __));
        else await UntilLockedAsync(browser, guacd);
        await browser.LeaveAsync();
        await world.Relay.WaitForAsync(browser.Session, SessionState.Verified);

        Assert.Equal(asked, browser.Instructions.Any(i => i is ["", "notice", ..]));
        // Whoever was not told must not stand in the ledger as told.
        Assert.Equal(asked, (await LedgerLeaves.OfSessionAsync(world.Relay, browser.Session)).Any(l => l.Type == "session.noticed"));
    }

    // Types until nothing arrives any more.
    private static async Task UntilLockedAsync(BrowserClient browser, FakeGuacdUser guacd)
    {
        for (var keysym = 1; ; keysym++)
        {
            var key = $"{keysym}";
            await browser.SendAsync($"3.key,{key.Length}.{key},1.1;5.mouse,1.1,1.1,1.0;0.,4.ping,{key.Length}.{key};");
            await browser.WaitForAsync("", "ping", key);
            await Task.Delay(100, TestContext.Current.CancellationToken);
            if (!guacd.Received.Any(i => i is ["key", var got, ..] && got == key)) return;
        }
    }
}
