using System.Net;
using System.Text;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace OpenOva.Relay.Identity.Development;

/// <summary>Keycloak's paths under <c>/realms/{realm}</c>, for callers and listeners on loopback alone.</summary>
internal static class DevelopmentIssuerRoutes
{
    private const string Because = "The development issuer hands out the tokens; it answers on loopback in Development only.";

    /// <summary>Maps the issuer where <c>Relay:Identity:Development</c> is set, and nothing at all elsewhere.</summary>
    public static IEndpointRouteBuilder MapDevelopmentIssuer(this IEndpointRouteBuilder routes)
    {
        var services = routes.ServiceProvider;
        if (services.GetRequiredService<IdentityOptions>().Development is null)
            return routes;
        // Options validation has refused this before; a host that skips it must still not serve.
        if (!services.GetRequiredService<IHostEnvironment>().IsDevelopment())
            throw new InvalidOperationException("Relay:Identity:Development is set outside the Development environment.");

        var issuer = services.GetRequiredService<DevelopmentIssuer>();
        IdentityLog.DevelopmentIssuerServes(services.GetRequiredService<ILogger<DevelopmentIssuer>>(), string.Join(", ", issuer.RealmNames));
        var realm = routes.MapGroup("/realms/{realm}")
            .WithMetadata(new AllowAnonymousCallAttribute(Because))
            .AddEndpointFilter(async (context, next) => IsOnLoopback(context.HttpContext.Connection) ? await next(context) : Results.NotFound());
        realm.MapGet("/.well-known/openid-configuration", (string realm) => issuer.Discovery(realm) is { } found ? Results.Json(found) : Results.NotFound());
        realm.MapGet("/protocol/openid-connect/certs", (string realm) => issuer.Keys(realm) is { } found ? Results.Json(found) : Results.NotFound());
        realm.MapGet("/protocol/openid-connect/auth", (string realm, HttpContext context) => SignInAsync(issuer, realm, context));
        realm.MapPost("/protocol/openid-connect/auth", (string realm, HttpContext context) => SignInAsync(issuer, realm, context)).DisableAntiforgery();
        realm.MapPost("/protocol/openid-connect/token", (string realm, HttpContext context) => TokenAsync(issuer, realm, context)).DisableAntiforgery();
        return routes;
    }

    private static async Task<IResult> SignInAsync(DevelopmentIssuer issuer, string realm, HttpContext context)
    {
        if (DevelopmentQuestion.Read(context.Request.Query) is not { } question || issuer.IssuerFor(realm, question) is not { } name)
            return Results.Text("No client of this realm asks so.\n", statusCode: StatusCodes.Status400BadRequest);
        context.Response.Headers.CacheControl = "no-store";
        if (!context.Request.HasFormContentType)
            return DevelopmentSignIn.Page(realm, failed: false);
        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        return issuer.SignIn(realm, question, form["username"].ToString(), form["password"].ToString()) is { } code
            ? DevelopmentSignIn.Answer(question, name, code)
            : DevelopmentSignIn.Page(realm, failed: true);
    }

    private static async Task<IResult> TokenAsync(DevelopmentIssuer issuer, string realm, HttpContext context)
    {
        if (!context.Request.HasFormContentType)
            return Results.Json(new { error = "invalid_request" }, statusCode: StatusCodes.Status400BadRequest);
        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        var (clientId, clientSecret) = ClientOf(context.Request, form);
        context.Response.Headers.CacheControl = "no-store";
        var tokens = issuer.Issue(realm, clientId, clientSecret, name => form[name].ToString());
        return tokens is null
            ? Results.Json(new { error = "invalid_grant" }, statusCode: StatusCodes.Status401Unauthorized)
            : Results.Json(tokens);
    }

    // client_secret_post or client_secret_basic (RFC 6749, section 2.3.1).
    private static (string Id, string Secret) ClientOf(HttpRequest request, IFormCollection form)
    {
        var header = request.Headers.Authorization.ToString();
        if (!header.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase))
            return (form["client_id"].ToString(), form["client_secret"].ToString());
        var buffer = new byte[header.Length];
        if (!Convert.TryFromBase64String(header["Basic ".Length..], buffer, out var length))
            return ("", "");
        var pair = Encoding.UTF8.GetString(buffer, 0, length).Split(':', 2);
        return pair.Length == 2 ? (Uri.UnescapeDataString(pair[0]), Uri.UnescapeDataString(pair[1])) : ("", "");
    }

    private static bool IsOnLoopback(ConnectionInfo connection) =>
        connection.LocalIpAddress is { } local && IPAddress.IsLoopback(local)
        && connection.RemoteIpAddress is { } remote && IPAddress.IsLoopback(remote);
}

/// <summary>Ends the start where the development issuer's process listens beyond loopback.</summary>
internal sealed class DevelopmentIssuerGuard(IdentityOptions options, IServer server) : IHostedLifecycleService
{
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        var beyond = options.Development is null ? null : server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault(IsBeyondLoopback);
        return beyond is null
            ? Task.CompletedTask
            : throw new InvalidOperationException(
                $"Relay:Identity:Development is set, and the server listens on {beyond}: the development issuer needs every listener on loopback.");
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // A wildcard host ("*", "+") is no address that parses, and so counts as beyond.
    private static bool IsBeyondLoopback(string address) => !Uri.TryCreate(address, UriKind.Absolute, out var uri) || !IssuerAddress.IsLoopback(uri);
}
