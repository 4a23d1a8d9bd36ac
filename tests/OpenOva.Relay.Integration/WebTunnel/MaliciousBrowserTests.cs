using System.Net.WebSockets;
using OpenOva.Relay.Shared;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration.WebTunnel;

/// <summary>Promises 3 and 10 at the browsers' door: whatever one sends or leaves out ends its own session, with a reason, and nobody else's.</summary>
[Trait("Kind", "Real")]
[Collection(WebTunnelWorld.Collection)]
public sealed class MaliciousBrowserTests(WebTunnelWorld world)
{
    [Fact(Timeout = 180_000)]
    public async Task Browser_ThatBreaksTheProtocol_EndsItsOwnSessionAlone()
    {
        var (witness, guacd) = await world.StartedAsync();
        await using var _ = witness;
        (string What, Func<BrowserClient, Task> Do, int Code)[] breaches =
        [
            ("binary", b => b.SendAsync("3.nop;"u8.ToArray(), WebSocketMessageType.Binary), 1002),
            ("garbage", b => b.SendAsync("GET / HTTP/1.1\r\n\r\n"), 1002),
            ("half an instruction", b => b.SendAsync("3.key,2.97,"), 1002),
            ("an instruction above guacd's limit", b => b.SendAsync($"3.key,99999.{new string('1', 60_000)}"), 1002),
            ("a message above the limit", b => b.SendAsync(string.Concat(Enumerable.Repeat("3.nop;", 11_000))), 1002),
            ("a message that never ends", FragmentsAsync, 1002),
            // The socket itself refuses what is no UTF-8.
            ("invalid UTF-8", b => b.SendAsync(new byte[] { (byte)'1', (byte)'.', 0xC3, 0x28, (byte)';' }), 1007),
        ];

        foreach (var (what, act, code) in breaches)
        {
            await using var browser = await BrowserClient.OpenAsync(world.Relay);
            await browser.WaitForAsync("sync");
            await act(browser);
            await browser.Finished;
            Assert.Equal((what, code), (what, browser.Closed.Code));
            if (code == 1002) Assert.Equal(["error", "The caller broke the protocol.", "768"], browser.Instructions.Single(i => i[0] == "error"));
            Assert.Equal((what, SessionEndReason.ClientProtocolError), (what, (await world.Relay.WaitForAsync(browser.Session, SessionState.Verified)).EndReason));
        }

        await witness.SendAsync("3.key,2.99,1.1;");
        await guacd.WaitForAsync("key", "99");
        await witness.LeaveAsync();
    }

    [Fact(Timeout = 120_000)]
    public async Task Browser_ThatIsGone_LeavesItsSessionToItsEnd()
    {
        foreach (var orderly in (bool[])[true, false])
        {
            var (browser, guacd) = await world.StartedAsync();
            await browser.SendAsync("3.key,2.97,1.1;");
            await guacd.WaitForAsync("key");
            if (orderly) await browser.CloseAsync();
            else browser.Vanish();

            Assert.Equal(SessionEndReason.ClientLeft, (await world.Relay.WaitForAsync(browser.Session, SessionState.Verified)).EndReason);
            await browser.DisposeAsync();
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task Browser_GoneWhileItsTargetIsBeingReached_IsNotWaitedFor()
    {
        world.Guacd.Options = new FakeGuacdOptions { Fault = FakeGuacdFault.IgnoresConnect };
        var accepted = world.Guacd.Accepted;
        await using var browser = await BrowserClient.OpenAsync(world.Relay);
        await Streams.UntilAsync(() => world.Guacd.Accepted > accepted);
        browser.Vanish();

        // Far sooner than guacd would have been given up.
        Assert.Equal(SessionEndReason.ClientLeft, (await world.Relay.WaitForAsync(browser.Session, SessionState.Verified, 12)).EndReason);
    }

    [Fact(Timeout = 120_000)]
    public async Task Browser_ThatFloodsPings_IsAnsweredAndItsKeysArrive()
    {
        var (browser, guacd) = await world.StartedAsync();
        await using var _ = browser;
        for (var i = 0; i < 200; i++) await browser.SendAsync(string.Concat(Enumerable.Repeat("0.,4.ping,1.1;", 100)));
        await browser.SendAsync("0.,4.ping,1.2;3.key,2.97,1.1;");

        await guacd.WaitForAsync("key");
        await browser.WaitForAsync("", "ping", "2");
        await browser.LeaveAsync();
    }

    private static async Task FragmentsAsync(BrowserClient browser)
    {
        var fragment = new byte[1_000];
        fragment.AsSpan().Fill((byte)'1');
        try
        {
            for (var sent = 0; sent < 1_000; sent++) await browser.SendAsync(fragment, whole: false);
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException or InvalidOperationException)
        {
            // Closed by now.
        }
    }
}

/// <summary>The same where it takes its time.</summary>
[Trait("Kind", "Real")]
public sealed class SilentBrowserTests
{
    [Fact(Timeout = 120_000)]
    public async Task Browser_ThatReadsNothing_IsCutAndWhatWasDrawnIsRecorded()
    {
        await using var guacd = FakeGuacd.Start(new FakeGuacdOptions
        {
            Play = WebTunnelWorld.Picture.Then(FakeGuacdPlay.Script(["img", "1", "14", "0", "image/png", "0", "0"]))
                .Then(FakeGuacdPlay.Flood(["blob", "1", new string('A', 8_000)], 2_000)).Then(FakeGuacdPlay.Script(["end", "1"], ["sync", "8"])),
        });
        await using var relay = await RelayUnderTest.StartAsync(new RelaySetup
        {
            Guacd = guacd.Endpoint, Values = new Dictionary<string, string?> { ["Relay:Sessions:ReaderQueueBytes"] = $"{1 << 20}" },
        });
        await using var browser = await BrowserClient.OpenAsync(relay, r => r with { Reads = false });

        var session = await relay.WaitForAsync(browser.Session, SessionState.Verified, 60);

        Assert.Equal(SessionEndReason.ReaderTooSlow, session.EndReason);
        // All that guacd drew, although the browser took next to nothing of it.
        Assert.True(session.RecordedBytes > 2_000 * 8_000, $"{session.RecordedBytes} bytes recorded");
    }

    [Fact(Timeout = 120_000)]
    public async Task Browser_WhoseConnectionIsHalfOpen_IsNoticed()
    {
        await using var guacd = FakeGuacd.Start(new FakeGuacdOptions { Play = WebTunnelWorld.Picture });
        await using var relay = await RelayUnderTest.StartAsync(new RelaySetup
        {
            Guacd = guacd.Endpoint, Values = new Dictionary<string, string?> { ["Relay:Sessions:WebKeepAlive"] = "00:00:02" },
        });
        // Reads nothing, hence answers no ping, and does not close.
        await using var browser = await BrowserClient.OpenAsync(relay, r => r with { Reads = false });

        Assert.Equal(SessionEndReason.ClientLeft, (await relay.WaitForAsync(browser.Session, SessionState.Verified, 60)).EndReason);
    }
}
