using System.Collections.Frozen;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using OpenOva.Relay.Database;
using OpenOva.Relay.Identity.Logout;

namespace OpenOva.Relay.Identity;

/// <summary>
/// Validates access, ID and logout tokens of the configured issuers. The order is fixed: shape, algorithm, issuer, key, signature, and only then
/// the claims, so that a reason other than the first four is never a stranger's invention.
/// </summary>
internal sealed class TokenValidator
{
    private static readonly JsonWebTokenHandler Handler = new() { MapInboundClaims = false, MaximumTokenSizeInBytes = 256 * 1024 };

    private readonly FrozenDictionary<string, (IssuerOptions Options, IssuerKeys Keys)> _issuers;
    private readonly IdentityOptions _options;
    private readonly SignOuts _signOuts;
    private readonly TimeProvider _time;

    public TokenValidator(IdentityOptions options, HttpClient http, SignOuts signOuts, TimeProvider time, ILogger<IssuerKeys> log)
    {
        _options = options;
        _signOuts = signOuts;
        _time = time;
        // Keys of one issuer each: the same key id at another is another key.
        _issuers = options.Issuers.ToFrozenDictionary(
            issuer => issuer.Issuer, issuer => (issuer, new IssuerKeys(issuer, options, http, time, log)), StringComparer.Ordinal);
    }

    public async ValueTask<TokenResult> ValidateAccessTokenAsync(string token, CancellationToken cancellation)
    {
        var (refusal, issuer, claims) = await AuthenticateAsync(token, AccessClaims.Read, cancellation);
        if (refusal == TokenRefusal.None)
            refusal = claims!.Check(issuer!, _time.GetUtcNow(), _options.ClockSkew, _options.MaximumTokenLifetime);
        if (refusal != TokenRefusal.None)
            return TokenResult.Refused(refusal, issuer);
        var caller = claims!.ToCaller(issuer!);
        return _signOuts.Refuses(caller.Issuer, caller.Subject, caller.SessionId, caller.IssuedAt.ToUnixMicroseconds())
            ? TokenResult.Refused(TokenRefusal.SignedOut, issuer)
            : TokenResult.Accepted(caller);
    }

    /// <summary>Everything but whether it was taken before.</summary>
    public async ValueTask<LogoutResult> ValidateLogoutTokenAsync(string token, CancellationToken cancellation)
    {
        var (refusal, issuer, claims) = await AuthenticateAsync(token, LogoutClaims.Read, cancellation);
        var now = _time.GetUtcNow();
        if (refusal == TokenRefusal.None)
            refusal = claims!.Check(issuer!, now, _options.ClockSkew, _options.MaximumTokenLifetime);
        return refusal == TokenRefusal.None
            ? new LogoutResult(claims!.ToSignOut(issuer!, now, _options.ClockSkew, _options.MaximumTokenLifetime), issuer, refusal)
            : new LogoutResult(null, issuer, refusal);
    }

    /// <summary>An ID token that <paramref name="issuer"/> gave <paramref name="client"/> in answer to a question with this nonce; whose it is, or why it is none.</summary>
    public async ValueTask<(string? Subject, TokenRefusal Refusal)> ValidateIdTokenAsync(string token, string issuer, string client, string nonce, CancellationToken cancellation)
    {
        var (refusal, found, claims) = await AuthenticateAsync(token, IdClaims.Read, cancellation);
        if (refusal == TokenRefusal.None && found!.Issuer != issuer)
            refusal = TokenRefusal.UnknownIssuer;
        if (refusal == TokenRefusal.None)
            refusal = claims!.Check(client, nonce, _time.GetUtcNow(), _options.ClockSkew);
        return refusal == TokenRefusal.None ? (claims!.Subject, refusal) : (null, refusal);
    }

    /// <summary>Where the issuer's endpoints are; null while it cannot be asked.</summary>
    public ValueTask<IssuerEndpoints?> EndpointsAsync(string issuer, CancellationToken cancellation) =>
        _issuers.TryGetValue(issuer, out var found) ? found.Keys.EndpointsAsync(cancellation) : ValueTask.FromResult<IssuerEndpoints?>(null);

    /// <summary>The claims of a token that the issuer it names has signed; nothing is said of the claims yet.</summary>
    private async ValueTask<(TokenRefusal Refusal, IssuerOptions? Issuer, TClaims? Claims)> AuthenticateAsync<TClaims>(
        string token, Func<TokenText, IssuerOptions, TClaims> read, CancellationToken cancellation)
        where TClaims : class
    {
        var refusal = TokenText.TryRead(token, _options.MaximumTokenLength, out var text);
        if (text is null)
            return (refusal, null, null);
        var found = IssuerOf(text.Payload);
        try
        {
            var algorithm = Claims.Text(text.Header, "alg");
            if (!SigningAlgorithms.IsAllowed(algorithm))
                return (TokenRefusal.AlgorithmNotAllowed, found?.Options, null);
            if (text.Header.TryGetProperty("crit", out _))
                return (TokenRefusal.CriticalHeader, found?.Options, null);
            if (found is not var (issuer, issuerKeys))
                return (TokenRefusal.UnknownIssuer, null, null);
            if (Claims.Text(text.Header, "kid") is not { Length: > 0 } kid)
                return (TokenRefusal.UnknownKey, issuer, null);
            // Read before the library parses the same bytes: what it cannot read, it would call a bad signature.
            var claims = read(text, issuer);

            (refusal, var keys) = await issuerKeys.FindAsync(kid, algorithm!, cancellation);
            if (refusal == TokenRefusal.None)
                refusal = await CheckSignatureAsync(token, issuer, keys);
            return (refusal, issuer, claims);
        }
        catch (OddClaimException)
        {
            return (TokenRefusal.Malformed, found?.Options, null);
        }
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
