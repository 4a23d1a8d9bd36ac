using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging.Abstractions;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Identity.Browser;
using OpenOva.Relay.Identity.Logout;
using OpenOva.Relay.Telemetry;

namespace OpenOva.Relay.Tests.Identity.Browser;

/// <summary>The code flow against an issuer that answers wrongly in one way at a time.</summary>
[Trait("Kind", "Fast")]
public sealed class CodeFlowTests : IAsyncLifetime
{
    private const string Callback = "https://relay.example.org/auth/callback";
    private readonly ManualTime _time = new();
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(5) };
    private readonly RelayMetrics _metrics = new();
    private readonly List<IFormCollection> _asked = [];
    private TestIssuer _issuer = null!;
    private IdentityOptions _options = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private IssuerOptions Issuer => _options.Issuers[0];

    public async ValueTask InitializeAsync()
    {
        _issuer = await TestIssuer.StartAsync();
        _options = new IdentityOptions
        {
            Issuers =
            [
                new IssuerOptions
                {
                    Issuer = _issuer.Issuer, Organisation = "acme", Audience = "relay", Browser = new BrowserClientOptions { ClientId = "relay-web", StepUpAcrValues = "gold" },
                },
            ],
        };
    }

    public async ValueTask DisposeAsync()
    {
        _metrics.Dispose();
        _http.Dispose();
        await _issuer.DisposeAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Begin_AtTheIssuer_AsksWithStateNonceAndChallengeAndForAFreshSignInWhereWanted(bool isStepUp)
    {
        var (attempt, address) = await Flow().BeginAsync(Issuer, new WantedSignIn("/sessions", isStepUp), Callback, Cancellation);

        var query = QueryHelpers.ParseQuery(new Uri(address).Query).ToDictionary(pair => pair.Key, pair => pair.Value.ToString());
        Assert.StartsWith($"{_issuer.Issuer}/auth?", address, StringComparison.Ordinal);
        Assert.Equal(
            ("code", "relay-web", Callback, attempt.State, attempt.Nonce), (query["response_type"], query["client_id"], query["redirect_uri"], query["state"], query["nonce"]));
        Assert.Equal((attempt.Challenge, "S256"), (query["code_challenge"], query["code_challenge_method"]));
        Assert.DoesNotContain(attempt.Verifier, address, StringComparison.Ordinal);
        (string?, string?, string?) fresh = (query.GetValueOrDefault("prompt"), query.GetValueOrDefault("max_age"), query.GetValueOrDefault("acr_values"));
        Assert.Equal(isStepUp ? ("login", "0", "gold") : (null, null, null), fresh);
    }

    [Fact]
    public async Task Redeem_OfTheAnswerToItsQuestion_SendsTheVerifierAndGivesThePerson()
    {
        var attempt = Attempt();
        Answers(attempt.Nonce);

        var redeemed = await Flow().RedeemAsync(attempt, "the code", null, Callback, Cancellation);

        Assert.Equal("f3c9a1", redeemed!.Value.Caller.Subject);
        var form = Assert.Single(_asked);
        Assert.Equal(
            ("authorization_code", "the code", Callback, attempt.Verifier, "relay-web"),
            (form["grant_type"].ToString(), form["code"].ToString(), form["redirect_uri"].ToString(), form["code_verifier"].ToString(), form["client_id"].ToString()));
    }

    public static TheoryData<string> Faults => ["another nonce", "another client", "another subject", "no ID token", "no access token of this audience", "refused"];

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Redeem_OfAnAnswerWithOneThingWrong_SignsNobodyIn(string fault)
    {
        var attempt = Attempt();
        Answers(
            fault == "another nonce" ? "of another question" : attempt.Nonce,
            id =>
            {
                if (fault == "another client") (id["aud"], id["azp"]) = ("another", "another");
                if (fault == "another subject") id["sub"] = "somebody else";
            },
            access =>
            {
                if (fault == "no access token of this audience") access["aud"] = "another";
            },
            tokens => fault == "refused" ? null : fault == "no ID token" ? new() { ["access_token"] = tokens["access_token"]!.DeepClone() } : tokens);

        Assert.Null(await Flow().RedeemAsync(attempt, "the code", null, Callback, Cancellation));
        Assert.Single(_asked);
    }

    [Theory]
    [InlineData(false, "https://another.example/realms/acme")]
    [InlineData(true, "https://another.example/realms/acme")]
    [InlineData(true, null)]
    public async Task Redeem_OfAnAnswerThatAnotherIssuerMayHaveGiven_IsNotEvenAsked(bool namesItself, string? answeredBy)
    {
        _issuer.NamesItself = namesItself;
        var attempt = Attempt();
        Answers(attempt.Nonce);

        Assert.Null(await Flow().RedeemAsync(attempt, "the code", answeredBy, Callback, Cancellation));
        Assert.Empty(_asked);
        Assert.NotNull(await Flow().RedeemAsync(attempt, "the code", _issuer.Issuer, Callback, Cancellation));
    }

    private SignInAttempt Attempt() => SignInAttempt.Begin(_issuer.Issuer, "/", 0);

    private void Answers(string nonce, Action<JsonObject>? changeId = null, Action<JsonObject>? changeAccess = null, Func<JsonObject, JsonObject?>? change = null) => _issuer.Tokens = form =>
    {
        _asked.Add(form);
        var now = _time.GetUtcNow();
        var id = new JsonObject
        {
            ["iss"] = _issuer.Issuer, ["sub"] = "f3c9a1", ["aud"] = "relay-web", ["azp"] = "relay-web", ["typ"] = "ID", ["nonce"] = nonce,
            ["iat"] = now.ToUnixTimeSeconds(), ["exp"] = now.AddMinutes(5).ToUnixTimeSeconds(),
        };
        changeId?.Invoke(id);
        var access = _issuer.Claims(now);
        changeAccess?.Invoke(access);
        var tokens = new JsonObject { ["access_token"] = _issuer.Key.Sign(access), ["id_token"] = _issuer.Key.Sign(id) };
        return Task.FromResult(change is null ? tokens : change(tokens));
    };

    private CodeFlow Flow()
    {
        var validator = new TokenValidator(_options, _http, new SignOuts(), _time, NullLogger<IssuerKeys>.Instance);
        return new(_options, validator, new RefusedTokens(_options, _metrics, _time, NullLogger<RefusedTokens>.Instance), _http, _time, NullLogger<CodeFlow>.Instance);
    }
}
