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
}
