namespace OpenOva.Relay.Identity;

/// <summary>Event ids 5000 to 5099.</summary>
internal static partial class IdentityLog
{
    [LoggerMessage(5001, LogLevel.Warning, "Signing keys of {Issuer} could not be fetched; cached keys stay in use while they are young enough")]
    public static partial void KeysNotFetched(ILogger logger, string issuer, Exception exception);

    [LoggerMessage(5002, LogLevel.Error, "The discovery document for {Issuer} names another issuer and was not used")]
    public static partial void DiscoveryOfAnotherIssuer(ILogger logger, string issuer);

    [LoggerMessage(5003, LogLevel.Error, "The key set of {Issuer} holds no usable signing key")]
    public static partial void NoSigningKeys(ILogger logger, string issuer);

    [LoggerMessage(5004, LogLevel.Information, "Token refused: {Reason} (issuer {Issuer}, call {Path})")]
    public static partial void TokenRefused(ILogger logger, string reason, string? issuer, string path);

    [LoggerMessage(5005, LogLevel.Warning, "Refused tokens could not be handed to the ledger; their counts are kept and tried again")]
    public static partial void RefusalsNotStaged(ILogger logger, Exception exception);

    [LoggerMessage(5006, LogLevel.Warning, "The development issuer serves {Realms} on loopback: anyone on this machine can get a token")]
    public static partial void DevelopmentIssuerServes(ILogger logger, string realms);

    [LoggerMessage(5007, LogLevel.Information, "{Issuer} signed out one {What}")]
    public static partial void SignedOut(ILogger logger, string issuer, string what);

    [LoggerMessage(5008, LogLevel.Error, "A sign-out at {Issuer} could not be carried out; the issuer was told so, and does not ask again by itself")]
    public static partial void SignOutNotNoted(ILogger logger, string issuer, Exception exception);

    [LoggerMessage(5010, LogLevel.Warning, "{Issuer} has no Recheck: a person who is disabled or demoted there keeps his open sessions until he leaves or is signed out by back-channel logout")]
    public static partial void NoRecheck(ILogger logger, string issuer);

    [LoggerMessage(5011, LogLevel.Warning, "{Issuer} does not answer re-checks; sessions there {Consequence}")]
    public static partial void RecheckUnanswered(ILogger logger, string issuer, string consequence, Exception exception);

    [LoggerMessage(5012, LogLevel.Information, "{Issuer} answers re-checks again")]
    public static partial void RecheckAnswered(ILogger logger, string issuer);

    [LoggerMessage(5013, LogLevel.Warning, "The token endpoint of {Issuer} gave no usable answer ({Failure})")]
    public static partial void TokenEndpointFailed(ILogger logger, string issuer, string failure);

    [LoggerMessage(5014, LogLevel.Information, "{Issuer} signed nobody in: {Error}")]
    public static partial void SignInDenied(ILogger logger, string issuer, string error);
}
