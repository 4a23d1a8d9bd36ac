using System.Buffers.Text;
using System.Text;
using System.Text.Json.Nodes;
using OpenOva.Relay.Evidence.Json;

namespace OpenOva.Relay.Evidence.Keys;

/// <summary>A signed statement: RFC 7515 compact form, ES256, canonical header and payload (README.md section 1).</summary>
public sealed class Jws
{
    private readonly byte[] _signingInput;
    private readonly byte[] _signature;

    private Jws(string compact, string type, string keyId, EcPublicKey? headerKey, byte[] payload, byte[] signingInput, byte[] signature)
    {
        Compact = compact;
        Type = type;
        KeyId = keyId;
        HeaderKey = headerKey;
        Payload = payload;
        _signingInput = signingInput;
        _signature = signature;
        Digest = Digests.Hex(compact);
    }

    /// <summary>header.payload.signature.</summary>
    public string Compact { get; }

    /// <summary>The header's <c>typ</c>: what kind of statement this is, so that one kind cannot be passed off as another.</summary>
    public string Type { get; }

    /// <summary>The header's <c>kid</c>: the signer's thumbprint.</summary>
    public string KeyId { get; }

    /// <summary>The header's <c>jwk</c>, only in key histories.</summary>
    public EcPublicKey? HeaderKey { get; }

    /// <summary>The payload's bytes: canonical JSON.</summary>
    public ReadOnlyMemory<byte> Payload { get; }

    /// <summary>SHA-256 of the compact form: the statement's identity.</summary>
    public string Digest { get; }

    /// <summary>Signs a payload.</summary>
    /// <param name="type">One of <see cref="JwsTypes"/>.</param>
    /// <param name="payload">An object; its <c>v</c> is the caller's.</param>
    /// <param name="key">The signer.</param>
    /// <param name="embedKey">Puts the public key into the header (key histories).</param>
    /// <param name="cancellationToken">Ends waiting for a remote key.</param>
    public static async ValueTask<Jws> SignAsync(
        string type, JsonObject payload, ISigningKey key, bool embedKey = false, CancellationToken cancellationToken = default)
    {
        var unsigned = Unsigned.Of(type, payload, key.PublicKey, embedKey);
        return unsigned.With(await key.SignAsync(unsigned.SigningInput, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Signs a payload with a key in this process's memory, at once.</summary>
    public static Jws Sign(string type, JsonObject payload, P256SigningKey key)
    {
        var unsigned = Unsigned.Of(type, payload, key.PublicKey, embedKey: false);
        return unsigned.With(key.Sign(unsigned.SigningInput));
    }

    /// <summary>Reads a compact JWS of one type. The signature is not checked here: <see cref="IsSignedBy"/> does.</summary>
    /// <exception cref="EvidenceFormatException">Another form, algorithm or type.</exception>
    public static Jws Parse(string compact, string type, string what)
    {
        var parts = compact.Split('.');
        if (parts.Length != 3) throw new EvidenceFormatException($"{what}: a JWS has three parts");
        var header = EvidenceObject.Parse(Digests.DecodeBase64Url(parts[0], $"{what}: header"), $"{what}: header");
        var embedsKey = type == JwsTypes.KeyHistory;
        string[] expected = embedsKey ? ["alg", "jwk", "kid", "typ"] : ["alg", "kid", "typ"];
        if (!header.Names.SequenceEqual(expected, StringComparer.Ordinal)) throw header.Error($"its members are not exactly {string.Join(", ", expected)}");
        if (header.String("alg") != "ES256") throw header.Error("the algorithm is not ES256");
        if (header.String("typ") != type) throw header.Error($"the type is not {type}");
        var payload = Digests.DecodeBase64Url(parts[1], $"{what}: payload");
        var signature = Digests.DecodeBase64Url(parts[2], $"{what}: signature");
        if (signature.Length != 64) throw new EvidenceFormatException($"{what}: the signature is not 64 bytes");
        var signingInput = Encoding.ASCII.GetBytes(compact[..compact.LastIndexOf('.')]);
        var headerKey = embedsKey ? EcPublicKey.FromJwk(header.Object("jwk")) : null;
        return new(compact, type, header.String("kid"), headerKey, payload, signingInput, signature);
    }

    /// <summary>Reads a JWS from the bytes of a file that holds nothing else.</summary>
    /// <exception cref="EvidenceFormatException">Another form, algorithm or type.</exception>
    public static Jws Parse(ReadOnlySpan<byte> file, string type, string what)
    {
        if (!Ascii.IsValid(file)) throw new EvidenceFormatException($"{what}: not ASCII");
        return Parse(Encoding.ASCII.GetString(file), type, what);
    }

    /// <summary>The payload as an object of version 1.</summary>
    /// <exception cref="EvidenceFormatException">Not canonical JSON, or another version.</exception>
    public EvidenceObject ReadPayload(string what) => EvidenceObject.ParseV1(Payload, what);

    /// <summary>Whether this key signed it, and its id says so.</summary>
    public bool IsSignedBy(EcPublicKey key) => KeyId == key.Thumbprint && key.Verify(_signingInput, _signature);

    private sealed record Unsigned(string Type, EcPublicKey Key, bool EmbedsKey, byte[] Payload, string Input, byte[] SigningInput)
    {
        public static Unsigned Of(string type, JsonObject payload, EcPublicKey key, bool embedKey)
        {
            var header = new JsonObject { ["alg"] = "ES256", ["kid"] = key.Thumbprint, ["typ"] = type };
            if (embedKey) header["jwk"] = key.ToJwk();
            var payloadBytes = CanonicalJson.Encode(payload);
            var input = $"{Base64Url.EncodeToString(CanonicalJson.Encode(header))}.{Base64Url.EncodeToString(payloadBytes)}";
            return new(type, key, embedKey, payloadBytes, input, Encoding.ASCII.GetBytes(input));
        }

        public Jws With(byte[] signature) =>
            new($"{Input}.{Base64Url.EncodeToString(signature)}", Type, Key.Thumbprint, EmbedsKey ? Key : null, Payload, SigningInput, signature);
    }
}
