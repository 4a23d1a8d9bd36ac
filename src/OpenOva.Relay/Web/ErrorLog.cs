namespace OpenOva.Relay.Web;

/// <summary>Event ids 5200 to 5299.</summary>
internal static partial class ErrorLog
{
    [LoggerMessage(5201, LogLevel.Information, "{Call} failed: {Reason}", EventName = "CallFailed")]
    public static partial void CallFailed(ILogger logger, string call, string reason, Exception? exception);

    [LoggerMessage(5202, LogLevel.Error, "{Call} broke (correlation {Correlation})", EventName = "CallBroke")]
    public static partial void CallBroke(ILogger logger, string call, string correlation, Exception exception);
}
