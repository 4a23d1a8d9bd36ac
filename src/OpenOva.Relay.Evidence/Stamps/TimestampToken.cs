using System.Security.Cryptography;
using System.Security.Cryptography.Pkcs;
using System.Security.Cryptography.X509Certificates;

namespace OpenOva.Relay.Evidence.Stamps;

/// <summary>An RFC 3161 time-stamp token over 32 bytes that are a SHA-256 already.</summary>
public sealed class TimestampToken
{
    private const string TimeStamping = "1.3.6.1.5.5.7.3.8";
    private readonly Rfc3161TimestampToken _token;
    private readonly string _what;

    private TimestampToken(Rfc3161TimestampToken token, byte[] encoded, string what)
    {
        (_token, Encoded, _what) = (token, encoded, what);
        Imprint = token.TokenInfo.GetMessageHash().ToArray();
        GenTime = token.TokenInfo.Timestamp;
        Policy = token.TokenInfo.PolicyId.Value!;
    }

    /// <summary>The token as it was given, DER.</summary>
    public byte[] Encoded { get; }

    /// <summary>What was stamped: the message imprint, 32 bytes.</summary>
    public byte[] Imprint { get; }

    /// <summary>When, by the authority's clock.</summary>
    public DateTimeOffset GenTime { get; }

    /// <summary>The policy under which it was given, dotted numbers.</summary>
    public string Policy { get; }

    /// <summary>Reads a token; whether it is genuine <see cref="Verify"/> says.</summary>
    /// <exception cref="EvidenceFormatException">No such token, something behind it, or over something else than a SHA-256.</exception>
    public static TimestampToken Parse(byte[] encoded, string what)
    {
        if (!Rfc3161TimestampToken.TryDecode(encoded, out var token, out var read) || read != encoded.Length) throw new EvidenceFormatException($"{what}: not an RFC 3161 token");
        if (Oids.Sha256 != token.TokenInfo.HashAlgorithmId.Value || token.TokenInfo.GetMessageHash().Length != SHA256.HashSizeInBytes)
            throw new EvidenceFormatException($"{what}: not over a SHA-256");
        return new(token, encoded, what);
    }

    /// <summary>
    /// Checks the signature over the token and its signer, whose certificate must be for time stamping alone, critically so, and valid at <see cref="GenTime"/>; and
    /// whether it chains up to one of the roots at that time. Asks nobody: neither for missing certificates nor for revocations.
    /// </summary>
    /// <param name="roots">Authorities that the reader trusts.</param>
    /// <returns>False: genuine, but of an authority that leads to none of these roots.</returns>
    /// <exception cref="EvidenceFormatException">Not signed by whom it says, or by a certificate that is not for time stamping.</exception>
    public bool Verify(X509Certificate2Collection roots)
    {
        var embedded = _token.AsSignedCms().Certificates;
        if (!_token.VerifySignatureForHash(Imprint, HashAlgorithmName.SHA256, out var signer, embedded))
            throw new EvidenceFormatException($"{_what}: not signed by a certificate that is for time stamping alone and was valid then");

        // The signer is one of the token's own certificates, and is not this call's to dispose.
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(roots);
        chain.ChainPolicy.ExtraStore.AddRange(embedded);
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(TimeStamping));
        chain.ChainPolicy.VerificationTime = GenTime.UtcDateTime;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        return chain.Build(signer);
    }

    private static class Oids
    {
        public const string Sha256 = "2.16.840.1.101.3.4.2.1";
    }
}
