using System.Security.Cryptography;
using System.Text;

namespace OpenOva.Relay.Identity;

/// <summary>The claims of an ID token and the checks on them once the signature holds (OpenID Connect Core 1.0, section 3.1.3.7).</summary>
internal sealed record IdClaims
{
    private string? Type { get; init; }
    private IReadOnlyList<string> Audience { get; init; } = [];
    private string? AuthorizedParty { get; init; }
    private DateTimeOffset? Expires { get; init; }
    private DateTimeOffset? IssuedAt { get; init; }
    private string? Nonce { get; init; }
    public string? Subject { get; private init; }

    /// <exception cref="OddClaimException">A claim has a type that its specification rules out.</exception>
    public static IdClaims Read(TokenText text, IssuerOptions issuer)
    {
        _ = issuer;
        var payload = text.Payload;
        return new IdClaims
        {
            Type = Claims.Text(payload, "typ"),
            Audience = Claims.OneOrMany(payload, "aud"),
            AuthorizedParty = Claims.Text(payload, "azp"),
            Expires = Claims.Time(payload, "exp"),
            IssuedAt = Claims.Time(payload, "iat"),
            Nonce = Claims.Text(payload, "nonce"),
            Subject = Claims.Text(payload, "sub"),
        };
    }

    public TokenRefusal Check(string client, string nonce, DateTimeOffset now, TimeSpan skew)
    {
        // Keycloak marks the kind in the payload; elsewhere there is no mark.
        if (Type is not (null or "ID"))
            return TokenRefusal.WrongType;
        if (!Audience.Contains(client) || (Audience.Count > 1 && AuthorizedParty is null) || (AuthorizedParty is not null && AuthorizedParty != client))
            return TokenRefusal.WrongAudience;
        if (Expires is not { } expires || IssuedAt is not { } issued || string.IsNullOrEmpty(Subject) || Nonce is null)
            return TokenRefusal.ClaimMissing;
        if (!CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(Nonce), Encoding.UTF8.GetBytes(nonce)))
            return TokenRefusal.Replayed;
        if (now >= expires + skew)
            return TokenRefusal.Expired;
        return issued > now + skew ? TokenRefusal.IssuedInFuture : TokenRefusal.None;
    }
}
