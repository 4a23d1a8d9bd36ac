namespace OpenOva.Relay.Web;

/// <summary>Section <c>Relay:Web</c>: where this process listens.</summary>
internal sealed class WebOptions
{
    public const string Section = "Relay:Web";

    /// <summary>IP address to bind, <c>localhost</c>, or <c>*</c> for all. Default <c>localhost</c>: nothing is reachable from outside until told.</summary>
    public string Address { get; set; } = "localhost";

    /// <summary>HTTP/1.1 port for pages, tunnels, webhooks and probes; with a certificate also gRPC. Default 8080; zero: the system picks one.</summary>
    public int HttpPort { get; set; } = 8080;

    /// <summary>Cleartext HTTP/2 port for gRPC. Default 8081; zero: the system picks one. Unused with a certificate, when HttpPort serves both.</summary>
    public int GrpcPort { get; set; } = 8081;

    /// <summary>PEM file of the certificate and its chain. Default empty: no TLS. A changed file is used for new connections within a minute.</summary>
    public string CertificateFile { get; set; } = "";

    /// <summary>PEM file of the certificate's key. Required with CertificateFile.</summary>
    public string CertificateKeyFile { get; set; } = "";

    /// <summary>
    /// Networks of the proxies whose <c>X-Forwarded-For</c> is believed, as CIDR. Default none. Where <see cref="PublicAddress"/> says that a proxy ends TLS and none is
    /// trusted, nobody's address is known, and a policy that reads it refuses.
    /// </summary>
    public IList<string> TrustedProxies { get; init; } = [];

    /// <summary>Connections open at a time, over both ports. Default 10000; at least 10.</summary>
    public int MaxConnections { get; set; } = 10_000;

    /// <summary>Largest body of an HTTP request, bytes; routes may set their own. Default 1 MiB; at least 1024.</summary>
    public long MaxRequestBytes { get; set; } = 1024 * 1024;

    /// <summary>How long a stop waits for what is running. Default 30 s; zero: not at all.</summary>
    public TimeSpan StopTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The one https origin that browsers use, such as <c>https://relay.example.org</c>, also where a proxy terminates TLS. Default empty: what the request itself
    /// says, which is right only where browsers reach this process directly.
    /// </summary>
    public string PublicAddress { get; set; } = "";

    /// <summary>Origins besides the service's own whose pages may open tunnels. Default none.</summary>
    public IList<string> AllowedOrigins { get; } = [];

    public bool HasCertificate => CertificateFile.Length > 0;

    /// <summary>Nobody but this machine can reach the listeners.</summary>
    public bool IsLoopback => Address == "localhost" || (System.Net.IPAddress.TryParse(Address, out var address) && System.Net.IPAddress.IsLoopback(address));
}
