using System.Net;
using System.Text.Json.Nodes;
using Grpc.Core;
using OpenOva.Relay.Shared;
using OpenOva.Relay.Tests.Identity;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration.Identity;

/// <summary>A service with one more issuer of acme, whose tokens a test writes and signs itself.</summary>
internal sealed class IssuerWorld : IAsyncDisposable
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(10) };

    private readonly FakeGuacd _guacd = FakeGuacd.Start(new FakeGuacdOptions { Play = FakeGuacdPlay.Script(["size", "0", "800", "600"], ["sync", "7"]) });

    private IssuerWorld(TestIssuer issuer) => Issuer = issuer;

    public TestIssuer Issuer { get; }

    public RelayUnderTest Relay { get; private set; } = null!;

    public static async Task<IssuerWorld> StartAsync(Action<Dictionary<string, string?>, TestIssuer>? change = null)
    {
        var world = new IssuerWorld(await TestIssuer.StartAsync());
        world.Relay = await world.StartReplicaAsync(null, change);
        return world;
    }

    /// <summary>One more replica on the first one's database, objects and keys.</summary>
    public async Task<RelayUnderTest> StartSecondAsync(string folder)
    {
        var data = Directory.CreateDirectory(Path.Combine(folder, "data")).FullName;
        Directory.CreateSymbolicLink(Path.Combine(data, "keys"), Path.Combine(Relay.Data, "keys"));
        return await StartReplicaAsync(folder, (values, _) =>
        {
            values["Relay:Database:Sqlite"] = Path.Combine(Relay.Data, "relay.db");
            values["Relay:ObjectStorage:Directory"] = Path.Combine(Relay.Data, "objects");
            values["Relay:Sessions:Replica"] = "second";
        });
    }

    /// <summary>An access token of the issuer's, for an operator of db.</summary>
    public string Token(string subject, string? sid, Action<JsonObject>? change = null, TestIssuer? issuer = null)
    {
        var claims = (issuer ?? Issuer).Claims(TimeProvider.System.GetUtcNow());
        claims["sub"] = subject;
        if (sid is null) claims.Remove("sid");
        else claims["sid"] = sid;
        claims["realm_access"] = new JsonObject { ["roles"] = new JsonArray("relay-operator", "db") };
        claims["resource_access"] = new JsonObject();
        change?.Invoke(claims);
        return Issuer.Key.Sign(claims);
    }

    public static Metadata Bearer(string token) => new() { { "authorization", $"Bearer {token}" } };

    /// <summary>Opens a session with this token, through the gateway of a replica.</summary>
    public async Task<SessionServiceOpenResponse> OpenAsync(string token, RelayUnderTest? replica = null)
    {
        replica ??= Relay;
        var headers = Bearer(token);
        headers.Add("relay-gateway-authorization", $"Bearer {await replica.TokenAsync("acme", null)}");
        return await replica.Sessions.OpenAsync(new() { Connection = "ssh-db", Purpose = "a test" }, headers);
    }

    /// <summary>A session that has drawn its first frame.</summary>
    public async Task<TunnelClient> ConnectAsync(string token, RelayUnderTest? replica = null)
    {
        var tunnel = await TunnelClient.RedeemAsync(replica ?? Relay, (await OpenAsync(token, replica)).TunnelTicket);
        await tunnel.Started;
        return tunnel;
    }

    /// <summary>A signed logout token for this account and session, either of which may be left out.</summary>
    public string LogoutToken(string? subject, string? sid, Action<JsonObject>? change = null)
    {
        var claims = Issuer.LogoutClaims(TimeProvider.System.GetUtcNow());
        if (subject is null) claims.Remove("sub");
        else claims["sub"] = subject;
        if (sid is null) claims.Remove("sid");
        else claims["sid"] = sid;
        change?.Invoke(claims);
        return Issuer.Key.Sign(claims, type: "logout+jwt");
    }

    /// <summary>Posts it as Keycloak does.</summary>
    public async Task<(HttpStatusCode Status, string Body)> LogoutAsync(string token, RelayUnderTest? replica = null)
    {
        using var form = new FormUrlEncodedContent([new("logout_token", token)]);
        return await PostAsync(form, replica);
    }

    public async Task<(HttpStatusCode Status, string Body)> PostAsync(HttpContent content, RelayUnderTest? replica = null)
    {
        using var answer = await Http.PostAsync(new Uri((replica ?? Relay).Web, "/auth/backchannel-logout"), content);
        Assert.True(answer.Headers.CacheControl?.NoStore, "every answer is not to be stored");
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>How a token comes out at a call that any operator may make.</summary>
    public async Task<StatusCode> UseAsync(string token, RelayUnderTest? replica = null)
    {
        try
        {
            await (replica ?? Relay).Sessions.ListAsync(new(), Bearer(token));
            return StatusCode.OK;
        }
        catch (RpcException exception)
        {
            return exception.StatusCode;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Relay is not null) await Relay.DisposeAsync();
        await Issuer.DisposeAsync();
        await _guacd.DisposeAsync();
    }

    private async Task<RelayUnderTest> StartReplicaAsync(string? folder, Action<Dictionary<string, string?>, TestIssuer>? change)
    {
        var values = new Dictionary<string, string?>
        {
            ["Relay:Identity:Issuers:2:Issuer"] = Issuer.Issuer,
            ["Relay:Identity:Issuers:2:Organisation"] = "acme",
            ["Relay:Identity:Issuers:2:Audience"] = "relay",
        };
        change?.Invoke(values, Issuer);
        return await RelayUnderTest.StartAsync(new RelaySetup { Guacd = _guacd.Endpoint, Values = values, Folder = folder });
    }
}
