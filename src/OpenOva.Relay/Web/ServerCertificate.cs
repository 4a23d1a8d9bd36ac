using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OpenOva.Relay.Web;

/// <summary>The certificate of the TLS listener, read again when its file has changed, so that a renewed one needs no restart.</summary>
internal sealed class ServerCertificate(WebOptions options, TimeProvider time, ILogger<ServerCertificate> logger)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMinutes(1);
    private readonly Lock _reading = new();
    private X509Certificate2? _current;
    private DateTime _written;
    private long _looked;

    public X509Certificate2 Current
    {
        get
        {
            lock (_reading)
            {
                if (_current is not null && time.GetElapsedTime(_looked) < LookEvery) return _current;
                _looked = time.GetTimestamp();
                var written = File.GetLastWriteTimeUtc(options.CertificateFile);
                if (_current is null || written != _written) Read(written);
                return _current!;
            }
        }
    }

    private void Read(DateTime written)
    {
        try
        {
            // Connections in their handshake may still hold the old one: it is left to the collector.
            _current = X509Certificate2.CreateFromPemFile(options.CertificateFile, options.CertificateKeyFile);
            _written = written;
            logger.CertificateRead(_current.Thumbprint, _current.NotAfter.ToUniversalTime());
        }
        catch (Exception exception) when (_current is not null && exception is CryptographicException or IOException)
        {
            // Between the writing of the two files they do not fit; the old certificate serves until they do.
            logger.CertificateNotRead(exception);
        }
    }
}
