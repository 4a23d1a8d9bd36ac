using System.Security.Cryptography;

namespace OpenOva.Relay.Evidence.Keys;

/// <summary>A signing key held in this process's memory.</summary>
public sealed class P256SigningKey : ISigningKey, IDisposable
{
    private const string P256Oid = "1.2.840.10045.3.1.7";

    private readonly ECDsa _key;

    private P256SigningKey(ECDsa key)
    {
        _key = key;
        PublicKey = EcPublicKey.Of(key);
    }

    /// <inheritdoc/>
    public EcPublicKey PublicKey { get; }

    /// <summary>Makes a new key.</summary>
    public static P256SigningKey Create() => new(ECDsa.Create(ECCurve.NamedCurves.nistP256));

    /// <summary>Reads a PKCS#8 PEM ("-----BEGIN PRIVATE KEY-----").</summary>
    /// <exception cref="CryptographicException">Not a P-256 private key in that form.</exception>
    public static P256SigningKey FromPem(string pem)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(pem);
            // Other curves have 256 bits too.
            if (key.ExportParameters(includePrivateParameters: false).Curve.Oid?.Value != P256Oid) throw new CryptographicException("not a P-256 key");
            return new(key);
        }
        catch (ArgumentException e)
        {
            key.Dispose();
            throw new CryptographicException("not a PKCS#8 PEM", e);
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    /// <summary>Writes a PKCS#8 PEM. The caller keeps it secret.</summary>
    public string ToPem() => _key.ExportPkcs8PrivateKeyPem();

    /// <inheritdoc/>
    public ValueTask<byte[]> SignAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken) => new(Sign(data.Span));

    /// <summary>Signs at once; 64 bytes, r‖s.</summary>
    public byte[] Sign(ReadOnlySpan<byte> data) =>
        _key.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();
}
