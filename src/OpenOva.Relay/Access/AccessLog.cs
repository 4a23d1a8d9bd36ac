namespace OpenOva.Relay.Access;

/// <summary>Event ids 6000 to 6099.</summary>
internal static partial class AccessLog
{
    [LoggerMessage(6001, LogLevel.Warning, "The ticket system did not answer")]
    public static partial void TicketNotAnswered(ILogger logger, Exception exception);
}
