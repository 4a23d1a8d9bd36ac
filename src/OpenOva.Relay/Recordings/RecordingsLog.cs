namespace OpenOva.Relay.Recordings;

internal static partial class RecordingsLog
{
    [LoggerMessage(EventId = 2000, Level = LogLevel.Information, Message = "Session {Session}: recording sealed, {RecordedBytes} bytes in {Segments} segments, recovered: {Recovered}")]
    public static partial void Sealed(this ILogger logger, string session, long recordedBytes, long segments, bool recovered);

    [LoggerMessage(EventId = 2001, Level = LogLevel.Warning, Message = "Session {Session}: sealing failed, the spool keeps it; tried again in {Pause}")]
    public static partial void SealingFailed(this ILogger logger, string session, TimeSpan pause, Exception exception);

    [LoggerMessage(EventId = 2002, Level = LogLevel.Warning, Message = "Session {Session}: segment {Number} is not in the store yet; tried again in {Pause}")]
    public static partial void UploadFailed(this ILogger logger, string session, long number, TimeSpan pause, Exception exception);

    [LoggerMessage(EventId = 2003, Level = LogLevel.Warning, Message = "Found {Sessions} unsealed sessions in the spool; they are being recovered")]
    public static partial void Recovering(this ILogger logger, int sessions);

    [LoggerMessage(EventId = 2004, Level = LogLevel.Error, Message = "The spool is damaged in file {File} at byte {Offset}; recordings with frames there will say so")]
    public static partial void SpoolDamaged(this ILogger logger, long file, long offset);

    [LoggerMessage(EventId = 2005, Level = LogLevel.Critical, Message = "The spool failed; every recorded session ends now and none is opened until a restart")]
    public static partial void SpoolFailed(this ILogger logger, Exception exception);

    [LoggerMessage(EventId = 2006, Level = LogLevel.Error, Message = "Session {Session}: the stored recording did NOT verify: {Failures}")]
    public static partial void NotVerified(this ILogger logger, string session, string failures);

    [LoggerMessage(EventId = 2007, Level = LogLevel.Information, Message = "Session {Session}: recording verified from the store")]
    public static partial void Verified(this ILogger logger, string session);

    [LoggerMessage(EventId = 2008, Level = LogLevel.Warning, Message = "Session {Session}: {Bytes} bytes more than were sealed before; sealed as a supplement")]
    public static partial void Supplemented(this ILogger logger, string session, long bytes);

    [LoggerMessage(EventId = 2009, Level = LogLevel.Information, Message = "Session {Session}: its recording is being sealed by another replica")]
    public static partial void SealedElsewhere(this ILogger logger, string session);

    [LoggerMessage(EventId = 2010, Level = LogLevel.Warning, Message = "{Key}: its lock of an earlier try could not be prolonged, so the manifest promises that one: {Why}")]
    public static partial void LockNotProlonged(this ILogger logger, string key, string why);
}
