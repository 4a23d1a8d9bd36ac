namespace OpenOva.Relay.Web;

internal static partial class WebLog
{
    [LoggerMessage(120, LogLevel.Information, "Read the server certificate {Thumbprint}, valid until {NotAfter:O}", EventName = "CertificateRead")]
    public static partial void CertificateRead(this ILogger logger, string thumbprint, DateTime notAfter);

    [LoggerMessage(121, LogLevel.Warning, "The changed server certificate cannot be read; the old one stays", EventName = "CertificateNotRead")]
    public static partial void CertificateNotRead(this ILogger logger, Exception exception);
}
