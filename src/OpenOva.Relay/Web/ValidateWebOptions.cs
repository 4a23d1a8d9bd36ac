using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OpenOva.Relay.Configuration;

namespace OpenOva.Relay.Web;

internal sealed class ValidateWebOptions() : OptionsRules<WebOptions>(WebOptions.Section)
{
    protected override void Check(WebOptions options)
    {
        if (options.Address is not ("localhost" or "*") && !IPAddress.TryParse(options.Address, out _))
            Fail(nameof(options.Address), "must be an IP address, localhost or *");
        Range(nameof(options.HttpPort), options.HttpPort, 0, 65535);
        Range(nameof(options.GrpcPort), options.GrpcPort, 0, 65535);
        if (!options.HasCertificate && options.HttpPort == options.GrpcPort && options.HttpPort != 0)
            Fail(nameof(options.GrpcPort), "must differ from HttpPort: without TLS, HTTP/1.1 and HTTP/2 cannot share a port");
        if (options.HasCertificate != options.CertificateKeyFile.Length > 0)
            Fail(nameof(options.CertificateKeyFile), "and CertificateFile must be set together");
        else if (options.HasCertificate)
            CheckCertificate(options);
        for (var i = 0; i < options.TrustedProxies.Count; i++)
        {
            if (!IPNetwork.TryParse(options.TrustedProxies[i], out _)) Fail($"{nameof(options.TrustedProxies)}:{i}", "must be a network such as 10.0.0.0/8");
        }

        Range(nameof(options.MaxConnections), options.MaxConnections, 10, 1_000_000);
        Range(nameof(options.MaxRequestBytes), options.MaxRequestBytes, 1024, 1L << 40);
        if (options.StopTimeout < TimeSpan.Zero) Fail(nameof(options.StopTimeout), "must not be negative");
        if (options.PublicAddress.Length > 0 && !(WebOrigin.Parse(options.PublicAddress)?.StartsWith("https://", StringComparison.Ordinal) ?? false))
            Fail(nameof(options.PublicAddress), "must be an https origin, such as https://relay.example.org");
        if (options.AllowedOrigins.Any(origin => WebOrigin.Parse(origin) is null))
            Fail(nameof(options.AllowedOrigins), "must hold origins, such as https://portal.example.org");
    }

    private void CheckCertificate(WebOptions options)
    {
        try
        {
            using var certificate = X509Certificate2.CreateFromPemFile(options.CertificateFile, options.CertificateKeyFile);
        }
        catch (Exception exception) when (exception is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            Fail(nameof(options.CertificateFile), "and CertificateKeyFile must be readable PEM files of one certificate and its key");
        }
    }
}
