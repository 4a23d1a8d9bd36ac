using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace OpenOva.Relay.Identity.Development;

/// <summary>What a person granted a client by signing in at the development issuer.</summary>
internal sealed record DevelopmentGrant(string Realm, string ClientId, string UserName, string SessionId, long SignedInSeconds, string Nonce)
{
    /// <summary>Where the code went, and the PKCE challenge that its redemption must answer; empty for a refresh token.</summary>
    public string RedirectUri { get; init; } = "";

    public string Challenge { get; init; } = "";
}

/// <summary>Codes and refresh tokens of the development issuer, in memory, each for one use.</summary>
internal sealed class DevelopmentCodes(TimeProvider time)
{
    private const int Most = 10_000;
    private static readonly TimeSpan CodeLifetime = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan RefreshLifetime = TimeSpan.FromHours(10);

    private readonly ConcurrentDictionary<string, (DevelopmentGrant Grant, DateTimeOffset Until)> _grants = new(StringComparer.Ordinal);

    public string IssueCode(DevelopmentGrant grant) => Issue(grant, CodeLifetime);

    public string IssueRefreshToken(DevelopmentGrant grant) => Issue(grant with { RedirectUri = "", Challenge = "", Nonce = "" }, RefreshLifetime);

    /// <summary>Null: unknown, used, expired, or of another client, address or verifier.</summary>
    public DevelopmentGrant? RedeemCode(string code, string realm, string clientId, string redirectUri, string verifier) =>
        Take(code, realm, clientId) is { Challenge.Length: > 0 } grant && grant.RedirectUri == redirectUri
            && grant.Challenge == Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)))
            ? grant
            : null;

    public DevelopmentGrant? RedeemRefreshToken(string token, string realm, string clientId) => Take(token, realm, clientId) is { Challenge.Length: 0 } grant ? grant : null;

    private string Issue(DevelopmentGrant grant, TimeSpan lifetime)
    {
        var now = time.GetUtcNow();
        if (_grants.Count >= Most)
        {
            foreach (var old in _grants.Where(entry => entry.Value.Until <= now).Select(entry => entry.Key).ToList()) _grants.TryRemove(old, out _);
        }

        var code = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        if (_grants.Count < Most) _grants[code] = (grant, now + lifetime);
        return code;
    }

    private DevelopmentGrant? Take(string code, string realm, string clientId) =>
        _grants.TryRemove(code, out var found) && time.GetUtcNow() < found.Until && found.Grant.Realm == realm && found.Grant.ClientId == clientId ? found.Grant : null;
}
