using System.Text.Json.Nodes;
using OpenOva.Relay.Shared;

namespace OpenOva.Relay.Integration.WebTunnel;

/// <summary>One service for all who come as browsers, over a fake guacd whose picture a test may exchange.</summary>
[CollectionDefinition(Collection)]
public sealed class WebTunnelWorld : IAsyncLifetime, ICollectionFixture<WebTunnelWorld>
{
    public const string Collection = "web tunnel";
    internal const string Portal = "https://portal.example.org";

    // Operator and security officer at once.
    private const string Sven = "Relay:Identity:Development:Realms:0:Users:8";

    // An approver who is signed out by a test, for good.
    private const string Ulla = "Relay:Identity:Development:Realms:0:Users:9";

    internal static readonly FakeGuacdPlay Picture = FakeGuacdPlay.Script(["size", "0", "800", "600"], ["sync", "7"]);

    internal FakeGuacd Guacd { get; } = FakeGuacd.Start();

    internal RelayUnderTest Relay { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Relay = await RelayUnderTest.StartAsync(new RelaySetup
    {
        Guacd = Guacd.Endpoint,
        Values = new Dictionary<string, string?>
        {
            ["Relay:Web:AllowedOrigins:0"] = Portal,
            [$"{Sven}:UserName"] = "sven",
            [$"{Sven}:Password"] = "pw",
            [$"{Sven}:RealmRoles:0"] = "relay-operator",
            [$"{Sven}:RealmRoles:1"] = "db",
            [$"{Sven}:RealmRoles:2"] = "relay-security-officer",
            [$"{Ulla}:UserName"] = "ulla",
            [$"{Ulla}:Password"] = "pw",
            [$"{Ulla}:RealmRoles:0"] = "relay-approver",
        },
    });

    public async ValueTask DisposeAsync()
    {
        await Relay.DisposeAsync();
        await Guacd.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>What sessions that begin from now on are shown.</summary>
    internal WebTunnelWorld Shows(FakeGuacdPlay? play = null)
    {
        Guacd.Options = new FakeGuacdOptions { Play = play ?? Picture };
        return this;
    }

    /// <summary>A session of which the first frame has been seen.</summary>
    internal async Task<(BrowserClient Browser, FakeGuacdUser Guacd)> StartedAsync(Func<BrowserRequest, BrowserRequest>? change = null)
    {
        await QuietAsync();
        Shows();
        var browser = await BrowserClient.OpenAsync(Relay, change);
        await browser.WaitForAsync("sync");
        return (browser, await NextUserAsync());
    }

    /// <summary>Earlier tests' sessions are over.</summary>
    internal Task QuietAsync() => Streams.UntilAsync(() => Guacd.Sessions.IsEmpty);

    /// <summary>Who has come to guacd and is there yet: those of earlier sessions may not have been asked for.</summary>
    internal async Task<FakeGuacdUser> NextUserAsync()
    {
        FakeGuacdUser user;
        do user = await Guacd.NextUserAsync();
        while (user.Ended.IsCompleted);
        return user;
    }

    /// <summary>How an upgrade is refused: the HTTP status and the reason of the answer.</summary>
    internal async Task<(int Status, string Reason)> RefusedAsync(BrowserRequest request, HttpMethod? method = null)
    {
        using var http = new HttpClient();
        using var asked = new HttpRequestMessage(method ?? HttpMethod.Get, new UriBuilder(BrowserClient.Address(Relay, request)) { Scheme = "http" }.Uri);
        foreach (var (name, value) in await BrowserClient.HeadersAsync(Relay, request)) asked.Headers.TryAddWithoutValidation(name, value);
        asked.Headers.TryAddWithoutValidation("Connection", "Upgrade");
        asked.Headers.TryAddWithoutValidation("Upgrade", "websocket");
        asked.Headers.TryAddWithoutValidation("Sec-WebSocket-Version", "13");
        asked.Headers.TryAddWithoutValidation("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
        if (request.Subprotocol is { } subprotocol) asked.Headers.TryAddWithoutValidation("Sec-WebSocket-Protocol", subprotocol);
        using var answer = await http.SendAsync(asked, HttpCompletionOption.ResponseHeadersRead);
        var body = answer.StatusCode == System.Net.HttpStatusCode.SwitchingProtocols ? "" : await answer.Content.ReadAsStringAsync();
        return ((int)answer.StatusCode, body.StartsWith('{') ? JsonNode.Parse(body)!["reason"]!.GetValue<string>() : "");
    }
}
