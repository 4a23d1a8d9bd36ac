using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Tokens;

namespace OpenOva.Relay.Tests.Identity;

/// <summary>A discovery and JWKS server on loopback, and the keys to sign any token with, good or bad.</summary>
internal sealed class TestIssuer : IAsyncDisposable
{
    // Making an RSA key takes longer than a test.
    private static readonly TestKey SharedKey = TestKey.Rsa("key-1");

    private readonly WebApplication _app;
    private readonly List<JsonObject> _keys = [];

    private TestIssuer(WebApplication app) => _app = app;

    public const string Realm = "/realms/acme";
    public string Address { get; private set; } = "";
    public string Issuer => Address + Realm;
    public TestKey Key { get; } = SharedKey;

    /// <summary>How often the key set was fetched.</summary>
    public int Fetches { get; private set; }

    /// <summary>While set, every request is answered 503.</summary>
    public bool IsDown { get; set; }

    /// <summary>What the discovery document says of itself; default: the truth.</summary>
    public string? StatedIssuer { get; set; }

    /// <summary>Says that its answers to browsers name it (RFC 9207).</summary>
    public bool NamesItself { get; set; }

    /// <summary>What the token endpoint gives for a form; null: it says no.</summary>
    public Func<IFormCollection, Task<JsonObject?>> Tokens { get; set; } = _ => Task.FromResult<JsonObject?>(new() { ["access_token"] = "opaque", ["expires_in"] = 60 });

    public static async Task<TestIssuer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var issuer = new TestIssuer(app);
        issuer.Publish(issuer.Key);
        app.Use(async (context, next) =>
        {
            if (issuer.IsDown)
                context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            else
                await next(context);
        });
        app.MapGet(Realm + "/.well-known/openid-configuration", () => Results.Json(new JsonObject
        {
            ["issuer"] = issuer.StatedIssuer ?? issuer.Issuer,
            ["jwks_uri"] = issuer.Issuer + "/certs",
            ["authorization_endpoint"] = issuer.Issuer + "/auth",
            ["token_endpoint"] = issuer.Issuer + "/token",
            ["authorization_response_iss_parameter_supported"] = issuer.NamesItself,
        }));
        app.MapGet(Realm + "/certs", () =>
        {
            issuer.Fetches++;
            return Results.Json(new JsonObject { ["keys"] = new JsonArray([.. issuer._keys.Select(key => key.DeepClone())]) });
        });
        Delegate token = async (HttpContext context) => await issuer.Tokens(await context.Request.ReadFormAsync()) is { } tokens
            ? Results.Json(tokens)
            : Results.Json(new JsonObject { ["error"] = "invalid_grant" }, statusCode: StatusCodes.Status400BadRequest);
        app.MapPost(Realm + "/protocol/openid-connect/token", token);
        app.MapPost(Realm + "/token", token);
        await app.StartAsync();
        issuer.Address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return issuer;
    }

    public void Publish(TestKey key, string use = "sig", string? algorithm = null)
    {
        var jwk = key.Public();
        jwk["use"] = use;
        if (algorithm is not null)
            jwk["alg"] = algorithm;
        _keys.Add(jwk);
    }

    public void Withdraw(TestKey key) => _keys.RemoveAll(jwk => jwk["kid"]!.GetValue<string>() == key.Id);

    /// <summary>An access token that passes at <paramref name="now"/>.</summary>
    public JsonObject Claims(DateTimeOffset now) => new()
    {
        ["iss"] = Issuer,
        ["sub"] = "f3c9a1",
        ["aud"] = new JsonArray("account", "relay"),
        ["typ"] = "Bearer",
        ["azp"] = "gateway",
        ["iat"] = now.ToUnixTimeSeconds(),
        ["exp"] = now.AddMinutes(5).ToUnixTimeSeconds(),
        ["auth_time"] = now.AddMinutes(-1).ToUnixTimeSeconds(),
        ["sid"] = "opaque+session==",
        ["acr"] = "1",
        ["realm_access"] = new JsonObject { ["roles"] = new JsonArray("relay-operator", "dba") },
        ["resource_access"] = new JsonObject
        {
            ["relay"] = new JsonObject { ["roles"] = new JsonArray("relay-auditor", "payments") },
            ["other.client"] = new JsonObject { ["roles"] = new JsonArray("relay-admin", "root-access") },
        },
        ["name"] = "Ada Lovelace",
        ["preferred_username"] = "ada",
        ["email"] = "ada@acme.example",
    };

    /// <summary>A logout token that passes at <paramref name="now"/>, as Keycloak 26 writes it; to be signed with the header type logout+jwt.</summary>
    public JsonObject LogoutClaims(DateTimeOffset now) => new()
    {
        ["iss"] = Issuer,
        ["sub"] = "f3c9a1",
        ["aud"] = "relay",
        ["typ"] = "Logout",
        ["iat"] = now.ToUnixTimeSeconds(),
        ["exp"] = now.AddMinutes(2).ToUnixTimeSeconds(),
        ["jti"] = Guid.CreateVersion7(now).ToString(),
        ["sid"] = "opaque+session==",
        ["events"] = new JsonObject { ["http://schemas.openid.net/event/backchannel-logout"] = new JsonObject() },
    };

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}

/// <summary>A key pair that signs compact JWS by hand, so that tokens no library would write can be written.</summary>
internal sealed record TestKey(string Id, RSA? RsaKey, ECDsa? EcKey)
{
    public static TestKey Rsa(string id) => new(id, RSA.Create(2048), null);

    public static TestKey Ec(string id) => new(id, null, ECDsa.Create(ECCurve.NamedCurves.nistP256));

    public JsonObject Public()
    {
        if (RsaKey is not null)
        {
            var rsa = RsaKey.ExportParameters(false);
            return new JsonObject { ["kid"] = Id, ["kty"] = "RSA", ["n"] = Base64UrlEncoder.Encode(rsa.Modulus), ["e"] = Base64UrlEncoder.Encode(rsa.Exponent) };
        }
        var point = EcKey!.ExportParameters(false).Q;
        return new JsonObject { ["kid"] = Id, ["kty"] = "EC", ["crv"] = "P-256", ["x"] = Base64UrlEncoder.Encode(point.X), ["y"] = Base64UrlEncoder.Encode(point.Y) };
    }

    public string Sign(JsonObject claims, string algorithm = "RS256", string? type = "JWT", string? kid = null, Action<JsonObject>? header = null)
    {
        var head = new JsonObject { ["alg"] = algorithm, ["kid"] = kid ?? Id };
        if (type is not null)
            head["typ"] = type;
        header?.Invoke(head);
        return SignText(head.ToJsonString(), claims.ToJsonString(), algorithm);
    }

    public string SignText(string header, string payload, string algorithm = "RS256")
    {
        var signed = $"{Base64UrlEncoder.Encode(header)}.{Base64UrlEncoder.Encode(payload)}";
        return $"{signed}.{Base64UrlEncoder.Encode(Signature(Encoding.ASCII.GetBytes(signed), algorithm))}";
    }

    private byte[] Signature(byte[] data, string algorithm) => algorithm switch
    {
        "none" => [],
        // The classic confusion: an HMAC whose secret is the public key's text.
        "HS256" => HMACSHA256.HashData(Encoding.ASCII.GetBytes(RsaKey!.ExportSubjectPublicKeyInfoPem()), data),
        "ES256" => EcKey!.SignData(data, HashAlgorithmName.SHA256),
        _ => RsaKey!.SignData(data, Hash(algorithm), algorithm[0] == 'P' ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1),
    };

    private static HashAlgorithmName Hash(string algorithm) => algorithm[2..] switch
    {
        "384" => HashAlgorithmName.SHA384,
        "512" => HashAlgorithmName.SHA512,
        "1" => HashAlgorithmName.SHA1,
        _ => HashAlgorithmName.SHA256,
    };
}
