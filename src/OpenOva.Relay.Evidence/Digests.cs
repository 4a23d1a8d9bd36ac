using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace OpenOva.Relay.Evidence;

/// <summary>SHA-256 as evidence writes it.</summary>
public static class Digests
{
    /// <summary>The digest of nothing, and the root of an empty tree.</summary>
    public static string Empty { get; } = Hex([]);

    /// <summary>SHA-256 as 64 lower-case hexadecimal digits.</summary>
    public static string Hex(ReadOnlySpan<byte> data) => Convert.ToHexStringLower(SHA256.HashData(data));

    /// <summary>SHA-256 of ASCII text: what identifies a JWS.</summary>
    public static string Hex(string ascii) => Hex(Encoding.ASCII.GetBytes(ascii));

    /// <summary>Whether the text is 64 lower-case hexadecimal digits.</summary>
    public static bool IsHex(string text) => text.Length == 64 && text.All(c => c is (>= '0' and <= '9') or (>= 'a' and <= 'f'));

    /// <summary>A salted commitment to personal text: H(salt ‖ UTF-8 text).</summary>
    public static string Commitment(ReadOnlySpan<byte> salt, string text)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(salt);
        hash.AppendData(Encoding.UTF8.GetBytes(text));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>base64url without padding; text whose unused bits are not zero, or with any other character, is refused.</summary>
    /// <exception cref="EvidenceFormatException">Not strict base64url.</exception>
    public static byte[] DecodeBase64Url(ReadOnlySpan<char> text, string what)
    {
        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c != '-' && c != '_') throw new EvidenceFormatException($"{what}: not base64url");
        }

        byte[] decoded;
        try
        {
            decoded = Base64Url.DecodeFromChars(text);
        }
        catch (FormatException e)
        {
            throw new EvidenceFormatException($"{what}: not base64url", e);
        }

        // The decoder forgives unused bits; two texts for the same bytes would be two identities for one signature.
        if (!Base64Url.EncodeToString(decoded).AsSpan().SequenceEqual(text)) throw new EvidenceFormatException($"{what}: not strict base64url");
        return decoded;
    }
}
