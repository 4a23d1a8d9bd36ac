using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration.Identity;

/// <summary>
/// Whoever is of one organisation, with every role there is, finds nothing of another one: each RPC of the running server answers an id of the other's as
/// it answers an id that nobody has.
/// </summary>
[Trait("Kind", "Real")]
[Collection(AuthorizationWorld.Collection)]
public sealed class TenancyTests(AuthorizationWorld world)
{
    private const string Everything = "gloria";

    public static TheoryData<string> Rpcs => [.. AuthorizationMatrix.Rows.Select(row => row.Route).Where(route => route[0] == '/')];

    [Fact]
    public void Rpcs_OfTheRunningServer_AreAllTried() => Assert.Equal(
        world.Relay.Services.GetRequiredService<EndpointDataSource>().Endpoints
            .Select(endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>()?.Method.FullName).OfType<string>().Order(StringComparer.Ordinal),
        Rpcs.Select(row => row.Data).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Rpcs))]
    public async Task Rpc_WithIdsOfAnotherOrganisation_AnswersAsIfThereWereNone(string route)
    {
        var row = AuthorizationMatrix.Of(route);
        foreach (var throughGateway in new[] { false, true })
        {
            var headers = await HeadersAsync(throughGateway);
            var unknown = await AuthorizationCalls.MakeAsync(world.Relay, route, headers, Unknown(row.Concerns));
            foreach (var target in await TargetsAsync(row.Concerns))
                Assert.Equal(unknown, await AuthorizationCalls.MakeAsync(world.Relay, route, headers, target));
        }
    }

    [Theory]
    [MemberData(nameof(Rpcs))]
    public async Task Rpc_GatewayOfOneOrganisationWithAPersonOfAnother_IsRefused(string route)
    {
        var row = AuthorizationMatrix.Of(route);
        var answers = new HashSet<CallAnswer>();
        foreach (var (person, gateway) in new[] { (Everything, "acme"), ("otto", "globex") })
        foreach (var target in (await TargetsAsync(row.Concerns)).Append(Unknown(row.Concerns)))
        {
            var headers = await PersonAsync(person);
            headers.Add("relay-gateway-authorization", $"Bearer {await world.Relay.TokenAsync(gateway, null)}");
            answers.Add(await AuthorizationCalls.MakeAsync(world.Relay, route, headers, target));
        }

        Assert.Equal(CallOutcome.Unauthenticated, Assert.Single(answers).Outcome);
    }

    [Fact]
    public async Task Lists_OfEveryRole_HoldNothingOfAnotherOrganisation()
    {
        var headers = await HeadersAsync(throughGateway: false);
        IMessage[] lists =
        [
            await world.Relay.Sessions.ListAsync(new() { PageSize = 500 }, headers),
            await world.Relay.Connections.ListAsync(new(), headers),
            await AuthorizationCalls.Reports(world.Relay).ListAsync(new(), headers),
        ];
        var lists2 = lists.Select(list => (list, Text: JsonFormatter.Default.Format(list))).ToList();

        foreach (var (list, text) in lists2)
        {
            Assert.True(text.Contains("globex", StringComparison.Ordinal) || Rows(list) > 0, $"{list.Descriptor.Name} is empty, and shows nothing");
            foreach (var foreign in world.SessionOf.Where(entry => entry.Key != "gina").Select(entry => entry.Value).Append(world.ReportOf["acme"]).Append("acme").Append("ssh-db"))
                Assert.DoesNotContain(foreign, text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Ledger_OfEveryRole_IsThatOfHisOrganisation()
    {
        var own = await world.Relay.Ledger.GetCheckpointAsync(new(), await HeadersAsync(throughGateway: false));
        var foreign = await world.Relay.Ledger.GetCheckpointAsync(new(), await world.Relay.AsAsync("anton", throughGateway: false));

        Assert.Contains("globex", Payload(own.ToString()), StringComparison.Ordinal);
        Assert.DoesNotContain("acme", Payload(own.ToString()), StringComparison.Ordinal);
        Assert.Contains("acme", Payload(foreign.ToString()), StringComparison.Ordinal);
    }

    private static int Rows(IMessage list) => list.Descriptor.Fields.InFieldNumberOrder().Where(field => field.IsRepeated)
        .Sum(field => ((System.Collections.IList)field.Accessor.GetValue(list)).Count);

    private static string Unknown(Concerns concerns) => concerns switch
    {
        Concerns.Connection => "ssh-unknown",
        Concerns.Ticket => "no-such-ticket",
        _ => AuthorizationCalls.Unknown,
    };

    private async Task<IReadOnlyList<string>> TargetsAsync(Concerns concerns) => concerns switch
    {
        Concerns.Connection => ["ssh-db"],
        Concerns.Session => [.. world.SessionOf.Where(entry => entry.Key != "gina").Select(entry => entry.Value)],
        Concerns.Report => [world.ReportOf["acme"]],
        Concerns.Ticket => [(await world.Relay.Sessions.OpenAsync(new() { Connection = "ssh-db", Purpose = "a test" }, await world.Relay.AsAsync("otto"))).TunnelTicket],
        _ => [],
    };

    private async Task<Metadata> HeadersAsync(bool throughGateway)
    {
        var headers = await PersonAsync(Everything);
        if (throughGateway) headers.Add("relay-gateway-authorization", $"Bearer {await world.Relay.TokenAsync("globex", null)}");
        return headers;
    }

    private async Task<Metadata> PersonAsync(string person) =>
        IssuerWorld.Bearer(await world.Relay.TokenAsync(person == Everything ? "globex" : "acme", person));

    // The checkpoint is a JWS; its payload names the organisation.
    private static string Payload(string text)
    {
        var decoded = new StringBuilder(text);
        foreach (var part in text.Split('.', '"').Where(part => part.Length > 20 && part.Length % 4 != 1 && part.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')))
            decoded.Append(Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(part)));
        return decoded.ToString();
    }
}
