namespace OpenOva.Relay.Identity;

/// <summary>Why a token was refused: for the ledger, the metric and the log, never for the answer. Values only grow.</summary>
internal enum TokenRefusal
{
    /// <summary>Not refused.</summary>
    None = 0,
    /// <summary>No token where one is needed, or a header that is not one bearer token.</summary>
    Missing = 1,
    TooLarge = 2,
    /// <summary>Not three base64url parts of JSON objects, or a claim of an odd type.</summary>
    Malformed = 3,
    DuplicateClaim = 4,
    /// <summary><c>none</c>, a symmetric algorithm, or any other that is not on the list.</summary>
    AlgorithmNotAllowed = 5,
    CriticalHeader = 6,
    UnknownIssuer = 7,
    /// <summary>No signing key has the token's key id, also after a refresh or while refreshing is cooling down.</summary>
    UnknownKey = 8,
    /// <summary>The issuer gave no keys that could be used, and none are cached.</summary>
    KeysUnavailable = 9,
    BadSignature = 10,
    /// <summary>An ID, refresh, offline, logout or other token that is no access token.</summary>
    WrongType = 11,
    WrongAudience = 12,
    ClaimMissing = 13,
    Expired = 14,
    NotYetValid = 15,
    IssuedInFuture = 16,
    /// <summary>A gateway's token without the role <c>relay-gateway</c>.</summary>
    NotAGateway = 17,
    /// <summary>The gateway's token is of another organisation than the person's.</summary>
    GatewayOrganisation = 18,
    /// <summary>Of a session that the issuer has ended, or of an account from before it was signed out.</summary>
    SignedOut = 19,
    /// <summary>It would live longer than sign-outs are remembered.</summary>
    TooLongLived = 20,
    /// <summary>A logout token without the logout event, without subject and session, or with a nonce.</summary>
    NotALogout = 21,
    /// <summary>A logout token that was taken before.</summary>
    Replayed = 22,
}

internal static class TokenRefusalLabels
{
    private static readonly string[] Labels =
    [
        "none", "missing", "too-large", "malformed", "duplicate-claim", "algorithm", "critical-header", "unknown-issuer", "unknown-key",
        "keys-unavailable", "bad-signature", "wrong-type", "wrong-audience", "claim-missing", "expired", "not-yet-valid", "issued-in-future",
        "not-a-gateway", "gateway-organisation", "signed-out", "too-long-lived", "not-a-logout", "replayed",
    ];

    /// <summary>The stable label of the metric and the ledger.</summary>
    public static string Label(this TokenRefusal refusal) => Labels[(int)refusal];
}

/// <summary>
/// Either a caller, or a refusal with what could be told about the token's origin: organisation and issuer are set only where the
/// token's <c>iss</c> is a configured issuer, so that a stranger's text never travels further.
/// </summary>
internal sealed record TokenResult
{
    public Caller? Caller { get; private init; }
    public TokenRefusal Refusal { get; private init; }
    public string? Organisation { get; private init; }
    public string? Issuer { get; private init; }

    public static TokenResult Accepted(Caller caller) =>
        new() { Caller = caller, Organisation = caller.Organisation, Issuer = caller.Issuer };

    public static TokenResult Refused(TokenRefusal refusal, IssuerOptions? issuer = null) =>
        new() { Refusal = refusal, Organisation = issuer?.Organisation, Issuer = issuer?.Issuer };

    /// <summary>A token that is genuine, but not of the kind that the call needs.</summary>
    public static TokenResult Refused(TokenRefusal refusal, Caller genuine) =>
        new() { Refusal = refusal, Organisation = genuine.Organisation, Issuer = genuine.Issuer };
}
