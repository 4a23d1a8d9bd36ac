using System.Collections.Frozen;
using System.Text.Json;

namespace OpenOva.Relay.Identity;

/// <summary>The claims of an access token that Relay reads, and the checks on them once the signature holds.</summary>
internal sealed record AccessClaims
{
    private const int MaximumSubjectLength = 255;

    private string? HeaderType { get; init; }
    private string? Type { get; init; }
    private string? Subject { get; init; }
    private IReadOnlyList<string> Audience { get; init; } = [];
    private DateTimeOffset? Expires { get; init; }
    private DateTimeOffset? NotBefore { get; init; }
    private DateTimeOffset? IssuedAt { get; init; }
    private DateTimeOffset? AuthenticatedAt { get; init; }
    private string? ClientId { get; init; }
    private string? SessionId { get; init; }
    private string? Acr { get; init; }
    private IReadOnlyList<string> Amr { get; init; } = [];
    private CallerRoles Roles { get; init; }
    private FrozenSet<string> TokenRoles { get; init; } = [];
    private CallerProfile Profile { get; init; } = CallerProfile.Empty;

    /// <exception cref="OddClaimException">A claim has a type that its specification rules out.</exception>
    public static AccessClaims Read(TokenText text, IssuerOptions issuer)
    {
        var payload = text.Payload;
        var (roles, tokenRoles) = RoleMap.Read(payload, issuer);
        return new AccessClaims
        {
            HeaderType = Claims.Text(text.Header, "typ"),
            Type = Claims.Text(payload, "typ"),
            Subject = Claims.Text(payload, "sub"),
            Audience = Claims.OneOrMany(payload, "aud"),
            Expires = Claims.Time(payload, "exp"),
            NotBefore = Claims.Time(payload, "nbf"),
            IssuedAt = Claims.Time(payload, "iat"),
            AuthenticatedAt = Claims.Time(payload, "auth_time"),
            ClientId = Claims.Text(payload, "azp") ?? Claims.Text(payload, "client_id"),
            SessionId = Claims.Text(payload, "sid"),
            Acr = Claims.Text(payload, "acr"),
            Amr = Claims.OneOrMany(payload, "amr"),
            Roles = roles,
            TokenRoles = tokenRoles,
            Profile = new CallerProfile(Claims.Text(payload, "name"), Claims.Text(payload, "preferred_username"), Claims.Text(payload, "email"))
            {
                PersonKey = issuer.PersonClaim is { } claim ? Claims.Identifier(payload, claim) : null,
            },
        };
    }

    public TokenRefusal Check(IssuerOptions issuer, DateTimeOffset now, TimeSpan skew, TimeSpan maximumLifetime)
    {
        if (!IsAccessToken())
            return TokenRefusal.WrongType;
        if (!Audience.Contains(issuer.Audience))
            return TokenRefusal.WrongAudience;
        if (Expires is not { } expires || IssuedAt is not { } issued || Subject is not { Length: > 0 and <= MaximumSubjectLength })
            return TokenRefusal.ClaimMissing;
        if (now >= expires + skew)
            return TokenRefusal.Expired;
        if (NotBefore > now + skew)
            return TokenRefusal.NotYetValid;
        if (issued > now + skew)
            return TokenRefusal.IssuedInFuture;
        return expires - issued > maximumLifetime ? TokenRefusal.TooLongLived : TokenRefusal.None;
    }

    /// <summary>To be called after <see cref="Check"/> alone.</summary>
    public Caller ToCaller(IssuerOptions issuer) => new()
    {
        Organisation = issuer.Organisation,
        Issuer = issuer.Issuer,
        Subject = Subject!,
        Roles = Roles,
        TokenRoles = TokenRoles,
        ClientId = ClientId,
        SessionId = SessionId,
        Acr = Acr,
        AuthenticatedAt = AuthenticatedAt,
        IssuedAt = IssuedAt!.Value,
        Amr = Amr,
        Expires = Expires!.Value,
        Profile = Profile,
    };

    // Keycloak marks the kind in the payload: Bearer; ID, Refresh, Offline, Logout are others. Without that mark only RFC 9068's header counts.
    private bool IsAccessToken()
    {
        var isAccessTokenHeader = IsHeader("at+jwt") || IsHeader("application/at+jwt");
        return Type switch
        {
            "Bearer" => HeaderType is null || IsHeader("JWT") || isAccessTokenHeader,
            null => isAccessTokenHeader,
            _ => false,
        };
    }

    private bool IsHeader(string type) => type.Equals(HeaderType, StringComparison.OrdinalIgnoreCase);
}
