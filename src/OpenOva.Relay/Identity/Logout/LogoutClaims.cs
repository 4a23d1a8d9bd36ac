using System.Text.Json;
using OpenOva.Relay.Database;

namespace OpenOva.Relay.Identity.Logout;

/// <summary>The claims of a logout token and the checks on them once the signature holds (OpenID Connect Back-Channel Logout 1.0, sections 2.4 and 2.6).</summary>
internal sealed record LogoutClaims
{
    private const string LogoutEvent = "http://schemas.openid.net/event/backchannel-logout";
    private const int MaximumIdLength = 255;

    private string? HeaderType { get; init; }
    private string? Type { get; init; }
    private IReadOnlyList<string> Audience { get; init; } = [];
    private DateTimeOffset? IssuedAt { get; init; }
    private DateTimeOffset? Expires { get; init; }
    private string? TokenId { get; init; }
    private string? Subject { get; init; }
    private string? SessionId { get; init; }
    private bool HasEvent { get; init; }
    private bool HasNonce { get; init; }

    /// <exception cref="OddClaimException">A claim has a type that its specification rules out.</exception>
    public static LogoutClaims Read(TokenText text, IssuerOptions issuer)
    {
        _ = issuer;
        var payload = text.Payload;
        return new LogoutClaims
        {
            HeaderType = Claims.Text(text.Header, "typ"),
            Type = Claims.Text(payload, "typ"),
            Audience = Claims.OneOrMany(payload, "aud"),
            IssuedAt = Claims.Time(payload, "iat"),
            Expires = Claims.Time(payload, "exp"),
            TokenId = Claims.Text(payload, "jti"),
            Subject = Claims.Text(payload, "sub"),
            SessionId = Claims.Text(payload, "sid"),
            HasEvent = payload.TryGetProperty("events", out var events) && events.ValueKind == JsonValueKind.Object
                && events.TryGetProperty(LogoutEvent, out var logout) && logout.ValueKind == JsonValueKind.Object,
            HasNonce = payload.TryGetProperty("nonce", out _),
        };
    }

    public TokenRefusal Check(IssuerOptions issuer, DateTimeOffset now, TimeSpan skew, TimeSpan maximumLifetime)
    {
        if (!IsLogoutToken())
            return TokenRefusal.WrongType;
        if (!Audience.Any(client => IsLogoutClient(issuer, client)))
            return TokenRefusal.WrongAudience;
        if (Expires is not { } expires || IssuedAt is not { } issued || !IsId(TokenId, required: true) || !IsId(Subject, required: false) || !IsId(SessionId, required: false))
            return TokenRefusal.ClaimMissing;
        if (!HasEvent || HasNonce || (Subject is null && SessionId is null))
            return TokenRefusal.NotALogout;
        if (now >= expires + skew)
            return TokenRefusal.Expired;
        if (issued > now + skew)
            return TokenRefusal.IssuedInFuture;
        return expires - issued > maximumLifetime ? TokenRefusal.TooLongLived : TokenRefusal.None;
    }

    /// <summary>To be called after <see cref="Check"/> alone.</summary>
    public SignOut ToSignOut(IssuerOptions issuer, DateTimeOffset now, TimeSpan skew, TimeSpan maximumLifetime) => new()
    {
        Organisation = issuer.Organisation,
        Issuer = issuer.Issuer,
        Subject = Subject ?? "",
        SidSha256 = SessionId is null ? "" : SignOut.HashOf(SessionId),
        JtiSha256 = SignOut.HashOf(TokenId!),
        BeforeUs = IssuedAt!.Value.ToUnixMicroseconds(),
        // By then every token from before has expired, and so has this one.
        ExpiresUs = (now + maximumLifetime + (2 * skew)).ToUnixMicroseconds(),
    };

    // Keycloak marks the kind in the payload, and since 26 in the header too; the specification recommends the header.
    private bool IsLogoutToken()
    {
        var isLogoutHeader = IsHeader("logout+jwt") || IsHeader("application/logout+jwt");
        return Type switch
        {
            "Logout" => HeaderType is null || IsHeader("JWT") || isLogoutHeader,
            null => isLogoutHeader,
            _ => false,
        };
    }

    private static bool IsLogoutClient(IssuerOptions issuer, string client) =>
        client == issuer.Browser?.ClientId || (issuer.LogoutClients.Count > 0 ? issuer.LogoutClients.Contains(client) : client == issuer.Audience);

    private bool IsHeader(string type) => type.Equals(HeaderType, StringComparison.OrdinalIgnoreCase);

    private static bool IsId(string? id, bool required) => id is null ? !required : id.Length is > 0 and <= MaximumIdLength;
}
