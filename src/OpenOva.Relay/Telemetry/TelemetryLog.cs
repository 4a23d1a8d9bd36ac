namespace OpenOva.Relay.Telemetry;

internal static partial class TelemetryLog
{
    [LoggerMessage(150, LogLevel.Warning, "Not ready: {Probe} failed", EventName = "NotReady")]
    public static partial void NotReady(this ILogger logger, Exception exception, string probe);

    [LoggerMessage(151, LogLevel.Error, "A round of {Work} failed; it is tried again until one succeeds", EventName = "RoundFailed")]
    public static partial void RoundFailed(this ILogger logger, Exception exception, string work);

    [LoggerMessage(152, LogLevel.Information, "{Work} works again", EventName = "RoundSucceeded")]
    public static partial void RoundSucceeded(this ILogger logger, string work);
}
