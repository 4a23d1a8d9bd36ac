using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OpenOva.Relay.Connections.Kubernetes;

/// <summary>Connections to an API server whose certificate is of an authority in <c>CaFile</c>, and of no other; anew when that file changes.</summary>
internal sealed class KubernetesTrust(KubernetesOptions options) : IDisposable
{
    private readonly Lock _gate = new();
    private HttpClient? _client;
    private string _authorities = "";

    /// <exception cref="IOException">The file cannot be read, or holds no certificate.</exception>
    public HttpClient Client
    {
        get
        {
            var authorities = File.ReadAllText(options.CaFile);
            lock (_gate)
            {
                if (_client is not null && _authorities == authorities)
                    return _client;
                // The one before goes with its last request: a watch may still run on it.
                _client = Connect(authorities);
                _authorities = authorities;
                return _client;
            }
        }
    }

    public void Dispose() => _client?.Dispose();

    private static HttpClient Connect(string pem)
    {
        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPem(pem);
        }
        catch (CryptographicException e)
        {
            throw new IOException("The authorities are no PEM certificates.", e);
        }
        if (authorities.Count == 0)
            throw new IOException("The file of authorities holds no certificate.");
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(authorities);
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5), // follows the name to other addresses
            // A watch whose other end is gone is silent for ever otherwise.
            KeepAlivePingDelay = TimeSpan.FromSeconds(15),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy },
        };
        return new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }
}
