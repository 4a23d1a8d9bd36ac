namespace OpenOva.Relay.Sessions;

internal static partial class SessionsLog
{
    [LoggerMessage(EventId = 1000, Level = LogLevel.Information, Message = "Session {Session} of {Organisation} opened on {Connection} ({Protocol})")]
    public static partial void Opened(this ILogger logger, string session, string organisation, string connection, string protocol);

    [LoggerMessage(EventId = 1001, Level = LogLevel.Information, Message = "Session {Session} connected")]
    public static partial void Connected(this ILogger logger, string session);

    [LoggerMessage(EventId = 1002, Level = LogLevel.Information, Message = "Session {Session} ended: {Reason}, {Failure}")]
    public static partial void Ended(this ILogger logger, string session, string reason, string failure);

    [LoggerMessage(EventId = 1003, Level = LogLevel.Error, Message = "Session {Session}: the recorder failed; the session ends, nothing unrecorded was delivered")]
    public static partial void RecorderFailed(this ILogger logger, string session, Exception exception);

    [LoggerMessage(EventId = 1004, Level = LogLevel.Information, Message = "Session {Session}: {Side} broke")]
    public static partial void LinkBroke(this ILogger logger, string session, string side, Exception exception);

    [LoggerMessage(EventId = 1005, Level = LogLevel.Warning, Message = "Session {Session}: guacd sent what is no Guacamole protocol: {Reason} at byte {Offset}")]
    public static partial void GuacdBrokeProtocol(this ILogger logger, string session, string reason, long offset);

    [LoggerMessage(EventId = 1006, Level = LogLevel.Warning, Message = "Session {Session}: the client sent what is no Guacamole protocol: {Reason} at byte {Offset}")]
    public static partial void PersonBrokeProtocol(this ILogger logger, string session, string reason, long offset);

    [LoggerMessage(EventId = 1028, Level = LogLevel.Error, Message = "Session {Session}: its first frame could not be noted; the end notes it")]
    public static partial void FirstFrameNotNoted(this ILogger logger, string session, Exception exception);

    [LoggerMessage(EventId = 1007, Level = LogLevel.Warning, Message = "Session {Session}: noting its {What} failed; tried again in {Pause}")]
    public static partial void NotingFailed(this ILogger logger, string session, string what, TimeSpan pause, Exception exception);

    [LoggerMessage(EventId = 1008, Level = LogLevel.Information, Message = "Replica {Replica} runs under epoch {Epoch}")]
    public static partial void LeaseTaken(this ILogger logger, string replica, long epoch);

    [LoggerMessage(EventId = 1009, Level = LogLevel.Error, Message = "Replica {Replica} lost its lease while the database answers; its sessions end")]
    public static partial void LeaseLost(this ILogger logger, string replica);

    [LoggerMessage(EventId = 1010, Level = LogLevel.Warning, Message = "The replica's lease cannot be renewed now; live sessions go on")]
    public static partial void LeaseNotRenewed(this ILogger logger, Exception exception);

    [LoggerMessage(EventId = 1026, Level = LogLevel.Warning, Message = "The name of this life cannot be written into the spool's folder; tried again at each renewal")]
    public static partial void InstanceNotWritten(this ILogger logger, Exception exception);

    [LoggerMessage(EventId = 1027, Level = LogLevel.Warning, Message = "The name of the former life cannot be read; its lease lapses by itself")]
    public static partial void FormerLifeNotRead(this ILogger logger, Exception exception);

    [LoggerMessage(EventId = 1011, Level = LogLevel.Warning, Message = "Session {Session} on {Connection}: target identity is not checked, by the connection's own terms")]
    public static partial void TargetUnverified(this ILogger logger, string session, string connection);

    [LoggerMessage(EventId = 1013, Level = LogLevel.Warning, Message = "Session {Session}: parameters that this guacd does not know were ignored: {Parameters}")]
    public static partial void ParametersIgnored(this ILogger logger, string session, string parameters);

    [LoggerMessage(EventId = 1014, Level = LogLevel.Warning, Message = "Session {Session} is sealed, but the spool cannot note it; the next start finds it again")]
    public static partial void NotForgotten(this ILogger logger, Guid session, Exception exception);

    [LoggerMessage(EventId = 1015, Level = LogLevel.Information, Message = "Session {Session} ends by order: {Reason}")]
    public static partial void EndOrdered(this ILogger logger, string session, string reason);

    [LoggerMessage(EventId = 1017, Level = LogLevel.Warning, Message = "Replica {Replica} holds its lease again under epoch {Epoch}; it had lapsed while the database was away")]
    public static partial void LeaseReclaimed(this ILogger logger, string replica, long epoch);

    [LoggerMessage(EventId = 1018, Level = LogLevel.Warning, Message = "Replica {Replica} is lost; {Sessions} of its sessions are finished here")]
    public static partial void ReplicaTakenOver(this ILogger logger, string replica, int sessions);

    [LoggerMessage(EventId = 1020, Level = LogLevel.Information, Message = "Session {Session}: access is withdrawn ({Reason})")]
    public static partial void AccessWithdrawn(this ILogger logger, string session, string reason);

    [LoggerMessage(EventId = 1021, Level = LogLevel.Warning, Message = "Re-checks of sessions at {Issuer} cannot be made now; tried again until they can")]
    public static partial void RechecksNotMade(this ILogger logger, string issuer, Exception exception);

    [LoggerMessage(EventId = 1022, Level = LogLevel.Warning, Message = "A page of {Origin} tried to open a tunnel in a person's browser, and was refused")]
    public static partial void OriginRefused(this ILogger logger, string origin);

    [LoggerMessage(EventId = 1023, Level = LogLevel.Warning, Message = "A refused page cannot be noted in the ledger now; it is counted into the next one")]
    public static partial void OriginNotNoted(this ILogger logger, Exception exception);

    [LoggerMessage(EventId = 1024, Level = LogLevel.Warning, Message = "Session {Session}: guacd asks for parameters that the connection does not have: {Parameters}")]
    public static partial void ParametersLacking(this ILogger logger, string session, string parameters);

    [LoggerMessage(EventId = 1025, Level = LogLevel.Information, Message = "Session {Session}: guacd asked for parameters and was answered: {Parameters}")]
    public static partial void ParametersAsked(this ILogger logger, string session, string parameters);
}
