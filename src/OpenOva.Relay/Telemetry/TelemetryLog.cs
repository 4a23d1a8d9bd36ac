namespace OpenOva.Relay.Telemetry;

internal static partial class TelemetryLog
{
    [LoggerMessage(150, LogLevel.Warning, "Not ready: {Probe} failed", EventName = "NotReady")]
    public static partial void NotReady(this ILogger logger, Exception exception, string probe);
}
