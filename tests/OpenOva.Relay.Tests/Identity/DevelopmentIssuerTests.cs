using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Identity.Development;
using OpenOva.Relay.Shared;

namespace OpenOva.Relay.Tests.Identity;

[Trait("Kind", "Fast")]
public sealed class DevelopmentIssuerTests : IDisposable
{
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(10) };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _http.Dispose();

    [Fact]
    public async Task PasswordGrant_DemoUser_OpensADeclaredRoute()
    {
        await using var app = await StartAsync("Development", LoopbackPort.Free());

        var token = await TokenAsync(("grant_type", "password"), ("client_id", "gateway"), ("username", "ada"), ("password", "demo"));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/operators");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var response = await _http.SendAsync(request, Cancellation);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("ada dba,relay-operator gateway 1", await response.Content.ReadAsStringAsync(Cancellation));
    }

    [Fact]
    public async Task ClientCredentials_ByBasicHeader_GivesAGateway()
    {
        await using var app = await StartAsync("Development", LoopbackPort.Free());
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String("backend:s3cret"u8));

        var token = await TokenAsync(("grant_type", "client_credentials"));
        var result = await app.Services.GetRequiredService<TokenValidator>().ValidateAccessTokenAsync(token!, Cancellation);

        Assert.Equal((CallerRoles.Gateway, "backend"), (result.Caller!.Roles, result.Caller.ClientId));
    }

    [Theory]
    [InlineData("password", "gateway", "", "ada", "wrong")]
    [InlineData("password", "gateway", "", "nobody", "demo")]
    [InlineData("password", "nobody", "", "ada", "demo")]
    [InlineData("password", "backend", "wrong", "ada", "demo")]
    [InlineData("password", "gateway", "", "no-password", "")]
    [InlineData("client_credentials", "backend", "wrong", "", "")]
    [InlineData("client_credentials", "gateway", "", "", "")]
    [InlineData("refresh_token", "gateway", "", "ada", "demo")]
    public async Task Token_AnythingWrong_IsRefusedAlike(string grant, string client, string secret, string user, string password)
    {
        await using var app = await StartAsync("Development", LoopbackPort.Free());

        Assert.Null(await TokenAsync(("grant_type", grant), ("client_id", client), ("client_secret", secret), ("username", user), ("password", password)));
    }

    [Fact]
    public async Task Routes_CallerBeyondLoopback_FindsNothing()
    {
        await using var app = await StartAsync("Development", LoopbackPort.Free(), remote: IPAddress.Parse("10.0.0.9"));

        foreach (var path in new[] { "/realms/acme/.well-known/openid-configuration", "/realms/acme/protocol/openid-connect/certs" })
            Assert.Equal(HttpStatusCode.NotFound, (await _http.GetAsync(path, Cancellation)).StatusCode);
    }

    [Theory]
    [InlineData("Production")]
    [InlineData("Staging")]
    [InlineData("development-like")]
    public async Task Start_OutsideDevelopment_IsRefusedWithTheKey(string environment)
    {
        var e = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(environment, LoopbackPort.Free(), map: false));

        Assert.Contains("Relay:Identity:Development is set, but the environment is " + environment, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_ListeningBeyondLoopback_IsRefused()
    {
        var e = await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync("Development", LoopbackPort.Free(), host: "0.0.0.0"));

        Assert.Contains("needs every listener on loopback", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_WithoutTheSection_MapsNoIssuer()
    {
        await using var app = await StartAsync("Production", LoopbackPort.Free(), development: false);

        Assert.Equal(HttpStatusCode.Unauthorized, (await _http.GetAsync("/realms/acme/protocol/openid-connect/certs", Cancellation)).StatusCode);
    }

    private async Task<WebApplication> StartAsync(
        string environment, int port, string host = "127.0.0.1", bool map = true, bool development = true, IPAddress? remote = null)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = environment });
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://{host}:{port}");
        const string Development = "Relay:Identity:Development";
        const string Realm = Development + ":Realms:0";
        var issuer = new Dictionary<string, string?>
        {
            ["Relay:Identity:Issuers:0:Issuer"] = $"http://127.0.0.1:{port}/realms/acme",
            ["Relay:Identity:Issuers:0:Organisation"] = "acme",
            ["Relay:Identity:Issuers:0:Audience"] = "relay",
        };
        var demo = new Dictionary<string, string?>
        {
            [Development + ":BaseAddress"] = $"http://127.0.0.1:{port}/",
            [Realm + ":Name"] = "acme",
            [Realm + ":Users:0:UserName"] = "ada",
            [Realm + ":Users:0:Password"] = "demo",
            [Realm + ":Users:0:RealmRoles:0"] = "relay-operator",
            [Realm + ":Users:0:RealmRoles:1"] = "dba",
            [Realm + ":Users:1:UserName"] = "no-password",
            [Realm + ":Clients:0:ClientId"] = "gateway",
            [Realm + ":Clients:0:Audiences:0"] = "relay",
            [Realm + ":Clients:1:ClientId"] = "backend",
            [Realm + ":Clients:1:Secret"] = "s3cret",
            [Realm + ":Clients:1:Audiences:0"] = "relay",
            [Realm + ":Clients:1:ServiceAccountRoles:0"] = "relay-gateway",
        };
        builder.Configuration.AddInMemoryCollection(development ? [.. issuer, .. demo] : issuer);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddRelayIdentity();
        var app = builder.Build();
        try
        {
            if (remote is not null)
            {
                app.Use((context, next) =>
                {
                    context.Connection.RemoteIpAddress = remote;
                    return next(context);
                });
            }
            app.UseRouting();
            app.UseAuthentication();
            app.UseAuthorization();
            if (map)
                app.MapDevelopmentIssuer();
            app.MapGet("/operators", (HttpContext http) => Describe(http.Callers().Caller)).WithMetadata(new AllowAttribute(CallerRoles.Operator));
            await app.StartAsync(Cancellation);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
        _http.BaseAddress = new Uri($"http://127.0.0.1:{port}");
        return app;
    }

    private static string Describe(Caller caller) =>
        $"{caller.Profile.UserName} {string.Join(',', caller.TokenRoles.Order(StringComparer.Ordinal))} {caller.ClientId} {caller.Acr}";

    private async Task<string?> TokenAsync(params (string Key, string Value)[] form)
    {
        using var content = new FormUrlEncodedContent(form.Select(field => KeyValuePair.Create(field.Key, field.Value)));
        using var response = await _http.PostAsync("/realms/acme/protocol/openid-connect/token", content, Cancellation);
        var body = await response.Content.ReadAsStringAsync(Cancellation);
        if (response.StatusCode == HttpStatusCode.Unauthorized)
        {
            Assert.Equal("{\"error\":\"invalid_grant\"}", body);
            return null;
        }
        return JsonDocument.Parse(body).RootElement.GetProperty("access_token").GetString();
    }
}
