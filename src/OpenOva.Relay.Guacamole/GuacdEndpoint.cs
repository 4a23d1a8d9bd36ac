using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace OpenOva.Relay.Guacamole;

/// <summary>Where a guacd listens. Its port has no authentication and carries the targets' passwords, hence the rule on cleartext.</summary>
public sealed record GuacdEndpoint
{
    /// <summary>guacd's default port.</summary>
    public const int DefaultPort = 4822;

    /// <summary>Creates the endpoint.</summary>
    /// <param name="host">Host name or address.</param>
    /// <param name="port">1 to 65535.</param>
    public GuacdEndpoint(string host, int port = DefaultPort)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(host);
        ArgumentOutOfRangeException.ThrowIfLessThan(port, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(port, 65535);
        Host = host;
        Port = port;
    }

    /// <summary>Host name or address.</summary>
    public string Host { get; }

    /// <summary>TCP port.</summary>
    public int Port { get; }

    /// <summary>TLS, needed for every guacd that is not on loopback; null = cleartext.</summary>
    public GuacdTls? Tls { get; init; }

    /// <summary>Lets cleartext go to another machine, where the network itself is encrypted and closed. Default false.</summary>
    public bool AllowRemoteCleartext { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Tls is null ? $"{Host}:{Port}" : $"{Host}:{Port} (TLS)";
}

/// <summary>How guacd proves itself over TLS, and Relay to it.</summary>
public sealed class GuacdTls
{
    /// <summary>The name that guacd's certificate must carry; null = the endpoint's host.</summary>
    public string? ServerName { get; init; }

    /// <summary>The only certificates trusted as roots; null = the machine's.</summary>
    public X509Certificate2Collection? TrustedRoots { get; init; }

    /// <summary>Relay's own certificate with its key, where a proxy before guacd asks for one.</summary>
    public X509Certificate2? ClientCertificate { get; init; }

    internal SslClientAuthenticationOptions ToOptions(string host)
    {
        var options = new SslClientAuthenticationOptions { TargetHost = ServerName ?? host };
        if (TrustedRoots is not null)
        {
            options.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck, // a private authority's certificates name no revocation service
            };
            options.CertificateChainPolicy.CustomTrustStore.AddRange(TrustedRoots);
        }
        if (ClientCertificate is not null)
            options.ClientCertificates = [ClientCertificate];
        return options;
    }
}
