using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OpenOva.Relay.Ledger.Exports;

/// <summary>Who may have issued the certificate of the other side.</summary>
internal static class TrustedAuthorities
{
    /// <summary>What a client demands of a server; the name must match in any case.</summary>
    /// <param name="caFile">PEM file of the only roots; empty: the system's.</param>
    public static SslClientAuthenticationOptions Client(string caFile)
    {
        var options = new SslClientAuthenticationOptions();
        if (caFile.Length == 0) return options;
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(Read(caFile));
        options.CertificateChainPolicy = policy;
        return options;
    }

    /// <exception cref="CryptographicException">The file holds no certificate.</exception>
    public static X509Certificate2Collection Read(string pemFile)
    {
        var certificates = new X509Certificate2Collection();
        certificates.ImportFromPemFile(pemFile);
        return certificates.Count > 0 ? certificates : throw new CryptographicException($"{pemFile} holds no certificate");
    }
}
