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
    private const int MaximumSubjectLength = 255;
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

        var (refusal, keys) = await issuerKeys.FindAsync(kid, algorithm!, cancellation);
        if (refusal == TokenRefusal.None)
            refusal = await CheckSignatureAsync(token, issuer, keys);
        if (refusal == TokenRefusal.None)
            refusal = CheckType(text);
        if (refusal == TokenRefusal.None && !Claims.OneOrMany(text.Payload, "aud").Contains(issuer.Audience))
            refusal = TokenRefusal.WrongAudience;
        if (refusal == TokenRefusal.None)
            refusal = CheckTimes(text.Payload);
        if (refusal != TokenRefusal.None)
            return TokenResult.Refused(refusal, issuer);

        return Claims.Text(text.Payload, "sub") is { Length: > 0 and <= MaximumSubjectLength } subject
            ? TokenResult.Accepted(CallerOf(text.Payload, subject, issuer))
            : TokenResult.Refused(TokenRefusal.ClaimMissing, issuer);
    }

    private (IssuerOptions Options, IssuerKeys Keys)? IssuerOf(JsonElement payload) =>
        payload.TryGetProperty("iss", out var iss) && iss.ValueKind == JsonValueKind.String
            && Claims.Text(payload, "iss") is { } name && _issuers.TryGetValue(name, out var issuer)
            ? issuer
            : null;

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

    // Keycloak marks the kind in the payload: Bearer; ID, Refresh, Offline, Logout are others. Without that mark only RFC 9068's header counts.
    private static TokenRefusal CheckType(TokenText text)
    {
        var header = Claims.Text(text.Header, "typ");
        var isAccessTokenHeader = header is not null
            && (header.Equals("at+jwt", StringComparison.OrdinalIgnoreCase) || header.Equals("application/at+jwt", StringComparison.OrdinalIgnoreCase));
        var isPlainHeader = header is null || header.Equals("JWT", StringComparison.OrdinalIgnoreCase);
        var allowed = Claims.Text(text.Payload, "typ") switch
        {
            "Bearer" => isPlainHeader || isAccessTokenHeader,
            null => isAccessTokenHeader,
            _ => false,
        };
        return allowed ? TokenRefusal.None : TokenRefusal.WrongType;
    }

    private TokenRefusal CheckTimes(JsonElement payload)
    {
        var now = _time.GetUtcNow();
        if (Claims.Time(payload, "exp") is not { } expires)
            return TokenRefusal.ClaimMissing;
        if (now >= expires + _options.ClockSkew)
            return TokenRefusal.Expired;
        if (Claims.Time(payload, "nbf") > now + _options.ClockSkew)
            return TokenRefusal.NotYetValid;
        return Claims.Time(payload, "iat") > now + _options.ClockSkew ? TokenRefusal.IssuedInFuture : TokenRefusal.None;
    }

    private static Caller CallerOf(JsonElement payload, string subject, IssuerOptions issuer)
    {
        var (roles, tokenRoles) = RoleMap.Read(payload, issuer);
        return new Caller
        {
            Organisation = issuer.Organisation,
            Issuer = issuer.Issuer,
            Subject = subject,
            Roles = roles,
            TokenRoles = tokenRoles,
            ClientId = Claims.Text(payload, "azp") ?? Claims.Text(payload, "client_id"),
            SessionId = Claims.Text(payload, "sid"),
            Acr = Claims.Text(payload, "acr"),
            AuthenticatedAt = Claims.Time(payload, "auth_time"),
            Amr = Claims.OneOrMany(payload, "amr"),
            Expires = Claims.Time(payload, "exp")!.Value,
            Profile = new CallerProfile(Claims.Text(payload, "name"), Claims.Text(payload, "preferred_username"), Claims.Text(payload, "email")),
        };
    }
}
