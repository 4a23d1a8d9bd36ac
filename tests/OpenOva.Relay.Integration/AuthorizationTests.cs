using System.Net;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using OpenOva.Relay.Identity;

namespace OpenOva.Relay.Integration;

/// <summary>Who may do what, asked of the running server route by route and person by person.</summary>
[Trait("Kind", "Real")]
[Collection(AuthorizationWorld.Collection)]
public sealed class AuthorizationTests(AuthorizationWorld world)
{
    public static TheoryData<string> Rpcs => [.. AuthorizationMatrix.Rows.Select(row => row.Route).Where(route => route[0] == '/')];

    [Fact]
    public void Routes_OfTheRunningServer_AreThoseOfTheMatrix()
    {
        var routes = Endpoints().Where(endpoint => !IsUnimplemented(endpoint)).SelectMany(RoutesOf).Order(StringComparer.Ordinal).ToArray();

        Assert.True(
            routes.SequenceEqual(AuthorizationMatrix.Rows.Select(row => row.Route).Order(StringComparer.Ordinal)),
            $"""
            AuthorizationMatrix.Rows must state who may call each route, and nothing else.
            Without a row: {string.Join(", ", routes.Except(AuthorizationMatrix.Rows.Select(row => row.Route)))}
            Without a route: {string.Join(", ", AuthorizationMatrix.Rows.Select(row => row.Route).Except(routes))}
            """);
        Assert.All(Rpcs, row => Assert.True(AuthorizationCalls.Knows(row.Data), $"AuthorizationCalls must make {row.Data}"));
    }

    [Fact]
    public void Routes_OfTheRunningServer_DeclareWhatTheMatrixSays()
    {
        foreach (var endpoint in Endpoints())
        {
            var (allow, anonymous) = (endpoint.Metadata.GetOrderedMetadata<AllowAttribute>(), endpoint.Metadata.GetOrderedMetadata<AllowAnonymousCallAttribute>());
            Assert.True(endpoint.Metadata.GetMetadata<IAllowAnonymous>() is null, $"{endpoint.DisplayName} goes round the declarations");
            if (IsUnimplemented(endpoint))
            {
                Assert.Empty(allow);
                Assert.Empty(anonymous);
                continue;
            }

            foreach (var row in RoutesOf(endpoint).Select(AuthorizationMatrix.Of))
            {
                Assert.True(allow.Count + anonymous.Count == 1, $"{row.Route} must declare once who may call it");
                Assert.Equal(row.Anonymous, anonymous.Count == 1);
                if (row.Anonymous)
                {
                    Assert.NotEmpty(anonymous[0].Because);
                    continue;
                }

                Assert.Equal(row.Any, allow[0].Roles | allow[0].Own);
                Assert.Equal(row.Decides, allow[0].Decides);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Rpcs))]
    public async Task Rpc_CalledByEveryoneOnEverything_AnswersAsTheMatrixSays(string route)
    {
        var row = AuthorizationMatrix.Of(route);
        var wrong = new List<string>();
        var denials = new HashSet<CallAnswer>();
        foreach (var caller in AuthorizationWorld.Callers)
        foreach (var throughGateway in caller.IsPerson ? [false, true] : new[] { false })
        foreach (var (target, owner, organisation) in Targets(row))
        {
            var answer = await AuthorizationCalls.MakeAsync(world.Relay, route, await world.HeadersAsync(caller, throughGateway), target);
            var expected = Expected(row, caller, owner, organisation);
            if (answer.Outcome != expected) wrong.Add($"{caller}{(throughGateway ? " through the gateway" : "")} on {owner}'s {target}: {answer.Outcome}, not {expected}");
            if (answer.Outcome != CallOutcome.Allowed) denials.Add(answer);
        }

        Assert.True(wrong.Count == 0, $"{route}{Environment.NewLine}{string.Join(Environment.NewLine, wrong)}");

        // An object that does not exist, another organisation's and a forbidden one are not told apart; nor is what was wrong with a token.
        Assert.Equal(denials.Select(d => d.Outcome).Distinct().Count(), denials.Count);
        Assert.All(denials, d => Assert.Equal(d.Outcome == CallOutcome.Denied ? StatusCode.PermissionDenied : StatusCode.Unauthenticated, d.Code));
    }

    [Fact]
    public async Task Lists_OfEveryone_HoldWhatHeMaySeeAndNoMore()
    {
        foreach (var caller in AuthorizationWorld.Callers.Where(caller => caller.IsPerson))
        {
            var headers = await world.HeadersAsync(caller, throughGateway: false);
            var sessions = AuthorizationMatrix.Of("/openova.relay.v1.SessionService/List");
            if ((caller.Roles & sessions.Any) != 0)
            {
                var seen = (await world.Relay.Sessions.ListAsync(new() { PageSize = 500 }, headers)).Sessions;
                Assert.All(seen, session => Assert.Equal(caller.Organisation, session.Organisation));
                foreach (var (owner, id) in world.SessionOf)
                    Assert.Equal(Sees(sessions, caller, owner), seen.Any(session => session.SessionId == id));
            }

            if ((caller.Roles & AuthorizationMatrix.Of("/openova.relay.v1.ConnectionService/List").Any) == 0) continue;
            var connections = (await world.Relay.Connections.ListAsync(new(), headers)).Connections.Select(connection => connection.Name);
            var visible = (caller.Roles & AuthorizationMatrix.Of("/openova.relay.v1.ConnectionService/Get").Others) != 0 || caller.IsInAudience;
            Assert.Equal(visible ? caller.Organisation == "acme" ? ["ssh-db", "ssh-jit"] : ["ssh-globex", "ssh-globex-jit"] : [], connections);
        }
    }

    [Theory]
    [InlineData("/healthz", HttpStatusCode.OK)]
    [InlineData("/readyz", HttpStatusCode.OK)]
    [InlineData("/metrics", HttpStatusCode.OK)]
    [InlineData("/realms/acme/.well-known/openid-configuration", HttpStatusCode.OK)]
    [InlineData("/realms/acme/protocol/openid-connect/certs", HttpStatusCode.OK)]
    [InlineData("/nowhere", HttpStatusCode.Unauthorized)]
    [InlineData("/openova.relay.v1.LedgerService/GetCheckpoint", HttpStatusCode.Unauthorized)]
    public async Task Route_WithoutToken_AnswersAsDeclared(string path, HttpStatusCode status)
    {
        using var http = new HttpClient();

        using var answer = await http.GetAsync(new Uri(world.Relay.Web, path), TestContext.Current.CancellationToken);

        Assert.Equal(status, answer.StatusCode);
    }

    [Theory]
    [InlineData("openova.relay.v1.SessionService", "Erase")]
    [InlineData("openova.relay.v1.NoService", "Get")]
    [InlineData("grpc.reflection.v1.ServerReflection", "ServerReflectionInfo")]
    [InlineData("grpc.health.v1.Health", "Check")]
    public async Task Rpc_ThatIsNotThere_IsDeniedAsEverythingElse(string service, string name)
    {
        var method = new Method<byte[], byte[]>(MethodType.Unary, service, name, Marshallers.Create<byte[]>(b => b, b => b), Marshallers.Create<byte[]>(b => b, b => b));
        foreach (var caller in AuthorizationWorld.Callers)
        {
            var headers = await world.HeadersAsync(caller, throughGateway: false);
            var exception = await Assert.ThrowsAsync<RpcException>(
                () => world.Relay.Channel.CreateCallInvoker().AsyncUnaryCall(method, null, new CallOptions(headers), []).ResponseAsync);
            Assert.Equal(caller.HasToken ? CallOutcome.Denied : CallOutcome.Unauthenticated, AuthorizationCalls.Answer(exception).Outcome);
        }
    }

    private IEnumerable<RouteEndpoint> Endpoints() => world.Relay.Services.GetRequiredService<EndpointDataSource>().Endpoints.Cast<RouteEndpoint>();

    // What gRPC answers UNIMPLEMENTED to: no row, no declaration, and so open to nobody.
    private static bool IsUnimplemented(RouteEndpoint endpoint) => endpoint.RoutePattern.RawText!.Contains("{unimplementedMethod", StringComparison.Ordinal);

    private static IEnumerable<string> RoutesOf(RouteEndpoint endpoint)
    {
        if (endpoint.Metadata.GetMetadata<GrpcMethodMetadata>() is { } grpc) return [grpc.Method.FullName];
        var pattern = "/" + endpoint.RoutePattern.RawText!.TrimStart('/');
        return endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods.Select(verb => $"{verb} {pattern}") ?? [$"ANY {pattern}"];
    }

    private IEnumerable<(string Target, string Owner, string Organisation)> Targets(AuthorizationRow row) => row.Concerns switch
    {
        Concerns.Connection => [("ssh-db", "the audience", "acme"), ("ssh-globex", "the audience", "globex"), ("ssh-unknown", "no one", "")],
        Concerns.Session => [.. world.SessionOf.Select(entry => (entry.Value, entry.Key, OrganisationOf(entry.Key))), (AuthorizationCalls.Unknown, "no one", ""), ("'no id\0", "no one", "")],
        Concerns.Request => [.. world.RequestOf.Select(entry => (entry.Value, entry.Key, OrganisationOf(entry.Key))), (AuthorizationCalls.Unknown, "no one", ""), ("'no id\0", "no one", "")],
        Concerns.Emergency =>
            [.. world.EmergencyOf.Select(entry => (entry.Value, entry.Key, OrganisationOf(entry.Key))), (AuthorizationCalls.Unknown, "no one", ""), ("'no id\0", "no one", "")],
        Concerns.Report => [.. world.ReportOf.Select(entry => (entry.Value, "the organisation", entry.Key)), (AuthorizationCalls.Unknown, "no one", ""), ("'no id\0", "no one", "")],
        _ => [("none", "the organisation", "")],
    };

    private static CallOutcome Expected(AuthorizationRow row, MatrixCaller caller, string owner, string organisation)
    {
        if (!caller.HasToken || (row.NeedsPerson && !caller.IsPerson)) return CallOutcome.Unauthenticated;
        if (row.Concerns is Concerns.Organisation or Concerns.Ticket) return (caller.Roles & row.Any) != 0 ? CallOutcome.Allowed : CallOutcome.Denied;
        if (row.Concerns is Concerns.Report) return caller.Organisation == organisation && (caller.Roles & row.Any) != 0 ? CallOutcome.Allowed : CallOutcome.Denied;
        return caller.Organisation == organisation && Sees(row, caller, owner) ? CallOutcome.Allowed : CallOutcome.Denied;
    }

    private static bool Sees(AuthorizationRow row, MatrixCaller caller, string owner)
    {
        var isOwn = owner == "the audience" ? caller.IsInAudience : owner == caller.Name;
        return (owner == "the audience" || OrganisationOf(owner) == caller.Organisation) && (caller.Roles & (isOwn ? row.Own : row.Others)) != 0;
    }

    private static string OrganisationOf(string owner) => AuthorizationWorld.Callers.SingleOrDefault(caller => caller.Name == owner)?.Organisation ?? "";
}
