using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Identity.Logout;

namespace OpenOva.Relay.Tests.Identity;

/// <summary>Logout tokens, and what access tokens they end.</summary>
[Trait("Kind", "Fast")]
public sealed class LogoutTokenTests : IAsyncLifetime
{
    private static readonly TestKey Stranger = TestKey.Rsa("key-1");

    private readonly ManualTime _time = new();
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(5) };
    private readonly SignOuts _signOuts = new();
    private readonly IdentityOptions _options = new();
    private TestIssuer _issuer = null!;
    private TokenValidator _validator = null!;

    // Every row is a logout token that must be refused, and why. Each differs from one that passes in one thing only.
    private static readonly Dictionary<string, (TokenRefusal Refusal, Func<LogoutTokenTests, string> Token)> Bad = new()
    {
        ["an access token"] = (TokenRefusal.WrongType, test => test._issuer.Key.Sign(test._issuer.Claims(test.Now))),
        ["an ID token"] = (TokenRefusal.WrongType, test => test.With("typ", "ID")),
        ["an access token's header"] = (TokenRefusal.WrongType, test => test._issuer.Key.Sign(test.Claims(), type: "at+jwt")),
        ["no mark at all"] = (TokenRefusal.WrongType, test => test._issuer.Key.Sign(test.Without("typ"))),
        ["signed by a stranger"] = (TokenRefusal.BadSignature, test => Stranger.Sign(test.Claims(), type: "logout+jwt")),
        ["unsigned"] = (TokenRefusal.AlgorithmNotAllowed, test => test._issuer.Key.Sign(test.Claims(), "none", "logout+jwt")),
        ["HS256 by the public key"] = (TokenRefusal.AlgorithmNotAllowed, test => test._issuer.Key.Sign(test.Claims(), "HS256", "logout+jwt")),
        ["unknown issuer"] = (TokenRefusal.UnknownIssuer, test => test.With("iss", "https://sso.example/realms/other")),
        ["issuer missing"] = (TokenRefusal.UnknownIssuer, test => test._issuer.Key.Sign(test.Without("iss"), type: "logout+jwt")),
        ["unknown key"] = (TokenRefusal.UnknownKey, test => test._issuer.Key.Sign(test.Claims(), type: "logout+jwt", kid: "key-9")),
        ["another audience"] = (TokenRefusal.WrongAudience, test => test.With("aud", "relay-ui")),
        ["audience missing"] = (TokenRefusal.WrongAudience, test => test._issuer.Key.Sign(test.Without("aud"), type: "logout+jwt")),
        ["iat missing"] = (TokenRefusal.ClaimMissing, test => test._issuer.Key.Sign(test.Without("iat"), type: "logout+jwt")),
        ["exp missing"] = (TokenRefusal.ClaimMissing, test => test._issuer.Key.Sign(test.Without("exp"), type: "logout+jwt")),
        ["jti missing"] = (TokenRefusal.ClaimMissing, test => test._issuer.Key.Sign(test.Without("jti"), type: "logout+jwt")),
        ["jti empty"] = (TokenRefusal.ClaimMissing, test => test.With("jti", "")),
        ["sub empty"] = (TokenRefusal.ClaimMissing, test => test.With("sub", "")),
        ["sid too long"] = (TokenRefusal.ClaimMissing, test => test.With("sid", new string('s', 256))),
        ["events missing"] = (TokenRefusal.NotALogout, test => test._issuer.Key.Sign(test.Without("events"), type: "logout+jwt")),
        ["events of something else"] = (TokenRefusal.NotALogout, test => test.With("events", new JsonObject { ["http://schemas.openid.net/event/other"] = new JsonObject() })),
        ["events with a value that is no object"] =
            (TokenRefusal.NotALogout, test => test.With("events", new JsonObject { ["http://schemas.openid.net/event/backchannel-logout"] = true })),
        ["events a list"] = (TokenRefusal.NotALogout, test => test.With("events", new JsonArray("http://schemas.openid.net/event/backchannel-logout"))),
        ["neither sub nor sid"] = (TokenRefusal.NotALogout, test => test._issuer.Key.Sign(test.Without("sub", "sid"), type: "logout+jwt")),
        ["a nonce"] = (TokenRefusal.NotALogout, test => test.With("nonce", "n-0S6_WzA2Mj")),
        ["a null nonce"] = (TokenRefusal.NotALogout, test => test.With("nonce", null)),
        ["expired"] = (TokenRefusal.Expired, test => test.With("exp", test.Second(-30))),
        ["issued in the future"] = (TokenRefusal.IssuedInFuture, test => test.With("iat", test.Second(31))),
        ["longer than it is remembered"] = (TokenRefusal.TooLongLived, test => test.With("exp", test.Second(24 * 3600 + 1))),
        ["iat a string"] = (TokenRefusal.Malformed, test => test.With("iat", "now")),
        ["sub a number"] = (TokenRefusal.Malformed, test => test.With("sub", 1)),
        ["a claim twice"] = (TokenRefusal.DuplicateClaim, test => test._issuer.Key.SignText(
            """{"alg":"RS256","kid":"key-1","typ":"logout+jwt"}""", test.Claims().ToJsonString().Insert(1, "\"sub\":\"someone-else\","))),
        ["no token"] = (TokenRefusal.Malformed, _ => "no.token.atall"),
    };

    public static TheoryData<string> BadTokens => [.. Bad.Keys];

    private DateTimeOffset Now => _time.GetUtcNow();

    public async ValueTask InitializeAsync()
    {
        _issuer = await TestIssuer.StartAsync();
        _options.Issuers.Add(new IssuerOptions { Issuer = _issuer.Issuer, Organisation = "acme", Audience = "relay" });
        _validator = new TokenValidator(_options, _http, _signOuts, _time, NullLogger<IssuerKeys>.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _issuer.DisposeAsync();
    }

    [Theory]
    [InlineData("logout+jwt", "Logout")]
    [InlineData("application/logout+jwt", null)]
    [InlineData("LOGOUT+JWT", null)]
    [InlineData("JWT", "Logout")]
    [InlineData(null, "Logout")]
    public async Task Validate_LogoutTokenAsKeycloakOldAndNewWritesIt_GivesTheSignOut(string? header, string? type)
    {
        var claims = type is null ? Without("typ") : Claims();

        var signOut = (await LogoutAsync(_issuer.Key.Sign(claims, type: header))).SignOut;

        Assert.NotNull(signOut);
        Assert.Equal(("acme", _issuer.Issuer, "f3c9a1"), (signOut.Organisation, signOut.Issuer, signOut.Subject));
        Assert.Equal(SignOut.HashOf("opaque+session=="), signOut.SidSha256);
        Assert.DoesNotContain("opaque", signOut.ToLedgerData(0).ToJsonString(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(BadTokens))]
    public async Task Validate_OneThingWrong_IsRefused(string what)
    {
        var result = await LogoutAsync(Bad[what].Token(this));

        Assert.Null(result.SignOut);
        Assert.Equal(Bad[what].Refusal, result.Refusal);
    }

    [Fact]
    public async Task Validate_ClientsOfLogout_ReplaceTheAudience()
    {
        _options.Issuers[0].LogoutClients.Add("relay-ui");

        Assert.NotNull((await LogoutAsync(With("aud", "relay-ui"))).SignOut);
        Assert.Equal(TokenRefusal.WrongAudience, (await LogoutAsync(With("aud", "relay"))).Refusal);
    }

    [Fact]
    public async Task AccessToken_OfTheSession_IsRefusedFromThenOn()
    {
        _signOuts.Note([(await LogoutAsync(_issuer.Key.Sign(Claims(), type: "logout+jwt"))).SignOut!]);

        Assert.Equal(TokenRefusal.SignedOut, await AccessAsync(sid: "opaque+session=="));
        Assert.Equal(TokenRefusal.SignedOut, await AccessAsync(sid: "opaque+session==", issued: 20));
        Assert.Equal(TokenRefusal.None, await AccessAsync(sid: "another"));
        // It does not say of which session it is: it could be of that one.
        Assert.Equal(TokenRefusal.SignedOut, await AccessAsync(sid: null));
        Assert.Equal(TokenRefusal.None, await AccessAsync(sid: null, issued: 1));
        Assert.Equal(TokenRefusal.None, await AccessAsync(sid: "another", subject: "b7"));
    }

    [Fact]
    public async Task AccessToken_OfTheAccountFromBefore_IsRefused()
    {
        _signOuts.Note([(await LogoutAsync(_issuer.Key.Sign(Without("sid"), type: "logout+jwt"))).SignOut!]);

        Assert.Equal(TokenRefusal.SignedOut, await AccessAsync(sid: "any", issued: -60));
        Assert.Equal(TokenRefusal.SignedOut, await AccessAsync(sid: null, issued: 0));
        Assert.Equal(TokenRefusal.None, await AccessAsync(sid: "any", issued: 1));
        Assert.Equal(TokenRefusal.None, await AccessAsync(sid: "any", issued: -60, subject: "b7"));
    }

    [Fact]
    public async Task SignOuts_WhenNoTokenFromBeforeCanLive_AreForgotten()
    {
        var signOut = (await LogoutAsync(_issuer.Key.Sign(Claims(), type: "logout+jwt"))).SignOut!;
        _signOuts.Note([signOut, signOut]);
        Assert.Equal(2, _signOuts.Count);

        _signOuts.Forget(signOut.ExpiresUs - 1);
        Assert.Equal(2, _signOuts.Count);
        Assert.True(signOut.ExpiresUs >= (Now + _options.MaximumTokenLifetime + _options.ClockSkew - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
        _signOuts.Forget(signOut.ExpiresUs);
        Assert.Equal(0, _signOuts.Count);
    }

    [Fact]
    public void LogoutRate_RefusedUsedUp_TurnsAwayUntilTheNextSecond()
    {
        var rate = new LogoutRate(new IdentityOptions { RefusedLogoutsPerSecond = 2 }, _time);
        rate.NoteRefused();
        Assert.True(rate.MayTry());
        rate.NoteRefused();
        Assert.False(rate.MayTry());

        _time.Advance(TimeSpan.FromSeconds(0.999));
        Assert.False(rate.MayTry());
        _time.Advance(TimeSpan.FromSeconds(0.001));
        Assert.True(rate.MayTry());
    }

    private async Task<LogoutResult> LogoutAsync(string token) =>
        await _validator.ValidateLogoutTokenAsync(token, TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(10));

    private async Task<TokenRefusal> AccessAsync(string? sid, int issued = 0, string subject = "f3c9a1")
    {
        var claims = _issuer.Claims(Now);
        claims["sub"] = subject;
        claims["iat"] = Second(issued);
        if (sid is null) claims.Remove("sid");
        else claims["sid"] = sid;
        return (await _validator.ValidateAccessTokenAsync(_issuer.Key.Sign(claims), TestContext.Current.CancellationToken)).Refusal;
    }

    private JsonObject Claims() => _issuer.LogoutClaims(Now);

    private JsonObject Without(params string[] names)
    {
        var claims = Claims();
        foreach (var name in names) claims.Remove(name);
        return claims;
    }

    private string With(string claim, JsonNode? value)
    {
        var claims = Claims();
        claims[claim] = value;
        return _issuer.Key.Sign(claims, type: "logout+jwt");
    }

    private long Second(int seconds) => Now.ToUnixTimeSeconds() + seconds;
}
