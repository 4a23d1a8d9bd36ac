using System.Collections.Frozen;
using Microsoft.IdentityModel.Tokens;

namespace OpenOva.Relay.Identity;

/// <summary>The algorithms that are taken, and which key may be used with which: a key never serves an algorithm of another family.</summary>
internal static class SigningAlgorithms
{
    private const int MinimumRsaBits = 2048;

    private static readonly FrozenDictionary<string, (string KeyType, string? Curve)> Allowed =
        new Dictionary<string, (string, string?)>
        {
            ["RS256"] = ("RSA", null),
            ["RS384"] = ("RSA", null),
            ["RS512"] = ("RSA", null),
            ["PS256"] = ("RSA", null),
            ["PS384"] = ("RSA", null),
            ["PS512"] = ("RSA", null),
            ["ES256"] = ("EC", "P-256"),
            ["ES384"] = ("EC", "P-384"),
            ["ES512"] = ("EC", "P-521"),
        }.ToFrozenDictionary(StringComparer.Ordinal);

    public static IEnumerable<string> Names => Allowed.Keys;

    public static bool IsAllowed(string? algorithm) => algorithm is not null && Allowed.ContainsKey(algorithm);

    /// <summary>Keycloak publishes an encryption key beside the signing key: only <c>use: sig</c> counts.</summary>
    public static bool IsSigningKey(JsonWebKey key) =>
        key.Use == "sig"
        && !string.IsNullOrEmpty(key.Kid)
        && (string.IsNullOrEmpty(key.Alg) || IsAllowed(key.Alg))
        && (key.Kty == "EC" || (key.Kty == "RSA" && key.KeySize >= MinimumRsaBits));

    public static bool Fits(JsonWebKey key, string algorithm)
    {
        var (keyType, curve) = Allowed[algorithm];
        return key.Kty == keyType && (curve is null || key.Crv == curve) && (string.IsNullOrEmpty(key.Alg) || key.Alg == algorithm);
    }
}
