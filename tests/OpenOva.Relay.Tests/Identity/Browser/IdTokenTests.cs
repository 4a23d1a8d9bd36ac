using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Identity.Logout;

namespace OpenOva.Relay.Tests.Identity.Browser;

/// <summary>ID tokens by the rules of OpenID Connect Core 1.0, section 3.1.3.7: one thing wrong at a time.</summary>
[Trait("Kind", "Fast")]
public sealed class IdTokenTests : IAsyncLifetime
{
    private const string Client = "relay-web";
    private const string Nonce = "the nonce of the question";
    private readonly ManualTime _time = new();
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(5) };
    private TestIssuer _issuer = null!;
    private TokenValidator _validator = null!;

    public async ValueTask InitializeAsync()
    {
        _issuer = await TestIssuer.StartAsync();
        var options = new IdentityOptions { Issuers = [new IssuerOptions { Issuer = _issuer.Issuer, Organisation = "acme", Audience = "relay" }] };
        _validator = new TokenValidator(options, _http, new SignOuts(), _time, NullLogger<IssuerKeys>.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _issuer.DisposeAsync();
    }

    [Fact]
    public async Task Token_AsKeycloakWritesIt_SaysWhoseItIs() => Assert.Equal(("f3c9a1", TokenRefusal.None), await ValidateAsync(_ => { }));

    public static TheoryData<string, string?, int> Faults => new()
    {
        { "typ", "\"Bearer\"", (int)TokenRefusal.WrongType },
        { "typ", "\"Logout\"", (int)TokenRefusal.WrongType },
        { "aud", "\"other\"", (int)TokenRefusal.WrongAudience },
        { "aud", "[\"relay-web\",\"other\"]", (int)TokenRefusal.None },
        { "azp", "\"other\"", (int)TokenRefusal.WrongAudience },
        { "nonce", "\"another\"", (int)TokenRefusal.Replayed },
        { "nonce", null, (int)TokenRefusal.ClaimMissing },
        { "sub", null, (int)TokenRefusal.ClaimMissing },
        { "exp", null, (int)TokenRefusal.ClaimMissing },
        { "exp", "1", (int)TokenRefusal.Expired },
        { "iat", "4102444800", (int)TokenRefusal.IssuedInFuture },
        { "iss", "\"https://elsewhere\"", (int)TokenRefusal.UnknownIssuer },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Token_WithOneClaimChanged_IsJudgedByIt(string claim, string? json, int refusal) => Assert.Equal(
        (TokenRefusal)refusal,
        (await ValidateAsync(claims =>
        {
            if (json is null) claims.Remove(claim);
            else claims[claim] = JsonNode.Parse(json);
        })).Refusal);

    [Fact]
    public async Task Token_OfSeveralAudiencesWithoutAuthorizedParty_IsRefused() => Assert.Equal(TokenRefusal.WrongAudience, (await ValidateAsync(claims =>
    {
        claims["aud"] = new JsonArray(Client, "other");
        claims.Remove("azp");
    })).Refusal);

    [Fact]
    public async Task Token_OfAnotherConfiguredIssuer_IsNoAnswerToThisOne()
    {
        var token = _issuer.Key.Sign(Claims());

        Assert.Equal(TokenRefusal.UnknownIssuer, (await _validator.ValidateIdTokenAsync(token, "https://another", Client, Nonce, TestContext.Current.CancellationToken)).Refusal);
    }

    [Fact]
    public async Task Token_WithoutSignature_IsRefused() =>
        Assert.Null((await _validator.ValidateIdTokenAsync($"{_issuer.Key.Sign(Claims()).TrimEnd()[..^8]}AAAAAAAA", _issuer.Issuer, Client, Nonce, TestContext.Current.CancellationToken)).Subject);

    private JsonObject Claims()
    {
        var now = _time.GetUtcNow();
        return new()
        {
            ["iss"] = _issuer.Issuer, ["sub"] = "f3c9a1", ["aud"] = Client, ["azp"] = Client, ["typ"] = "ID", ["nonce"] = Nonce,
            ["iat"] = now.ToUnixTimeSeconds(), ["exp"] = now.AddMinutes(5).ToUnixTimeSeconds(),
        };
    }

    private async Task<(string? Subject, TokenRefusal Refusal)> ValidateAsync(Action<JsonObject> change)
    {
        var claims = Claims();
        change(claims);
        return await _validator.ValidateIdTokenAsync(_issuer.Key.Sign(claims), _issuer.Issuer, Client, Nonce, TestContext.Current.CancellationToken);
    }
}
