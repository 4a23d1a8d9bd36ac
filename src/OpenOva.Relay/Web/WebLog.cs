namespace OpenOva.Relay.Web;

internal static partial class WebLog
{
    [LoggerMessage(120, LogLevel.Information, "Read the server certificate {Thumbprint}, valid until {NotAfter:O}", EventName = "CertificateRead")]
    public static partial void CertificateRead(this ILogger logger, string thumbprint, DateTime notAfter);

    [LoggerMessage(121, LogLevel.Warning, "The changed server certificate cannot be read; the old one stays", EventName = "CertificateNotRead")]
    public static partial void CertificateNotRead(this ILogger logger, Exception exception);

    [LoggerMessage(5201, LogLevel.Information, "{Call} failed: {Reason}")]
    public static partial void CallFailed(ILogger logger, string call, string reason, Exception? exception);

    [LoggerMessage(5202, LogLevel.Error, "{Call} broke (correlation {Correlation})")]
    public static partial void CallBroke(ILogger logger, string call, string correlation, Exception exception);
}
