using System.Collections.Frozen;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace OpenOva.Relay.Identity.Development;

/// <summary>
/// Issues tokens in Keycloak's shape for the configured demo people and clients. Its keys live in memory and die with the process.
/// </summary>
internal sealed class DevelopmentIssuer : IDisposable
{
    private readonly FrozenDictionary<string, Realm> _realms;
    private readonly DevelopmentIssuerOptions _options;
    private readonly DevelopmentCodes _codes;
    private readonly TimeProvider _time;

    public DevelopmentIssuer(DevelopmentIssuerOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
        _codes = new DevelopmentCodes(time);
        _realms = options.Realms.ToFrozenDictionary(realm => realm.Name, realm => new Realm(realm, RSA.Create(2048), time), StringComparer.Ordinal);
    }

    public IEnumerable<string> RealmNames => _realms.Keys;

    public JsonObject? Discovery(string realm)
    {
        if (!_realms.TryGetValue(realm, out var found))
            return null;
        var issuer = _options.IssuerOf(found.Options);
        return new JsonObject
        {
            ["issuer"] = issuer,
            ["authorization_endpoint"] = $"{issuer}/protocol/openid-connect/auth",
            ["token_endpoint"] = $"{issuer}/protocol/openid-connect/token",
            ["jwks_uri"] = $"{issuer}/protocol/openid-connect/certs",
            ["grant_types_supported"] = new JsonArray("authorization_code", "refresh_token", "password", "client_credentials"),
            ["response_types_supported"] = new JsonArray("code"),
            ["code_challenge_methods_supported"] = new JsonArray("S256"),
            ["authorization_response_iss_parameter_supported"] = true,
            ["id_token_signing_alg_values_supported"] = new JsonArray("RS256"),
            ["subject_types_supported"] = new JsonArray("public"),
        };
    }

    public JsonObject? Keys(string realm)
    {
        if (!_realms.TryGetValue(realm, out var found))
            return null;
        var key = found.Rsa.ExportParameters(includePrivateParameters: false);
        return new JsonObject
        {
            ["keys"] = new JsonArray(new JsonObject
            {
                ["kid"] = found.KeyId,
                ["kty"] = "RSA",
                ["alg"] = "RS256",
                ["use"] = "sig",
                ["n"] = Base64UrlEncoder.Encode(key.Modulus),
                ["e"] = Base64UrlEncoder.Encode(key.Exponent),
            }),
        };
    }

    /// <summary>Null where realm or client is unknown, or the client's codes do not go there: an error must not be sent to an address that nobody named.</summary>
    public string? IssuerFor(string realmName, DevelopmentQuestion question)
    {
        if (!_realms.TryGetValue(realmName, out var realm) || realm.Options.Clients.FirstOrDefault(client => client.ClientId == question.ClientId) is not { } client)
            return null;
        var mayLead = client.RedirectUris.Count > 0 ? client.RedirectUris.Contains(question.RedirectUri) : question.RedirectUri == $"{_options.BaseAddress.TrimEnd('/')}/auth/callback";
        return mayLead ? _options.IssuerOf(realm.Options) : null;
    }

    /// <summary>A code for the client that asks, or null where the person is not who he says. After <see cref="IssuerFor"/> alone.</summary>
    public string? SignIn(string realmName, DevelopmentQuestion question, string userName, string password)
    {
        if (Find(_realms[realmName], userName, password) is not { } user)
            return null;
        return _codes.IssueCode(new(realmName, question.ClientId, user.UserName, NewSession(), Now, question.Nonce) { RedirectUri = question.RedirectUri, Challenge = question.Challenge });
    }

    /// <summary>A token response, or null where realm, client, secret or grant do not fit: which of them is not told.</summary>
    public JsonObject? Issue(string realmName, string clientId, string clientSecret, Func<string, string> form)
    {
        if (!_realms.TryGetValue(realmName, out var realm))
            return null;
        var client = realm.Options.Clients.FirstOrDefault(client => client.ClientId == clientId);
        if (client is null || !IsSame(client.Secret, clientSecret))
            return null;
        return form("grant_type") switch
        {
            "client_credentials" when client.Secret.Length > 0 => Response(realm, client, ServiceAccountClaims(realm, client)),
            "password" when Find(realm, form("username"), form("password")) is { } user => Response(realm, client, UserClaims(realm, user, NewSession(), Now)),
            "authorization_code" => Response(realm, client, _codes.RedeemCode(form("code"), realmName, clientId, form("redirect_uri"), form("code_verifier"))),
            "refresh_token" => Response(realm, client, _codes.RedeemRefreshToken(form("refresh_token"), realmName, clientId)),
            _ => null,
        };
    }

    public void Dispose()
    {
        foreach (var realm in _realms.Values)
            realm.Rsa.Dispose();
    }

    private long Now => _time.GetUtcNow().ToUnixTimeSeconds();

    private static DevelopmentUser? Find(Realm realm, string userName, string password) =>
        realm.Options.Users.FirstOrDefault(user => user.UserName == userName) is { Password.Length: > 0 } user && IsSame(user.Password, password) ? user : null;

    private static string NewSession() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(18));

    private JsonObject? Response(Realm realm, DevelopmentClient client, DevelopmentGrant? grant)
    {
        if (grant is null || realm.Options.Users.FirstOrDefault(user => user.UserName == grant.UserName) is not { } user)
            return null;
        var response = Response(realm, client, UserClaims(realm, user, grant.SessionId, grant.SignedInSeconds));
        response["refresh_token"] = _codes.IssueRefreshToken(grant);
        if (grant.Nonce.Length > 0)
            response["id_token"] = IdToken(realm, client, user, grant);
        return response;
    }

    private string IdToken(Realm realm, DevelopmentClient client, DevelopmentUser user, DevelopmentGrant grant) => new JsonWebTokenHandler().CreateToken(
        new JsonObject
        {
            ["iss"] = _options.IssuerOf(realm.Options),
            ["sub"] = user.Subject ?? SubjectOf(realm.Options.Name, user.UserName),
            ["aud"] = client.ClientId,
            ["azp"] = client.ClientId,
            ["typ"] = "ID",
            ["nonce"] = grant.Nonce,
            ["sid"] = grant.SessionId,
            ["auth_time"] = grant.SignedInSeconds,
            ["iat"] = Now,
            ["exp"] = Now + (long)_options.AccessTokenLifetime.TotalSeconds,
        }.ToJsonString(),
        new SigningCredentials(realm.SecurityKey, SecurityAlgorithms.RsaSha256));

    private JsonObject Response(Realm realm, DevelopmentClient client, JsonObject claims)
    {
        var now = Now;
        claims["iss"] = _options.IssuerOf(realm.Options);
        claims["iat"] = now;
        claims["exp"] = now + (long)_options.AccessTokenLifetime.TotalSeconds;
        claims["jti"] = Guid.CreateVersion7(_time.GetUtcNow()).ToString();
        claims["typ"] = "Bearer";
        claims["azp"] = client.ClientId;
        if (client.Audiences.Count > 0)
            claims["aud"] = Strings(client.Audiences);
        var credentials = new SigningCredentials(realm.SecurityKey, SecurityAlgorithms.RsaSha256);
        return new JsonObject
        {
            ["access_token"] = new JsonWebTokenHandler().CreateToken(claims.ToJsonString(), credentials),
            ["expires_in"] = (long)_options.AccessTokenLifetime.TotalSeconds,
            ["token_type"] = "Bearer",
            ["scope"] = "profile email",
        };
    }

    private static JsonObject UserClaims(Realm realm, DevelopmentUser user, string session, long signedInSeconds)
    {
        var clients = new JsonObject();
        foreach (var client in user.ClientRoles.GroupBy(role => role.Client, StringComparer.Ordinal))
            clients[client.Key] = new JsonObject { ["roles"] = Strings(client.Select(role => role.Role)) };
        return new JsonObject
        {
            ["sub"] = user.Subject ?? SubjectOf(realm.Options.Name, user.UserName),
            ["auth_time"] = signedInSeconds,
            ["sid"] = session,
            ["acr"] = user.Acr,
            ["realm_access"] = new JsonObject { ["roles"] = Strings(user.RealmRoles) },
            ["resource_access"] = clients,
            ["groups"] = Strings(user.Groups),
            ["preferred_username"] = user.UserName,
            ["name"] = user.Name,
            ["email"] = user.Email,
        };
    }

    private static JsonObject ServiceAccountClaims(Realm realm, DevelopmentClient client) => new()
    {
        ["sub"] = SubjectOf(realm.Options.Name, $"service-account-{client.ClientId}"),
        ["acr"] = "1",
        ["realm_access"] = new JsonObject { ["roles"] = Strings(client.ServiceAccountRoles) },
        ["client_id"] = client.ClientId,
        ["preferred_username"] = string.Create(CultureInfo.InvariantCulture, $"service-account-{client.ClientId}"),
    };

    // Stable over restarts, as Keycloak's are: evidence names a person by it.
    private static string SubjectOf(string realm, string account) =>
        new Guid(SHA256.HashData(Encoding.UTF8.GetBytes($"{realm}\n{account}")).AsSpan(0, 16)).ToString();

    private static bool IsSame(string expected, string given) =>
        CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(expected)), SHA256.HashData(Encoding.UTF8.GetBytes(given)));

    private static JsonArray Strings(IEnumerable<string> values) => new([.. values.Select(value => JsonValue.Create(value))]);

    private sealed class Realm(DevelopmentRealm options, RSA rsa, TimeProvider time)
    {
        public DevelopmentRealm Options { get; } = options;
        public RSA Rsa { get; } = rsa;
        public string KeyId { get; } = Guid.CreateVersion7(time.GetUtcNow()).ToString("N");
        public RsaSecurityKey SecurityKey => new(Rsa) { KeyId = KeyId };
    }
}
