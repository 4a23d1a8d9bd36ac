using System.Collections.Frozen;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace OpenOva.Relay.Identity;

/// <summary>
/// Validates access tokens of the configured issuers. The order is fixed: shape, algorithm, issuer, key, signature, and only then the
/// claims, so that a reason other than the first four is never a stranger's invention.
/// </summary>
internal sealed class TokenValidator
{
    private static readonly JsonWebTokenHandler Handler = new() { MapInboundClaims = false, MaximumTokenSizeInBytes = 256 * 1024 };

    private readonly FrozenDictionary<string, (IssuerOptions Options, IssuerKeys Keys)> _issuers;
    private readonly IdentityOptions _options;
    private readonly TimeProvider _time;

    public TokenValidator(IdentityOptions options, HttpClient http, TimeProvider time, ILogger<IssuerKeys> log)
    {
        _options = options;
        _time = time;
        _issuers = options.Issuers.ToFrozenDictionary(
            issuer => issuer.Issuer, issuer => (issuer, new IssuerKeys(issuer, options, http, time, log)), StringComparer.Ordinal);
    }

    public async ValueTask<TokenResult> ValidateAccessTokenAsync(string token, CancellationToken cancellation)
    {
        var refusal = TokenText.TryRead(token, _options.MaximumTokenLength, out var text);
        if (text is null)
            return TokenResult.Refused(refusal);
        try
        {
            return await ValidateAsync(token, text, cancellation);
        }
        catch (OddClaimException)
        {
            return TokenResult.Refused(TokenRefusal.Malformed, IssuerOf(text.Payload)?.Options);
        }
    }

    private async ValueTask<TokenResult> ValidateAsync(string token, TokenText text, CancellationToken cancellation)
    {
        var algorithm = Claims.Text(text.Header, "alg");
        if (!SigningAlgorithms.IsAllowed(algorithm))
            return TokenResult.Refused(TokenRefusal.AlgorithmNotAllowed, IssuerOf(text.Payload)?.Options);
        if (text.Header.TryGetProperty("crit", out _))
            return TokenResult.Refused(TokenRefusal.CriticalHeader, IssuerOf(text.Payload)?.Options);
        if (IssuerOf(text.Payload) is not var (issuer, issuerKeys))
            return TokenResult.Refused(TokenRefusal.UnknownIssuer);
        if (Claims.Text(text.Header, "kid") is not { Length: > 0 } kid)
            return TokenResult.Refused(TokenRefusal.UnknownKey, issuer);
        // Read before the library parses the same bytes: what it cannot read, it would call a bad signature.
        var claims = AccessClaims.Read(text, issuer);

        var (refusal, keys) = await issuerKeys.FindAsync(kid, algorithm!, cancellation);
        if (refusal == TokenRefusal.None)
            refusal = await CheckSignatureAsync(token, issuer, keys);
        if (refusal == TokenRefusal.None)
            refusal = claims.Check(issuer, _time.GetUtcNow(), _options.ClockSkew);
        return refusal == TokenRefusal.None ? TokenResult.Accepted(claims.ToCaller(issuer)) : TokenResult.Refused(refusal, issuer);
    }

    private (IssuerOptions Options, IssuerKeys Keys)? IssuerOf(JsonElement payload)
    {
        try
        {
            return Claims.Text(payload, "iss") is { } name && _issuers.TryGetValue(name, out var issuer) ? issuer : null;
        }
        catch (OddClaimException)
        {
            return null;
        }
    }

    private static async Task<TokenRefusal> CheckSignatureAsync(string token, IssuerOptions issuer, IReadOnlyList<JsonWebKey> keys)
    {
        var result = await Handler.ValidateTokenAsync(token, new TokenValidationParameters
        {
            ValidAlgorithms = SigningAlgorithms.Names,
            IssuerSigningKeys = keys,
            ValidIssuer = issuer.Issuer,
            // Audience and times are checked here, exactly and by the injected clock: the library's own checks use neither.
            ValidateAudience = false,
            ValidateLifetime = false,
            LogTokenId = false,
        });
        return result.IsValid ? TokenRefusal.None : TokenRefusal.BadSignature;
    }
}
