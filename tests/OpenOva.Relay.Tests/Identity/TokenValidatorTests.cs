using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Identity.Logout;

namespace OpenOva.Relay.Tests.Identity;

[Trait("Kind", "Fast")]
public sealed class TokenValidatorTests : IAsyncLifetime
{
    private readonly ManualTime _time = new();
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(5) };
    private static readonly TestKey Stranger = TestKey.Rsa("key-1");
    private static readonly TestKey Ec = TestKey.Ec("key-ec");
    private static readonly TestKey Encryption = TestKey.Rsa("key-enc");
    private static readonly TestKey NoUse = TestKey.Rsa("key-no-use");
    private TestIssuer _issuer = null!;
    private IdentityOptions _options = null!;
    private TokenValidator _validator = null!;
    private readonly SignOuts _signOuts = new();

    public async ValueTask InitializeAsync()
    {
        _issuer = await TestIssuer.StartAsync();
        _issuer.Publish(Ec, algorithm: "ES256");
        _issuer.Publish(Encryption, use: "enc");
        _issuer.Publish(NoUse, use: "");
        _options = new IdentityOptions { Issuers = [new IssuerOptions { Issuer = _issuer.Issuer, Organisation = "acme", Audience = "relay" }] };
        _validator = NewValidator();
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _issuer.DisposeAsync();
    }

    [Fact]
    public async Task Validate_KeycloakAccessToken_GivesTheCaller()
    {
        var caller = (await ValidateAsync(_issuer.Key.Sign(Claims()))).Caller;

        Assert.NotNull(caller);
        Assert.Equal(("acme", _issuer.Issuer, "f3c9a1"), (caller.Organisation, caller.Issuer, caller.Subject));
        Assert.Equal(("gateway", "opaque+session==", "1"), (caller.ClientId, caller.SessionId, caller.Acr));
        Assert.Equal(_time.GetUtcNow().AddMinutes(-1), caller.AuthenticatedAt);
        Assert.Equal(_time.GetUtcNow().AddMinutes(5), caller.Expires);
        Assert.Equal(new CallerProfile("Ada Lovelace", "ada", "ada@acme.example"), caller.Profile);
        Assert.Equal($"{_issuer.Issuer}#f3c9a1", caller.ToString());
    }

    [Fact]
    public async Task Validate_DefaultRoleMapping_CountsRealmRolesAndTheAudiencesOwn()
    {
        var caller = (await ValidateAsync(_issuer.Key.Sign(Claims()))).Caller!;

        // relay-admin of some other client gives nothing, and that client's roles open no connection.
        Assert.Equal(CallerRoles.Operator | CallerRoles.Auditor, caller.Roles);
        Assert.Equal(["dba", "payments", "relay-auditor", "relay-operator"], caller.TokenRoles.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Validate_ConfiguredRoleMapping_ReplacesTheDefault()
    {
        var issuer = _options.Issuers[0];
        issuer.Roles["relay-operator"] = new RoleMapping { Groups = ["/it/ops"] };
        issuer.Roles["relay-admin"] = new RoleMapping { ClientRoles = [new ClientRole { Client = "other.client", Role = "relay-admin" }] };
        issuer.Roles["relay-job"] = new RoleMapping { RealmRoles = ["dba"] };
        issuer.AudienceRoleClients.Add("other.client");
        _validator = NewValidator();

        var withoutGroup = (await ValidateAsync(_issuer.Key.Sign(Claims(c => c["groups"] = new JsonArray("/it", "/it/ops/night"))))).Caller!;
        var withGroup = (await ValidateAsync(_issuer.Key.Sign(Claims(c => c["groups"] = new JsonArray("/it/ops"))))).Caller!;

        Assert.Equal(CallerRoles.Auditor | CallerRoles.Admin | CallerRoles.Job, withoutGroup.Roles);
        Assert.Equal(withoutGroup.Roles | CallerRoles.Operator, withGroup.Roles);
        Assert.Contains("root-access", withGroup.TokenRoles.AsEnumerable());
    }

    [Theory]
    [InlineData("RS256")]
    [InlineData("RS384")]
    [InlineData("RS512")]
    [InlineData("PS256")]
    [InlineData("PS384")]
    [InlineData("PS512")]
    public async Task Validate_AllowedRsaAlgorithm_Passes(string algorithm) =>
        Assert.NotNull((await ValidateAsync(_issuer.Key.Sign(Claims(), algorithm))).Caller);

    [Fact]
    public async Task Validate_Es256_Passes() => Assert.NotNull((await ValidateAsync(Ec.Sign(Claims(), "ES256"))).Caller);

    [Fact]
    public async Task Validate_Rfc9068AccessToken_PassesWithoutKeycloaksMark() =>
        Assert.NotNull((await ValidateAsync(_issuer.Key.Sign(Claims(c => c.Remove("typ")), type: "at+jwt"))).Caller);

    [Fact]
    public async Task Validate_SingleAudienceString_Passes() =>
        Assert.NotNull((await ValidateAsync(_issuer.Key.Sign(Claims(c => c["aud"] = "relay")))).Caller);

    // Every row is a token that must be refused, and why. Each differs from one that passes in one thing only.
    public static TheoryData<string, string> Refusals => new()
    {
        { "empty", nameof(TokenRefusal.Missing) },
        { "too large", nameof(TokenRefusal.TooLarge) },
        { "two parts", nameof(TokenRefusal.Malformed) },
        { "four parts", nameof(TokenRefusal.Malformed) },
        { "five parts (JWE)", nameof(TokenRefusal.Malformed) },
        { "padding", nameof(TokenRefusal.Malformed) },
        { "white space", nameof(TokenRefusal.Malformed) },
        { "standard base64", nameof(TokenRefusal.Malformed) },
        { "payload no JSON", nameof(TokenRefusal.Malformed) },
        { "payload an array", nameof(TokenRefusal.Malformed) },
        { "payload nested deeply", nameof(TokenRefusal.Malformed) },
        { "duplicate claim", nameof(TokenRefusal.DuplicateClaim) },
        { "duplicate header", nameof(TokenRefusal.DuplicateClaim) },
        { "duplicate nested claim", nameof(TokenRefusal.DuplicateClaim) },
        { "alg none", nameof(TokenRefusal.AlgorithmNotAllowed) },
        { "alg nOnE", nameof(TokenRefusal.AlgorithmNotAllowed) },
        { "alg none with a signature", nameof(TokenRefusal.AlgorithmNotAllowed) },
        { "HS256 by the public key", nameof(TokenRefusal.AlgorithmNotAllowed) },
        { "RS1", nameof(TokenRefusal.AlgorithmNotAllowed) },
        { "alg rs256", nameof(TokenRefusal.AlgorithmNotAllowed) },
        { "alg missing", nameof(TokenRefusal.AlgorithmNotAllowed) },
        { "alg a number", nameof(TokenRefusal.Malformed) },
        { "crit", nameof(TokenRefusal.CriticalHeader) },
        { "other issuer", nameof(TokenRefusal.UnknownIssuer) },
        { "issuer with slash", nameof(TokenRefusal.UnknownIssuer) },
        { "issuer in capitals", nameof(TokenRefusal.UnknownIssuer) },
        { "issuer missing", nameof(TokenRefusal.UnknownIssuer) },
        { "issuer a list", nameof(TokenRefusal.UnknownIssuer) },
        { "issuer a lone surrogate", nameof(TokenRefusal.UnknownIssuer) },
        { "kid missing", nameof(TokenRefusal.UnknownKey) },
        { "kid unknown", nameof(TokenRefusal.UnknownKey) },
        { "kid of the encryption key", nameof(TokenRefusal.UnknownKey) },
        { "kid of a key without use", nameof(TokenRefusal.UnknownKey) },
        { "RS256 with the EC key's id", nameof(TokenRefusal.UnknownKey) },
        { "another key under the same id", nameof(TokenRefusal.BadSignature) },
        { "own key in the header", nameof(TokenRefusal.BadSignature) },
        { "changed payload", nameof(TokenRefusal.BadSignature) },
        { "changed header", nameof(TokenRefusal.BadSignature) },
        { "no signature", nameof(TokenRefusal.BadSignature) },
        { "signature cut", nameof(TokenRefusal.BadSignature) },
        { "PS256 signature as RS256", nameof(TokenRefusal.BadSignature) },
        { "ID token", nameof(TokenRefusal.WrongType) },
        { "refresh token", nameof(TokenRefusal.WrongType) },
        { "offline token", nameof(TokenRefusal.WrongType) },
        { "logout token", nameof(TokenRefusal.WrongType) },
        { "DPoP-bound token", nameof(TokenRefusal.WrongType) },
        { "header logout+jwt", nameof(TokenRefusal.WrongType) },
        { "no mark at all", nameof(TokenRefusal.WrongType) },
        { "ID token with an access token's header", nameof(TokenRefusal.WrongType) },
        { "audience missing", nameof(TokenRefusal.WrongAudience) },
        { "other audience", nameof(TokenRefusal.WrongAudience) },
        { "audience with slash", nameof(TokenRefusal.WrongAudience) },
        { "audience in capitals", nameof(TokenRefusal.WrongAudience) },
        { "audience holds a number", nameof(TokenRefusal.Malformed) },
        { "exp missing", nameof(TokenRefusal.ClaimMissing) },
        { "iat missing", nameof(TokenRefusal.ClaimMissing) },
        { "sub missing", nameof(TokenRefusal.ClaimMissing) },
        { "sub empty", nameof(TokenRefusal.ClaimMissing) },
        { "sub too long", nameof(TokenRefusal.ClaimMissing) },
        { "exp a string", nameof(TokenRefusal.Malformed) },
        { "exp beyond all time", nameof(TokenRefusal.Malformed) },
        { "exp negative", nameof(TokenRefusal.Malformed) },
        { "sub a number", nameof(TokenRefusal.Malformed) },
        { "roles a string", nameof(TokenRefusal.Malformed) },
        { "sub a lone surrogate", nameof(TokenRefusal.Malformed) },
        { "expired", nameof(TokenRefusal.Expired) },
        { "expired at the edge of the skew", nameof(TokenRefusal.Expired) },
        { "not yet valid", nameof(TokenRefusal.NotYetValid) },
        { "issued in the future", nameof(TokenRefusal.IssuedInFuture) },
        { "longer than sign-outs are remembered", nameof(TokenRefusal.TooLongLived) },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task Validate_RefusedToken_SaysWhyToTheLedgerOnly(string what, string reason)
    {
        var result = await ValidateAsync(Bad(what));

        Assert.Null(result.Caller);
        Assert.Equal(reason, result.Refusal.ToString());
    }

    [Theory]
    [InlineData("exp", -29)]
    [InlineData("nbf", 30)]
    [InlineData("iat", 30)]
    public async Task Validate_WithinTheSkew_Passes(string claim, int seconds) =>
        Assert.NotNull((await ValidateAsync(_issuer.Key.Sign(Claims(c => c[claim] = Second(seconds))))).Caller);

    [Fact]
    public async Task Validate_UnknownIssuer_NamesNoOrganisationAndAsksNobody()
    {
        var result = await ValidateAsync(Bad("other issuer"));

        Assert.Equal((null, null), (result.Organisation, result.Issuer));
        Assert.Equal(0, _issuer.Fetches);
    }

    [Fact]
    public async Task Validate_KeyRotated_RefreshesOnceForTheNewKey()
    {
        await ValidateAsync(_issuer.Key.Sign(Claims()));
        var next = TestKey.Rsa("key-2");
        _issuer.Publish(next);
        _time.Advance(_options.KeyRefreshCooldown);

        Assert.NotNull((await ValidateAsync(next.Sign(Claims()))).Caller);
        Assert.NotNull((await ValidateAsync(next.Sign(Claims()))).Caller);
        Assert.Equal(2, _issuer.Fetches);
    }

    [Fact]
    public async Task Validate_ManyUnknownKeyIds_FetchOnceInACooldown()
    {
        await ValidateAsync(_issuer.Key.Sign(Claims()));
        _time.Advance(_options.KeyRefreshCooldown);

        var results = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => ValidateAsync(_issuer.Key.Sign(Claims(), kid: $"invented-{i}"))));

        for (var i = 0; i < 5; i++)
            results = [.. results, await ValidateAsync(_issuer.Key.Sign(Claims(), kid: $"invented-later-{i}"))];

        Assert.All(results, result => Assert.Equal(TokenRefusal.UnknownKey, result.Refusal));
        Assert.Equal(2, _issuer.Fetches);
    }

    [Fact]
    public async Task Validate_IssuerNeverReached_FailsClosedAndRecovers()
    {
        _issuer.IsDown = true;
        Assert.Equal(TokenRefusal.KeysUnavailable, (await ValidateAsync(_issuer.Key.Sign(Claims()))).Refusal);

        _issuer.IsDown = false;
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.NotNull((await ValidateAsync(_issuer.Key.Sign(Claims()))).Caller);
    }

    [Fact]
    public async Task Validate_IssuerDown_CachedKeysServeUntilTheirMaximumAge()
    {
        await ValidateAsync(_issuer.Key.Sign(Claims()));
        _issuer.IsDown = true;

        _time.Advance(_options.KeyMaximumAge - TimeSpan.FromSeconds(1));
        Assert.NotNull((await ValidateAsync(_issuer.Key.Sign(Claims()))).Caller);

        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(TokenRefusal.KeysUnavailable, (await ValidateAsync(_issuer.Key.Sign(Claims()))).Refusal);
    }

    [Fact]
    public async Task Validate_KeyWithdrawn_IsRefusedAfterTheRefreshInterval()
    {
        await ValidateAsync(_issuer.Key.Sign(Claims()));
        _issuer.Withdraw(_issuer.Key);
        _time.Advance(_options.KeyRefreshInterval);
        // Starts the refresh beside its use; the EC key waits for nothing either.
        await ValidateAsync(Ec.Sign(Claims(), "ES256"));

        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while ((await ValidateAsync(_issuer.Key.Sign(Claims()))).Refusal != TokenRefusal.UnknownKey)
            await Task.Delay(10, bound.Token);
        Assert.NotNull((await ValidateAsync(Ec.Sign(Claims(), "ES256"))).Caller);
    }

    [Fact]
    public async Task Validate_DiscoveryOfAnotherIssuer_GivesNoKeys()
    {
        _issuer.StatedIssuer = "https://sso.example/realms/acme";

        Assert.Equal(TokenRefusal.KeysUnavailable, (await ValidateAsync(_issuer.Key.Sign(Claims()))).Refusal);
    }

    [Fact]
    public void Refusal_EveryValue_HasItsLabel()
    {
        var labels = Enum.GetValues<TokenRefusal>().Select(refusal => refusal.Label()).ToList();

        Assert.Equal(labels.Count, labels.Distinct().Count());
        Assert.Equal("gateway-organisation", TokenRefusal.GatewayOrganisation.Label());
        Assert.Equal("expired", TokenRefusal.Expired.Label());
    }

    private TokenValidator NewValidator() => new(_options, _http, _signOuts, _time, NullLogger<IssuerKeys>.Instance);

    private async Task<TokenResult> ValidateAsync(string token) =>
        await _validator.ValidateAccessTokenAsync(token, TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(10));

    private JsonObject Claims(Action<JsonObject>? change = null)
    {
        var claims = _issuer.Claims(_time.GetUtcNow());
        change?.Invoke(claims);
        return claims;
    }

    private long Second(int seconds) => _time.GetUtcNow().ToUnixTimeSeconds() + seconds;

    private string Bad(string what)
    {
        var key = _issuer.Key;
        var good = key.Sign(Claims());
        var parts = good.Split('.');
        string With(string claim, JsonNode? value) => key.Sign(Claims(c => c[claim] = value));
        string Without(string claim) => key.Sign(Claims(c => c.Remove(claim)));
        string PayloadText(string text) => key.SignText("""{"alg":"RS256","kid":"key-1"}""", text);
        return what switch
        {
            "empty" => "",
            "too large" => With("padding", new string('x', _options.MaximumTokenLength)),
            "two parts" => $"{parts[0]}.{parts[1]}",
            "four parts" => good + ".x",
            "five parts (JWE)" => "e30.e30.e30.e30.e30",
            "padding" => good + "=",
            "white space" => good.Insert(parts[0].Length + 5, "\n"),
            "standard base64" => good.Insert(parts[0].Length + 5, "+"),
            "payload no JSON" => PayloadText("{"),
            "payload an array" => PayloadText("[]"),
            "payload nested deeply" => PayloadText(string.Concat(Enumerable.Repeat("{\"a\":", 40)) + "1" + new string('}', 40)),
            "duplicate claim" => PayloadText(Claims().ToJsonString().Insert(1, "\"sub\":\"someone-else\",")),
            "duplicate header" => key.SignText("""{"alg":"RS256","kid":"key-1","alg":"none"}""", Claims().ToJsonString()),
            "duplicate nested claim" => PayloadText(Claims().ToJsonString().Replace("\"realm_access\":{", "\"realm_access\":{\"roles\":[\"relay-admin\"],", StringComparison.Ordinal)),
            "alg none" => key.Sign(Claims(), "none"),
            "alg nOnE" => key.SignText("""{"alg":"nOnE","kid":"key-1"}""", Claims().ToJsonString(), "none"),
            "alg none with a signature" => key.SignText("""{"alg":"none","kid":"key-1"}""", Claims().ToJsonString()),
            "HS256 by the public key" => key.Sign(Claims(), "HS256"),
            "RS1" => key.Sign(Claims(), "RS1"),
            "alg rs256" => key.SignText("""{"alg":"rs256","kid":"key-1"}""", Claims().ToJsonString()),
            "alg missing" => key.SignText("""{"kid":"key-1"}""", Claims().ToJsonString()),
            "alg a number" => key.SignText("""{"alg":1,"kid":"key-1"}""", Claims().ToJsonString()),
            "crit" => key.Sign(Claims(), header: head => head["crit"] = new JsonArray("exp")),
            "other issuer" => With("iss", "https://evil.example/realms/acme"),
            "issuer with slash" => With("iss", _issuer.Issuer + "/"),
            "issuer in capitals" => With("iss", _issuer.Issuer.ToUpperInvariant()),
            "issuer missing" => Without("iss"),
            "issuer a list" => With("iss", new JsonArray(_issuer.Issuer)),
            "issuer a lone surrogate" => PayloadText(Claims(c => c.Remove("iss")).ToJsonString().Insert(1, "\"iss\":\"\\ud800\",")),
            "kid missing" => key.Sign(Claims(), header: head => head.Remove("kid")),
            "kid unknown" => key.Sign(Claims(), kid: "key-9"),
            "kid of the encryption key" => Encryption.Sign(Claims()),
            "kid of a key without use" => NoUse.Sign(Claims()),
            "RS256 with the EC key's id" => key.Sign(Claims(), kid: Ec.Id),
            "another key under the same id" => Stranger.Sign(Claims()),
            "own key in the header" => Stranger.Sign(Claims(), header: head => head["jwk"] = Stranger.Public()),
            "changed payload" => $"{parts[0]}.{key.Sign(Claims(c => c["sub"] = "someone-else")).Split('.')[1]}.{parts[2]}",
            "changed header" => $"{key.Sign(Claims(), header: head => head["x"] = 1).Split('.')[0]}.{parts[1]}.{parts[2]}",
            "no signature" => $"{parts[0]}.{parts[1]}.",
            "signature cut" => good[..^8],
            "PS256 signature as RS256" => key.SignText("""{"alg":"RS256","kid":"key-1"}""", Claims().ToJsonString(), "PS256"),
            "ID token" => With("typ", "ID"),
            "refresh token" => With("typ", "Refresh"),
            "offline token" => With("typ", "Offline"),
            "logout token" => With("typ", "Logout"),
            "DPoP-bound token" => With("typ", "DPoP"),
            "header logout+jwt" => key.Sign(Claims(), type: "logout+jwt"),
            "no mark at all" => Without("typ"),
            "ID token with an access token's header" => key.Sign(Claims(c => c["typ"] = "ID"), type: "at+jwt"),
            "audience missing" => Without("aud"),
            "other audience" => With("aud", new JsonArray("account", "relay-ui")),
            "audience with slash" => With("aud", "relay/"),
            "audience in capitals" => With("aud", "RELAY"),
            "audience holds a number" => With("aud", new JsonArray("relay", 1)),
            "exp missing" => Without("exp"),
            "iat missing" => Without("iat"),
            "longer than sign-outs are remembered" => With("exp", Second(24 * 3600 + 1)),
            "sub missing" => Without("sub"),
            "sub empty" => With("sub", ""),
            "sub too long" => With("sub", new string('s', 256)),
            "exp a string" => With("exp", "9999999999"),
            "exp beyond all time" => PayloadText(Claims(c => c.Remove("exp")).ToJsonString().Insert(1, "\"exp\":1e300,")),
            "exp negative" => With("exp", -1),
            "sub a number" => With("sub", 42),
            "roles a string" => With("realm_access", new JsonObject { ["roles"] = "relay-operator" }),
            "sub a lone surrogate" => PayloadText(Claims(c => c.Remove("sub")).ToJsonString().Insert(1, "\"sub\":\"\\ud800\",")),
            "expired" => With("exp", Second(-3600)),
            "expired at the edge of the skew" => With("exp", Second(-30)),
            "not yet valid" => With("nbf", Second(31)),
            "issued in the future" => With("iat", Second(31)),
            _ => throw new ArgumentOutOfRangeException(nameof(what), what, null),
        };
    }
}
