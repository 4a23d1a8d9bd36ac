using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace OpenOva.Relay.Identity.Browser;

/// <summary>
/// A sign-in that was begun in this browser. It stands in a cookie of the browser's, so that an answer of the issuer's counts only where the question was asked
/// (RFC 9700, section 4.7), whichever replica it reaches.
/// </summary>
/// <param name="Issuer">Who was asked: an answer from another one is none (RFC 9207).</param>
/// <param name="State">Binds the answer to the browser.</param>
/// <param name="Nonce">Binds the ID token to the question.</param>
/// <param name="Verifier">PKCE's (RFC 7636): binds the code to the question.</param>
/// <param name="ReturnTo">The page that was asked for.</param>
/// <param name="BegunUs">Microseconds UTC.</param>
internal sealed record SignInAttempt(string Issuer, string State, string Nonce, string Verifier, string ReturnTo, long BegunUs)
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);
    private const int NameLength = 8;
    private const int MaximumCookieLength = 3_000;

    public static SignInAttempt Begin(string issuer, string returnTo, long nowUs) => new(issuer, Random(), Random(), Random(), returnTo, nowUs);

    /// <summary>Several may be under way in one browser, each with its own cookie.</summary>
    public static string CookieName(string state) => $"relay-sign-in-{(state.Length >= NameLength ? state[..NameLength] : "")}";

    /// <summary><c>S256</c>.</summary>
    public string Challenge => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(Verifier)));

    public string ToCookie() => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(this));

    /// <summary>Null where there is none of this state, or it was begun too long ago.</summary>
    public static SignInAttempt? Read(string? cookie, string state, long nowUs)
    {
        if (cookie is null || cookie.Length > MaximumCookieLength || !Base64Url.IsValid(cookie)) return null;
        try
        {
            var attempt = JsonSerializer.Deserialize<SignInAttempt>(Base64Url.DecodeFromChars(cookie));
            return attempt is { Issuer: not null, State: not null, Nonce: not null, Verifier: not null, ReturnTo: not null } && IsSame(attempt.State, state)
                && nowUs >= attempt.BegunUs && nowUs - attempt.BegunUs < Lifetime.Ticks / TimeSpan.TicksPerMicrosecond
                ? attempt
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public override string ToString() => Issuer;

    private static string Random() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    private static bool IsSame(string a, string b) => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(a), Encoding.UTF8.GetBytes(b));
}
