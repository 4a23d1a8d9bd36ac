using Microsoft.Extensions.Logging.Abstractions;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Identity.Logout;

namespace OpenOva.Relay.Tests.Identity;

/// <summary>Several issuers beside each other: what one of them says counts for itself alone.</summary>
[Trait("Kind", "Fast")]
public sealed class IssuersApartTests : IAsyncLifetime
{
    // The same key id at both, as two Keycloaks restored from one export would have.
    private static readonly TestKey OtherKey = TestKey.Rsa("key-1");

    private readonly ManualTime _time = new();
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(5) };
    private TestIssuer _staff = null!;
    private TestIssuer _other = null!;
    private TokenValidator _validator = null!;

    public async ValueTask InitializeAsync()
    {
        _staff = await TestIssuer.StartAsync();
        _other = await TestIssuer.StartAsync();
        _other.Withdraw(_other.Key);
        _other.Publish(OtherKey);
        var options = new IdentityOptions
        {
            Issuers =
            [
                new IssuerOptions { Issuer = _staff.Issuer, Organisation = "acme", Audience = "relay" },
                new IssuerOptions { Issuer = _other.Issuer, Organisation = "globex", Audience = "relay" },
                new IssuerOptions { Issuer = _staff.Issuer + "/partners", Organisation = "acme", Audience = "relay", MetadataAddress = _staff.Issuer + "/.well-known/openid-configuration" },
            ],
        };
        _validator = new TokenValidator(options, _http, new SignOuts(), _time, NullLogger<IssuerKeys>.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _staff.DisposeAsync();
        await _other.DisposeAsync();
    }

    [Fact]
    public async Task Validate_EachIssuersOwnKey_GivesItsOrganisation()
    {
        Assert.Equal("acme", (await ValidateAsync(_staff.Key.Sign(_staff.Claims(_time.GetUtcNow())))).Caller!.Organisation);
        Assert.Equal("globex", (await ValidateAsync(OtherKey.Sign(_other.Claims(_time.GetUtcNow())))).Caller!.Organisation);
    }

    [Fact]
    public async Task Validate_AnotherIssuersKeyUnderTheSameId_IsABadSignature()
    {
        // Both caches are warm: the wrong key is at hand, and must not be reached for.
        await Validate_EachIssuersOwnKey_GivesItsOrganisation();

        Assert.Equal(TokenRefusal.BadSignature, (await ValidateAsync(OtherKey.Sign(_staff.Claims(_time.GetUtcNow())))).Refusal);
        Assert.Equal(TokenRefusal.BadSignature, (await ValidateAsync(_staff.Key.Sign(_other.Claims(_time.GetUtcNow())))).Refusal);
    }

    [Fact]
    public async Task Validate_AnotherIssuersKeyUnderItsOwnId_IsUnknown()
    {
        var rotated = TestKey.Ec("only-at-the-other");
        _other.Publish(rotated, algorithm: "ES256");

        Assert.NotNull((await ValidateAsync(rotated.Sign(_other.Claims(_time.GetUtcNow()), "ES256"))).Caller);
        Assert.Equal(TokenRefusal.UnknownKey, (await ValidateAsync(rotated.Sign(_staff.Claims(_time.GetUtcNow()), "ES256"))).Refusal);
    }

    [Fact]
    public async Task Validate_IssuerDown_DoesNotTakeTheOtherAlong()
    {
        _other.IsDown = true;

        Assert.Equal(TokenRefusal.KeysUnavailable, (await ValidateAsync(OtherKey.Sign(_other.Claims(_time.GetUtcNow())))).Refusal);
        Assert.NotNull((await ValidateAsync(_staff.Key.Sign(_staff.Claims(_time.GetUtcNow())))).Caller);
    }

    [Fact]
    public async Task Validate_MetadataOfAnotherRealm_GivesTheIssuerNoKeys()
    {
        var claims = _staff.Claims(_time.GetUtcNow());
        claims["iss"] = _staff.Issuer + "/partners";

        Assert.Equal(TokenRefusal.KeysUnavailable, (await ValidateAsync(_staff.Key.Sign(claims))).Refusal);
    }

    [Fact]
    public async Task Validate_UnknownKeyFloodAtOneIssuer_LeavesTheOthersRotationAlone()
    {
        await Validate_EachIssuersOwnKey_GivesItsOrganisation();
        _time.Advance(TimeSpan.FromSeconds(15));
        for (var i = 0; i < 20; i++) await ValidateAsync(_staff.Key.Sign(_staff.Claims(_time.GetUtcNow()), kid: $"invented-{i}"));
        var next = TestKey.Ec("next");
        _other.Publish(next, algorithm: "ES256");

        Assert.NotNull((await ValidateAsync(next.Sign(_other.Claims(_time.GetUtcNow()), "ES256"))).Caller);
        Assert.Equal((2, 2), (_staff.Fetches, _other.Fetches));
    }

    private async Task<TokenResult> ValidateAsync(string token) =>
        await _validator.ValidateAccessTokenAsync(token, TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(10));
}
