using System.Text.Json.Nodes;
using OpenOva.Relay.Integration;
using OpenOva.Relay.Shared;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Browser;

/// <summary>Every page at 1280 and 390 pixels, light and dark: readable to a screen reader, reached by the keyboard, no wider than the screen.</summary>
[Trait("Kind", "Browser")]
[Collection("real components")]
public sealed class PageLookTests
{
    [Fact(Timeout = 300_000)]
    public async Task Pages_OfEveryRole_HaveNothingThatKeepsSomebodyOut()
    {
        BrowserScripts.OrSkip();
        await using var guacd = FakeGuacd.Start(new FakeGuacdOptions { Play = FakeGuacdPlay.Script(["size", "0", "800", "600"], ["sync", "1"]) });
        await using var relay = await RelayUnderTest.StartAsync(new RelaySetup
        {
            Guacd = guacd.Endpoint,
            Connections = $"{RelayUnderTest.SshYaml()}\n---\n{RelayUnderTest.SshYaml("ssh-jit")}\n  jit: {{requiredApprovers: [relay-approver], maxDurationMinutes: 60}}",
        });
        var session = await RecordAsync(relay);
        var until = DateTimeOffset.UtcNow.AddMinutes(30).ToUnixTimeMilliseconds() * 1_000;
        var request = (await relay.Access.RequestAsync(new() { Connection = "ssh-jit", Reason = "a test", UntilUs = until }, await relay.AsAsync("olivia", throughGateway: false))).Request.RequestId;

        var lines = await BrowserScripts.RunAsync("pages.mjs", new JsonObject
        {
            ["base"] = relay.Web.ToString().TrimEnd('/'), ["session"] = session, ["request"] = request, ["folder"] = Environment.GetEnvironmentVariable("RELAY_TEST_PICTURES"),
        });

        var pages = lines.Where(line => line["page"] is not null).ToList();
        Assert.True(pages.Count >= 70, $"only {pages.Count} pages were looked at");
        Assert.All(pages, page =>
        {
            Assert.True(page["found"]!.AsArray().Count == 0, page.ToJsonString());
            Assert.True(page["unreached"]!.AsArray().Count == 0, page.ToJsonString());
            Assert.True(page["overflow"]!.GetValue<int>() <= 0, page.ToJsonString());
        });
    }

    private static async Task<string> RecordAsync(RelayUnderTest relay)
    {
        var opened = await relay.Sessions.OpenAsync(new() { Connection = "ssh-db", Purpose = "a test" }, await relay.AsAsync("olivia"));
        using var call = relay.Sessions.Tunnel(await relay.AsGatewayAsync());
        await call.RequestStream.WriteAsync(new TunnelRequest { Start = new TunnelStart { TunnelTicket = opened.TunnelTicket } });
        await call.ResponseStream.MoveNext(CancellationToken.None);
        await call.RequestStream.WriteAsync(new TunnelRequest { Data = Google.Protobuf.ByteString.CopyFromUtf8("10.disconnect;") });
        while (await call.ResponseStream.MoveNext(CancellationToken.None)) Assert.NotNull(call.ResponseStream.Current);
        await relay.WaitForAsync(opened.SessionId, SessionState.Verified);
        return opened.SessionId;
    }
}
