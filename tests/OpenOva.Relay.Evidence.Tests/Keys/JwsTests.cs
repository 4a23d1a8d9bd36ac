using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using OpenOva.Relay.Evidence.Json;
using OpenOva.Relay.Evidence.Keys;
using OpenOva.Relay.Evidence.Tests.Corpus;

namespace OpenOva.Relay.Evidence.Tests.Keys;

[Trait("Kind", "Fast")]
public sealed class JwsTests : IDisposable
{
    private readonly P256SigningKey _key = P256SigningKey.Create();

    public void Dispose() => _key.Dispose();

    private ValueTask<Jws> SignAsync() => Jws.SignAsync(JwsTypes.Checkpoint, new JsonObject { ["v"] = 1, ["text"] = "naïve" }, _key);

    [Fact]
    public async Task Sign_AndParse_GivesTheSame()
    {
        var signed = await SignAsync();
        var read = Jws.Parse(Encoding.ASCII.GetBytes(signed.Compact), JwsTypes.Checkpoint, "it");

        Assert.True(read.IsSignedBy(_key.PublicKey));
        Assert.Equal("naïve", read.ReadPayload("it").String("text"));
        Assert.Equal((signed.Digest, Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(signed.Compact)))), (read.Digest, read.Digest));
        using var other = P256SigningKey.Create();
        Assert.False(read.IsSignedBy(other.PublicKey));
    }

    [Fact]
    public async Task Signature_CheckedByThePlatformAlone_Holds()
    {
        var parts = (await SignAsync()).Compact.Split('.');
        using var pem = ECDsa.Create();
        pem.ImportFromPem(_key.ToPem());

        Assert.True(pem.VerifyData(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256,
            DSASignatureFormat.IeeeP1363FixedFieldConcatenation));
        Assert.Equal($"{{\"alg\":\"ES256\",\"kid\":\"{_key.PublicKey.Thumbprint}\",\"typ\":\"relay-checkpoint+jws\"}}", Encoding.UTF8.GetString(Base64Url.DecodeFromChars(parts[0])));
    }

    // RFC 7515 appendix A.3: key, input and signature of ES256.
    [Fact]
    public void Verify_Rfc7515ExampleA3_Holds()
    {
        var jwk = JsonNode.Parse("""{"crv":"P-256","kty":"EC","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}""");
        var key = EcPublicKey.FromJwk(EvidenceObject.Parse(CanonicalJson.Encode(jwk), "jwk"));
        var input = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"u8;
        var signature = Base64Url.DecodeFromChars("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");

        Assert.True(key.Verify(input, signature));
        foreach (var wrong in (byte[][])[new byte[64], [.. Enumerable.Repeat((byte)0xFF, 64)], signature[..63], [.. signature, 0], []]) Assert.False(key.Verify(input, wrong));
    }

    [Fact]
    public void Thumbprint_ComputedByHand_IsTheSame()
    {
        var jwk = _key.PublicKey.ToJwk();
        var json = $$"""{"crv":"P-256","kty":"EC","x":"{{jwk["x"]}}","y":"{{jwk["y"]}}"}""";

        Assert.Equal(Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(json))).TrimEnd('=').Replace('+', '-').Replace('/', '_'), _key.PublicKey.Thumbprint);
    }

    [Fact]
    public async Task Parse_AnyByteFlipped_IsRefusedOrNotSigned()
    {
        var compact = Encoding.ASCII.GetBytes((await SignAsync()).Compact);
        for (var at = 0; at < compact.Length; at++)
        {
            for (var bit = 0; bit < 8; bit++)
            {
                var flipped = compact.ToArray();
                flipped[at] ^= (byte)(1 << bit);
                Assert.False(Holds(flipped), $"byte {at} bit {bit}");
            }
        }

        Assert.True(Holds(compact));
        Assert.False(Holds([.. compact, (byte)'\n']));
        Assert.False(Holds([.. compact, (byte)'=']));
        Assert.False(Holds([.. compact, (byte)'.']));

        bool Holds(byte[] file)
        {
            try
            {
                var read = Jws.Parse(file, JwsTypes.Checkpoint, "it");
                _ = read.ReadPayload("it");
                return read.IsSignedBy(_key.PublicKey);
            }
            catch (EvidenceFormatException)
            {
                return false;
            }
        }
    }

    [Theory]
    [InlineData("{\"alg\":\"ES384\",\"kid\":\"KID\",\"typ\":\"relay-checkpoint+jws\"}")]
    [InlineData("{\"alg\":\"none\",\"kid\":\"KID\",\"typ\":\"relay-checkpoint+jws\"}")]
    [InlineData("{\"alg\":\"ES256\",\"kid\":\"KID\",\"typ\":\"relay-bundle+jws\"}")]
    [InlineData("{\"alg\":\"ES256\",\"kid\":\"KID\"}")]
    [InlineData("{\"alg\":\"ES256\",\"crit\":[],\"kid\":\"KID\",\"typ\":\"relay-checkpoint+jws\"}")]
    [InlineData("{\"alg\":\"ES256\",\"jwk\":{},\"kid\":\"KID\",\"typ\":\"relay-checkpoint+jws\"}")]
    [InlineData("{\"kid\":\"KID\",\"alg\":\"ES256\",\"typ\":\"relay-checkpoint+jws\"}")]
    [InlineData("{\"alg\":\"ES256\", \"kid\":\"KID\",\"typ\":\"relay-checkpoint+jws\"}")]
    public void Parse_OtherHeader_IsRefused(string header) => Assert.Throws<EvidenceFormatException>(() =>
        Jws.Parse(Forgery.RawJws(header.Replace("KID", _key.PublicKey.Thumbprint, StringComparison.Ordinal), "{\"v\":1}", _key), JwsTypes.Checkpoint, "it"));

    [Theory]
    [InlineData("AB")]
    [InlineData("AA==")]
    [InlineData("A")]
    [InlineData("A A")]
    [InlineData("A+A")]
    [InlineData("AA\n")]
    [InlineData("AAB")]
    public void DecodeBase64Url_NotStrict_IsRefused(string text) => Assert.Throws<EvidenceFormatException>(() => Digests.DecodeBase64Url(text, "it"));

    [Fact]
    public void FromJwk_OffTheCurveOrOtherForm_IsRefused()
    {
        var good = _key.PublicKey.ToJwk();
        Assert.Equal(_key.PublicKey, EcPublicKey.FromJwk(Object(good)));
        foreach (var change in (Action<JsonObject>[])
        [
            j => j["y"] = j["x"]!.DeepClone(), j => j["x"] = Base64Url.EncodeToString(new byte[32]), j => (j["x"], j["y"]) = (Base64Url.EncodeToString(new byte[32]), Base64Url.EncodeToString(new byte[32])),
            j => j["x"] = Base64Url.EncodeToString(Enumerable.Repeat((byte)0xFF, 32).ToArray()), j => j["x"] = j["x"]!.ToString()[..^1], j => j["crv"] = "P-384", j => j["kty"] = "OKP",
            j => j["d"] = "AA", j => j["kid"] = "x", j => j.Remove("y"), j => j["x"] = 1,
        ])
        {
            var bad = good.DeepClone().AsObject();
            change(bad);
            Assert.Throws<EvidenceFormatException>(() => EcPublicKey.FromJwk(Object(bad)));
        }

        static EvidenceObject Object(JsonObject json) => EvidenceObject.Of(JsonSerializer.SerializeToElement(json), "jwk");
    }

    [Fact]
    public void FromPem_OtherCurveOrNoKey_IsRefused()
    {
        using var again = P256SigningKey.FromPem(_key.ToPem());
        Assert.Equal(_key.PublicKey, again.PublicKey);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using var brainpool = ECDsa.Create(ECCurve.NamedCurves.brainpoolP256r1);
        foreach (var pem in (string[])[other.ExportPkcs8PrivateKeyPem(), brainpool.ExportPkcs8PrivateKeyPem(), other.ExportSubjectPublicKeyInfoPem(), "", "garbage"])
            Assert.Throws<CryptographicException>(() => P256SigningKey.FromPem(pem));
    }
}
