using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using OpenOva.Relay.Evidence.Json;

namespace OpenOva.Relay.Evidence.Keys;

/// <summary>A P-256 public key: the only kind that evidence is signed with.</summary>
public sealed class EcPublicKey : IEquatable<EcPublicKey>
{
    private const int CoordinateBytes = 32;
    private readonly byte[] _x;
    private readonly byte[] _y;

    private EcPublicKey(byte[] x, byte[] y)
    {
        _x = x;
        _y = y;
        Thumbprint = Base64Url.EncodeToString(SHA256.HashData(CanonicalJson.Encode(ToJwk())));
    }

    /// <summary>RFC 7638: base64url of SHA-256, 43 characters. It is the key's id, and for a root key the FINGERPRINT that a reader trusts.</summary>
    public string Thumbprint { get; }

    /// <summary>Takes the public half of a key.</summary>
    public static EcPublicKey Of(ECDsa key)
    {
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        return new(point.X!, point.Y!);
    }

    /// <summary>Reads a JWK of exactly crv, kty, x, y.</summary>
    /// <exception cref="EvidenceFormatException">Another form, or a point that is not on the curve.</exception>
    public static EcPublicKey FromJwk(EvidenceObject jwk)
    {
        if (!jwk.Names.Order(StringComparer.Ordinal).SequenceEqual(["crv", "kty", "x", "y"], StringComparer.Ordinal))
            throw jwk.Error("a JWK here has exactly crv, kty, x and y");
        if (jwk.String("kty") != "EC" || jwk.String("crv") != "P-256") throw jwk.Error("not a P-256 key");
        var x = Digests.DecodeBase64Url(jwk.String("x"), "x");
        var y = Digests.DecodeBase64Url(jwk.String("y"), "y");
        if (x.Length != CoordinateBytes || y.Length != CoordinateBytes) throw jwk.Error("x and y are 32 bytes each");
        var key = new EcPublicKey(x, y);
        try
        {
            using var _ = key.Open();
        }
        catch (CryptographicException e)
        {
            throw new EvidenceFormatException("a JWK's point is not on the curve", e);
        }

        return key;
    }

    /// <summary>The JWK of exactly crv, kty, x, y.</summary>
    public JsonObject ToJwk() => new()
    {
        ["crv"] = "P-256",
        ["kty"] = "EC",
        ["x"] = Base64Url.EncodeToString(_x),
        ["y"] = Base64Url.EncodeToString(_y),
    };

    /// <summary>Whether this key made the signature (r‖s, 64 bytes) over the data with SHA-256.</summary>
    public bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        if (signature.Length != 2 * CoordinateBytes) return false;
        using var key = Open();
        return key.VerifyData(data, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    /// <inheritdoc/>
    public bool Equals(EcPublicKey? other) => other is not null && Thumbprint == other.Thumbprint;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as EcPublicKey);

    /// <inheritdoc/>
    public override int GetHashCode() => Thumbprint.GetHashCode(StringComparison.Ordinal);

    private ECDsa Open() => ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = _x, Y = _y } });
}
