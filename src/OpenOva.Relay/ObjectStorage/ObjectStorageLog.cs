namespace OpenOva.Relay.ObjectStorage;

internal static partial class ObjectStorageLog
{
    [LoggerMessage(400, LogLevel.Information, "Objects are kept at {Store}; its check begins", EventName = "StoreStarted")]
    public static partial void StoreStarted(this ILogger logger, string store);

    [LoggerMessage(401, LogLevel.Warning, "{Key} is not set: {Cost}", EventName = "StoreIdentityMissing")]
    public static partial void StoreIdentityMissing(this ILogger logger, string key, string cost);

    [LoggerMessage(402, LogLevel.Warning, "Objects travel to {Store} in clear: whoever is on the way can read evidence, though not change it unseen", EventName = "StoreInClear")]
    public static partial void StoreInClear(this ILogger logger, string store);

    [LoggerMessage(403, LogLevel.Warning,
        "Relay:ObjectStorage:S3:Checksums is None: the store checks no object on receipt, and damage there is found only when Relay reads it back", EventName = "StoreChecksumsOff")]
    public static partial void StoreChecksumsOff(this ILogger logger);

    [LoggerMessage(404, LogLevel.Warning, "The store cannot be checked now, sealing waits until it was; tried again in {Pause}", EventName = "StoreCheckFailed")]
    public static partial void StoreCheckFailed(this ILogger logger, Exception exception, TimeSpan pause);

    [LoggerMessage(405, LogLevel.Information, "Store check: {Bucket} {Check} holds, {Detail}", EventName = "StoreCheckHolds")]
    public static partial void StoreCheckHolds(this ILogger logger, string bucket, string check, string detail);

    [LoggerMessage(406, LogLevel.Error, "Store check: {Bucket} {Check} is REQUIRED and was {Outcome}, {Detail}: {Cost}", EventName = "StoreCheckLacksRequired")]
    public static partial void StoreCheckLacksRequired(this ILogger logger, string bucket, string check, FindingOutcome outcome, string detail, string cost);

    [LoggerMessage(407, LogLevel.Warning, "Store check: {Bucket} {Check} is advised and was {Outcome}, {Detail}: {Cost}", EventName = "StoreCheckLacksAdvised")]
    public static partial void StoreCheckLacksAdvised(this ILogger logger, string bucket, string check, FindingOutcome outcome, string detail, string cost);

    [LoggerMessage(408, LogLevel.Information,
        "The store was checked: everything required holds: {Sufficient}; lock enforced: {LockEnforced}, versioned: {Versioned}, puts decide claims: {ConditionalPut}",
        EventName = "StoreChecked")]
    public static partial void StoreChecked(this ILogger logger, bool sufficient, bool lockEnforced, bool versioned, bool conditionalPut);

    [LoggerMessage(409, LogLevel.Warning, "The store's report could not be passed on; the next one is", EventName = "StoreReportNotPassedOn")]
    public static partial void StoreReportNotPassedOn(this ILogger logger, Exception exception);
}
