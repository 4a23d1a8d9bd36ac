using System.Net;
using System.Net.Http.Headers;
using Google.Rpc;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenOva.Relay.Connections;
using OpenOva.Relay.Database;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Tests.Connections;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Tests.Identity;

/// <summary>Tokens, declarations and answers over real HTTP and gRPC, with two organisations.</summary>
[Trait("Kind", "Fast")]
public sealed class CallAuthorizationTests : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("relay-doors-");
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(10) };
    private TestIssuer _acme = null!;
    private TestIssuer _globex = null!;
    private WebApplication _app = null!;
    private GrpcChannel _channel = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _acme = await TestIssuer.StartAsync();
        _globex = await TestIssuer.StartAsync();
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "all.yaml"), string.Join("---\n", Yaml("zeta", "dba", "acme"), Yaml("core-db", "dba", "acme"), Yaml("payroll", "hr", "acme"), Yaml("foreign", "dba", "globex")), Cancellation);
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = Environments.Production });
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Relay:Identity:Issuers:0:Issuer"] = _acme.Issuer,
            ["Relay:Identity:Issuers:0:Organisation"] = "acme",
            ["Relay:Identity:Issuers:0:Audience"] = "relay",
            ["Relay:Identity:Issuers:1:Issuer"] = _globex.Issuer,
            ["Relay:Identity:Issuers:1:Organisation"] = "globex",
            ["Relay:Identity:Issuers:1:Audience"] = "relay",
            ["Relay:Connections:Folder"] = _folder.FullName,
            ["Relay:Connections:DefaultRetentionDays"] = "30",
            ["Relay:Connections:Debounce"] = "00:00:00",
        });
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
        });
        builder.Services.AddSingleton(TimeProvider.System);
        // What a Kubernetes source would need; nothing here asks it.
        builder.Services.AddSingleton(new RelayDatabase(new DatabaseOptions(), _folder.FullName, TimeProvider.System)).AddSingleton<Leases>();
        builder.Services.AddSingleton(ReplicaName.Create("test", TimeProvider.System));
        builder.Services.AddRelayIdentity().AddRelayConnections();
        builder.Services.AddSingleton<NoticeOf>(_ => new NoticeText("Recorded.", new string('0', 64)));
        builder.Services.AddGrpc(options => options.Interceptors.Add<ErrorInterceptor>());
        _app = builder.Build();
        _app.UseMiddleware<ErrorMiddleware>();
        _app.UseRouting();
        _app.UseAuthentication();
        _app.UseAuthorization();
        _app.MapGrpcService<ConnectionsGrpcService>();
        _app.MapGrpcService<BreakingService>();
        _app.MapGet("/undeclared", () => "open");
        _app.MapGet("/operators", (HttpContext http) => http.Callers().Caller.Subject).WithMetadata(new AllowAttribute(CallerRoles.Operator));
        _app.MapGet("/backends", (HttpContext http) => http.Callers().Gateway!.Subject)
            .WithMetadata(new AllowAttribute(CallerRoles.Operator | CallerRoles.Gateway) { Gateway = GatewayToken.Required });
        _app.MapGet("/open", () => "open").WithMetadata(new AllowAnonymousCallAttribute("A test."));
        _app.MapGet("/both", () => "open").WithMetadata(new AllowAnonymousCallAttribute("A test."), new AllowAttribute(CallerRoles.Admin));
        _app.MapGet("/breaks", IResult () => throw new InvalidOperationException("hunter2")).WithMetadata(new AllowAnonymousCallAttribute("A test."));
        await _app.StartAsync(Cancellation);
        var addresses = _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ToArray();
        _http.BaseAddress = new Uri(addresses[0]);
        _channel = GrpcChannel.ForAddress(addresses[1]);
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await _app.DisposeAsync();
        await _acme.DisposeAsync();
        await _globex.DisposeAsync();
        _http.Dispose();
        _folder.Delete(recursive: true);
    }

    // path, the person's role (- is no token), the gateway's role, status, reason
    [Theory]
    [InlineData("/operators", "relay-operator", "-", 200, "")]
    [InlineData("/operators", "relay-operator", "relay-gateway", 200, "")]
    [InlineData("/operators", "-", "-", 401, "TOKEN_REFUSED")]
    [InlineData("/operators", "relay-auditor", "-", 403, "NOT_PERMITTED")]
    [InlineData("/operators", "none", "-", 403, "NOT_PERMITTED")]
    [InlineData("/operators", "-", "relay-gateway", 403, "NOT_PERMITTED")]
    [InlineData("/operators", "none", "relay-gateway", 403, "NOT_PERMITTED")]
    [InlineData("/operators", "relay-operator", "relay-operator", 401, "GATEWAY_TOKEN_REFUSED")]
    [InlineData("/operators", "relay-operator", "globex", 401, "GATEWAY_TOKEN_REFUSED")]
    [InlineData("/operators", "relay-operator", "garbage", 401, "GATEWAY_TOKEN_REFUSED")]
    [InlineData("/operators", "garbage", "relay-gateway", 401, "TOKEN_REFUSED")]
    [InlineData("/backends", "relay-operator", "relay-gateway", 200, "")]
    [InlineData("/backends", "-", "relay-gateway", 200, "")]
    [InlineData("/backends", "relay-operator", "-", 403, "NOT_PERMITTED")]
    [InlineData("/backends", "relay-gateway", "-", 403, "NOT_PERMITTED")]
    [InlineData("/undeclared", "-", "-", 401, "TOKEN_REFUSED")]
    [InlineData("/undeclared", "relay-admin", "-", 403, "NOT_PERMITTED")]
    [InlineData("/nowhere", "-", "-", 401, "TOKEN_REFUSED")]
    [InlineData("/nowhere", "relay-admin", "-", 403, "NOT_PERMITTED")]
    [InlineData("/both", "-", "-", 401, "TOKEN_REFUSED")]
    [InlineData("/open", "-", "-", 200, "")]
    public async Task Call_ByRole_IsAdmittedAsItDeclares(string path, string person, string gateway, int status, string reason)
    {
        using var response = await GetAsync(path, person, gateway);
        var body = await response.Content.ReadAsStringAsync(Cancellation);

        Assert.Equal((status, reason.Length > 0), ((int)response.StatusCode, body.StartsWith($"{{\"reason\":\"{reason}\",", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Call_WhateverIsWrongWithTheToken_TheAnswerIsTheSame()
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds());
        var claims = _acme.Claims(now);
        claims["exp"] = now.AddHours(-1).ToUnixTimeSeconds();
        string[] headers =
        [
            "", "Bearer", "Bearer x", "Basic YTpi", $"Bearer {_acme.Key.Sign(claims)}", $"Bearer {TestKey.Ec("key-1").Sign(_acme.Claims(now), "ES256")}",
            $"Bearer {_acme.Key.Sign(_acme.Claims(now), kid: "other")}", $"bearer  {_acme.Key.Sign(_acme.Claims(now))}",
        ];

        HashSet<string> answers = [];
        foreach (var header in headers)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/operators");
            if (header.Length > 0)
                request.Headers.TryAddWithoutValidation("Authorization", header);
            using var response = await _http.SendAsync(request, Cancellation);
            answers.Add($"{(int)response.StatusCode} {response.Headers.WwwAuthenticate} {await response.Content.ReadAsStringAsync(Cancellation)}");
        }

        Assert.Equal("401 Bearer {\"reason\":\"TOKEN_REFUSED\",\"message\":\"The call needs a valid token.\",\"details\":{}}", Assert.Single(answers));
    }

    [Fact]
    public async Task Call_RouteThrows_TellsACorrelationAndNoText()
    {
        using var response = await GetAsync("/breaks", "-", "-");
        var body = await response.Content.ReadAsStringAsync(Cancellation);

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Matches("^{\"reason\":\"INTERNAL\",\"message\":\"Internal error.\",\"details\":{\"correlation\":\"[0-9a-f-]{36}\"}}$", body);
    }

    [Theory]
    [InlineData("acme", "relay-operator,dba", "core-db,zeta")]
    [InlineData("acme", "relay-operator,hr", "payroll")]
    [InlineData("acme", "relay-operator", "")]
    [InlineData("acme", "relay-admin", "core-db,payroll,zeta")]
    [InlineData("acme", "relay-auditor", "core-db,payroll,zeta")]
    [InlineData("globex", "relay-auditor", "foreign")]
    [InlineData("globex", "relay-operator,hr", "")]
    public async Task List_ByRoleAndOrganisation_ShowsWhatTheCallerReaches(string organisation, string roles, string names)
    {
        var response = await Client.ListAsync(new ConnectionServiceListRequest(), Headers(organisation, roles), cancellationToken: Cancellation);

        Assert.Equal(names, string.Join(',', response.Connections.Select(connection => connection.Name)));
    }

    [Fact]
    public async Task Get_UnknownForeignOrUnreachable_AnswersAlike()
    {
        HashSet<string> answers = [];
        foreach (var name in new[] { "", "nowhere", "foreign", "payroll" })
        {
            var e = await Assert.ThrowsAsync<RpcException>(async () =>
                await Client.GetAsync(new ConnectionServiceGetRequest { Name = name }, Headers("acme", "relay-operator,dba"), cancellationToken: Cancellation));
            answers.Add($"{e.StatusCode} {e.Status.Detail} {Details(e)}");
        }

        Assert.Equal("PermissionDenied Not permitted. { \"reason\": \"NOT_PERMITTED\", \"domain\": \"relay.openova.io\" }", Assert.Single(answers));
        var found = await Client.GetAsync(new ConnectionServiceGetRequest { Name = "core-db" }, Headers("acme", "relay-operator,dba"), cancellationToken: Cancellation);
        Assert.Equal(("acme", "ssh", true, 30), (found.Connection.Organisation, found.Connection.Protocol, found.Connection.RecordingRequired, found.Connection.RetentionDays));
    }

    [Theory]
    [InlineData("-", StatusCode.Unauthenticated, "TOKEN_REFUSED")]
    [InlineData("relay-reviewer", StatusCode.PermissionDenied, "NOT_PERMITTED")]
    public async Task List_NotAdmitted_IsToldInTrailersWithItsReason(string roles, StatusCode code, string reason)
    {
        var e = await Assert.ThrowsAsync<RpcException>(async () =>
            await Client.ListAsync(new ConnectionServiceListRequest(), roles == "-" ? [] : Headers("acme", roles), cancellationToken: Cancellation));

        Assert.Equal(code, e.StatusCode);
        Assert.Equal(reason, Details(e).Reason);
    }

    [Fact]
    public async Task Rpc_ServiceThrows_TellsACorrelationAndNoText()
    {
        var e = await Assert.ThrowsAsync<RpcException>(async () =>
            await new SessionService.SessionServiceClient(_channel).GetAsync(new SessionServiceGetRequest(), cancellationToken: Cancellation));

        Assert.Equal((StatusCode.Internal, "Internal error."), (e.StatusCode, e.Status.Detail));
        Assert.Equal("INTERNAL", Details(e).Reason);
        Assert.Matches("^[0-9a-f-]{36}$", Details(e).Metadata["correlation"]);
    }

    [Fact]
    public async Task Rpc_ServiceRefuses_TellsReasonAndMetadata()
    {
        var e = await Assert.ThrowsAsync<RpcException>(async () =>
            await new SessionService.SessionServiceClient(_channel).ListAsync(new SessionServiceListRequest(), cancellationToken: Cancellation));

        Assert.Equal((StatusCode.InvalidArgument, "INVALID_ARGUMENT", "page_size"), (e.StatusCode, Details(e).Reason, Details(e).Metadata["field"]));
    }

    private ConnectionService.ConnectionServiceClient Client => new(_channel);

    private static ErrorInfo Details(RpcException e)
    {
        var status = Google.Rpc.Status.Parser.ParseFrom(e.Trailers.Single(entry => entry.Key == ErrorInterceptor.DetailsTrailer).ValueBytes);
        Assert.Equal((int)e.StatusCode, status.Code);
        return status.Details.Single().Unpack<ErrorInfo>();
    }

    private Metadata Headers(string organisation, string roles) => new()
    {
        { "authorization", $"Bearer {Token(organisation == "acme" ? _acme : _globex, roles.Split(','))}" },
    };

    private async Task<HttpResponseMessage> GetAsync(string path, string person, string gateway)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (person != "-")
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", person == "garbage" ? "x.y.z" : Token(_acme, person));
        if (gateway != "-")
        {
            request.Headers.Add(RelayAuthenticationHandler.GatewayHeader, "Bearer " + gateway switch
            {
                "garbage" => "x.y.z",
                "globex" => Token(_globex, "relay-gateway"),
                _ => Token(_acme, gateway),
            });
        }
        return await _http.SendAsync(request, Cancellation);
    }

    private static string Token(TestIssuer issuer, params string[] roles)
    {
        var claims = issuer.Claims(TimeProvider.System.GetUtcNow());
        claims.Remove("resource_access");
        claims["realm_access"] = new System.Text.Json.Nodes.JsonObject { ["roles"] = new System.Text.Json.Nodes.JsonArray([.. roles.Select(role => System.Text.Json.Nodes.JsonValue.Create(role))]) };
        return issuer.Key.Sign(claims);
    }

    private static string Yaml(string name, string role, string organisation) =>
        ConnectionYaml.Of("ssh", "{ host-key: ssh-rsa AAAA }", "", name)
            .Replace("keycloakRoles: [a]", $"keycloakRoles: [{role}]", StringComparison.Ordinal)
            .Replace($"name: {name}", $"name: {name}, labels: {{ catalyst.openova.io/organization: {organisation} }}", StringComparison.Ordinal);

    private sealed class BreakingService : SessionService.SessionServiceBase
    {
        [AllowAnonymousCall("A test.")]
        public override Task<SessionServiceGetResponse> Get(SessionServiceGetRequest request, ServerCallContext context) =>
            throw new InvalidOperationException("hunter2");

        [AllowAnonymousCall("A test.")]
        public override Task<SessionServiceListResponse> List(SessionServiceListRequest request, ServerCallContext context) =>
            throw RelayException.InvalidField("page_size");
    }
}
