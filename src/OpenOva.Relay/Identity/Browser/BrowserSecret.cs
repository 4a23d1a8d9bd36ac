using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace OpenOva.Relay.Identity.Browser;

/// <summary>
/// The secret that a signed-in browser holds in its cookie, and nobody else. Everything else is derived from it: the id that the database knows the sign-in by,
/// the key that its tokens are sealed under, and the token that its forms carry.
/// </summary>
internal sealed class BrowserSecret
{
    private const int Length = 32;
    private const int NonceLength = 12;
    private const int TagLength = 16;

    private readonly byte[] _secret;

    private BrowserSecret(byte[] secret) => _secret = secret;

    public static BrowserSecret Create() => new(RandomNumberGenerator.GetBytes(Length));

    /// <summary>Null where the text is no such secret.</summary>
    public static BrowserSecret? Parse(string? cookie)
    {
        if (cookie is null || cookie.Length != Base64Url.GetEncodedLength(Length) || !Base64Url.IsValid(cookie)) return null;
        var secret = new byte[Length];
        return Base64Url.TryDecodeFromChars(cookie, secret, out var written) && written == Length ? new BrowserSecret(secret) : null;
    }

    /// <summary>The cookie's value.</summary>
    public string ToCookie() => Base64Url.EncodeToString(_secret);

    /// <summary>64 lower-case hex characters.</summary>
    public string Id => Convert.ToHexStringLower(Derive("relay browser session id"));

    /// <summary>What a form of this sign-in must carry: another site can have the browser send the cookie, but cannot read this.</summary>
    public string FormToken => Base64Url.EncodeToString(Derive("relay browser form"));

    public bool IsFormToken(string? given) =>
        given is not null && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(FormToken));

    /// <summary>Marks a text as given to this sign-in: what comes back with the mark was not made by anybody else.</summary>
    public string Mark(string text) => Base64Url.EncodeToString(HMACSHA256.HashData(Derive("relay browser marks"), Encoding.UTF8.GetBytes(text)));

    public bool IsMarked(string text, string? mark) =>
        mark is not null && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(mark), Encoding.UTF8.GetBytes(Mark(text)));

    /// <summary>AES-256-GCM; the id is bound in, so that a row's tokens open with its own cookie alone.</summary>
    public byte[] Seal(IssuerTokens tokens)
    {
        var plain = tokens.ToJson();
        try
        {
            var sealedTokens = new byte[NonceLength + plain.Length + TagLength];
            var (nonce, text, tag) = Parts(sealedTokens);
            RandomNumberGenerator.Fill(nonce.Span);
            using var aes = new AesGcm(Derive("relay browser tokens"), TagLength);
            aes.Encrypt(nonce.Span, plain, text.Span, tag.Span, Encoding.ASCII.GetBytes(Id));
            return sealedTokens;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    /// <exception cref="CryptographicException">The row was altered, or is another sign-in's.</exception>
    public IssuerTokens Open(byte[] sealedTokens)
    {
        if (sealedTokens.Length < NonceLength + TagLength) throw new CryptographicException("The sealed tokens are too short.");
        var plain = new byte[sealedTokens.Length - NonceLength - TagLength];
        var (nonce, text, tag) = Parts(sealedTokens);
        using var aes = new AesGcm(Derive("relay browser tokens"), TagLength);
        aes.Decrypt(nonce.Span, text.Span, tag.Span, plain, Encoding.ASCII.GetBytes(Id));
        try
        {
            return IssuerTokens.Read(plain);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    public override string ToString() => nameof(BrowserSecret);

    private static (Memory<byte> Nonce, Memory<byte> Text, Memory<byte> Tag) Parts(byte[] all) =>
        (all.AsMemory(0, NonceLength), all.AsMemory(NonceLength, all.Length - NonceLength - TagLength), all.AsMemory(all.Length - TagLength));

    private byte[] Derive(string use) => HKDF.DeriveKey(HashAlgorithmName.SHA256, _secret, Length, info: Encoding.ASCII.GetBytes(use));
}
