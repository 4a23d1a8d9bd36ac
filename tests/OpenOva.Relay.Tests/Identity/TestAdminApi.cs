using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace OpenOva.Relay.Tests.Identity;

/// <summary>An account as the administration of a realm shows it.</summary>
internal sealed class TestAccount
{
    public bool Enabled { get; set; } = true;
    public IReadOnlyList<string> RealmRoles { get; set; } = [];
    public IReadOnlyDictionary<string, string[]> ClientRoles { get; set; } = new Dictionary<string, string[]>();
    public IReadOnlyList<string> Groups { get; set; } = [];
}

/// <summary>
/// What Relay asks of Keycloak's Admin REST API, and its token endpoint, on loopback. The shapes are those of Keycloak's documentation; the tests of kind Real
/// hold the component to the same.
/// </summary>
internal sealed class TestAdminApi : IAsyncDisposable
{
    public const string Client = "relay-recheck";
    public const string Secret = "recheck-secret";
    private const string Realm = "/realms/acme";

    private readonly WebApplication _app;
    private string _token = "token-1";

    private TestAdminApi(WebApplication app) => _app = app;

    public string Address { get; private set; } = "";
    public string Issuer => Address + Realm;
    public string AdminBase => $"{Address}/admin{Realm}";
    public ConcurrentDictionary<string, TestAccount> Accounts { get; } = new();

    /// <summary>Clients of the realm by id, with their internal ids.</summary>
    public ConcurrentDictionary<string, string> Clients { get; } = new(new Dictionary<string, string> { ["relay"] = "c0ffee-1", ["vault.prod"] = "c0ffee-2" });

    /// <summary>Paths asked for, with their queries, in order.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    /// <summary>While set, every question of the Admin API is answered so.</summary>
    public Func<HttpContext, Task>? Fault { get; set; }

    public int TokensIssued { get; private set; }

    /// <summary>Starts on a port that is free, or on one that the issuer of the tokens has besides.</summary>
    public static async Task<TestAdminApi> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var api = new TestAdminApi(app);
        app.MapPost(Realm + "/protocol/openid-connect/token", (Delegate)api.TokenAsync);
        var admin = app.MapGroup("/admin" + Realm).AddEndpointFilter(api.GuardAsync);
        admin.MapGet("/users/{id}", (string id) => api.Accounts.TryGetValue(id, out var user)
            ? Results.Json(new JsonObject { ["id"] = id, ["username"] = $"user-{id}", ["enabled"] = user.Enabled, ["totp"] = false })
            : NotFound("User not found"));
        admin.MapGet("/users/{id}/role-mappings/realm/composite", (string id) => Roles(api.Accounts[id].RealmRoles));
        admin.MapGet("/users/{id}/role-mappings/clients/{client}/composite", (string id, string client) =>
            api.Clients.FirstOrDefault(entry => entry.Value == client) is { Key: { } name }
                ? Roles(api.Accounts[id].ClientRoles.GetValueOrDefault(name, []))
                : NotFound("Client not found"));
        admin.MapGet("/users/{id}/groups", (string id, int first, int max) => Results.Json(new JsonArray([.. api.Accounts[id].Groups.Skip(first).Take(max)
            .Select(path => new JsonObject { ["id"] = $"g-{path.Length}", ["name"] = path[(path.LastIndexOf('/') + 1)..], ["path"] = path })])));
        admin.MapGet("/clients", (string clientId) => Results.Json(new JsonArray([.. api.Clients.Where(entry => entry.Key == clientId)
            .Select(entry => new JsonObject { ["id"] = entry.Value, ["clientId"] = entry.Key })])));
        await app.StartAsync();
        api.Address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return api;
    }

    /// <summary>Tokens issued so far no longer count, as after a restart.</summary>
    public void ForgetTokens() => _token = $"token-{Guid.NewGuid():N}";

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task<IResult> TokenAsync(HttpContext context)
    {
        var form = await context.Request.ReadFormAsync();
        if (form["grant_type"] != "client_credentials" || form["client_id"] != Client || form["client_secret"] != Secret)
            return Results.Json(new { error = "unauthorized_client", error_description = "Invalid client or Invalid client credentials" }, statusCode: 401);
        TokensIssued++;
        return Results.Json(new { access_token = _token, expires_in = 60, token_type = "Bearer" });
    }

    private async ValueTask<object?> GuardAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        Asked.Enqueue(http.Request.Path.Value!["/admin/realms/acme/".Length..] + http.Request.QueryString);
        if (Fault is { } fault)
        {
            await fault(http);
            return Results.Empty;
        }
        // Of whoever issued it, where the tokens are another service's.
        var isOwn = TokensIssued > 0;
        return isOwn && http.Request.Headers.Authorization != $"Bearer {_token}"
            ? Results.Json(new { error = "HTTP 401 Unauthorized" }, statusCode: 401)
            : await next(context);
    }

    private static IResult Roles(IEnumerable<string> names) =>
        Results.Json(new JsonArray([.. names.Select(name => new JsonObject { ["id"] = $"r-{name}", ["name"] = name, ["composite"] = false })]));

    private static IResult NotFound(string error) => Results.Json(new { error }, statusCode: 404);
}
