using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using OpenOva.Relay.Evidence.Ledger;
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
            HoldsNothingForeign(text);
        }
    }

    [Fact]
    public async Task Requests_AndReviewsOfEveryRole_AreThoseOfHisOrganisation()
    {
        var headers = await HeadersAsync(throughGateway: false);
        var own = await RequestAsync("gina", "ssh-globex-jit");
        var requests = (await world.Relay.Access.ListAsync(new() { PageSize = 500 }, headers)).ToString();
        var reviews = (await world.Relay.Access.ListReviewsAsync(new() { PageSize = 500 }, headers)).ToString();

        Assert.Contains(own, requests, StringComparison.Ordinal);
        HoldsNothingForeign(requests);
        HoldsNothingForeign(reviews);
        // They are there, for those whose they are.
        var seen = (await world.Relay.Access.ListAsync(new() { PageSize = 500 }, await world.Relay.AsAsync("anton", throughGateway: false))).ToString();
        var owed = (await world.Relay.Access.ListReviewsAsync(new() { PageSize = 500 }, await world.Relay.AsAsync("sofia", throughGateway: false))).ToString();
        Assert.All(world.RequestOf.Values, request => Assert.Contains(request, seen, StringComparison.Ordinal));
        Assert.All(world.EmergencyOf.Values, session => Assert.Contains(session, owed, StringComparison.Ordinal));
        Assert.DoesNotContain(own, seen, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Watches_OfEveryRole_TellNothingOfAnotherOrganisation()
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        var headers = await HeadersAsync(throughGateway: false);
        using var requests = world.Relay.Access.Watch(new(), headers, cancellationToken: patience.Token);
        using var sessions = world.Relay.Sessions.Watch(new(), headers, cancellationToken: patience.Token);
        var foreignSession = (await world.Relay.Sessions.OpenAsync(new() { Connection = "ssh-db", Purpose = "a test" }, await world.Relay.AsAsync("otto"))).SessionId;
        var foreignRequest = await RequestAsync("otto", "ssh-jit");
        var ownSession = (await world.Relay.Sessions.OpenAsync(new() { Connection = "ssh-globex", Purpose = "a test" }, await HeadersAsync(throughGateway: true))).SessionId;
        var ownRequest = await RequestAsync("gina", "ssh-globex-jit");

        // The other's came first: whoever is told of his own later was not told of them.
        await UntilToldAsync(() => requests.ResponseStream.MoveNext(patience.Token), () => requests.ResponseStream.Current, ownRequest, foreignRequest);
        await UntilToldAsync(() => sessions.ResponseStream.MoveNext(patience.Token), () => sessions.ResponseStream.Current, ownSession, foreignSession);
    }

    [Fact]
    public async Task Leaves_TailedAndProved_AreThoseOfHisOrganisation()
    {
        var headers = await HeadersAsync(throughGateway: false);
        var head = await world.Relay.Ledger.GetCheckpointAsync(new(), headers);
        var foreign = await world.Relay.Ledger.GetCheckpointAsync(new(), await world.Relay.AsAsync("anton", throughGateway: false));
        using var tail = world.Relay.Ledger.Tail(new(), headers);
        for (var sequence = 0L; sequence < head.TreeSize; sequence++)
        {
            Assert.True(await tail.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
            var leaf = tail.ResponseStream.Current.Leaf;
            HoldsNothingForeign(WithoutWhatWasGuessed(leaf.ToStringUtf8()));
            var proof = await world.Relay.Ledger.GetInclusionProofAsync(new() { LeafIndex = sequence, TreeSize = head.TreeSize }, headers);
            Assert.Equal(leaf, proof.Leaf);
            Assert.True(MerkleProof.VerifyInclusion(
                sequence, head.TreeSize, MerkleHash.Leaf(leaf.Span), [.. proof.Path.Select(hash => hash.ToByteArray())], head.RootHash.Span));
        }

        Assert.True(head.TreeSize > 3 && foreign.TreeSize > 3);
        var consistency = await world.Relay.Ledger.GetConsistencyProofAsync(new() { FirstSize = head.TreeSize, SecondSize = head.TreeSize }, headers);
        IReadOnlyList<byte[]> path = [.. consistency.Path.Select(hash => hash.ToByteArray())];
        Assert.True(MerkleProof.VerifyConsistency(head.TreeSize, head.TreeSize, head.RootHash.Span, head.RootHash.Span, path));
        Assert.NotEqual(head.RootHash, foreign.RootHash);
    }

    private static async Task UntilToldAsync(Func<Task<bool>> next, Func<IMessage> told, string own, string foreign)
    {
        while (true)
        {
            Assert.True(await next());
            var text = told().ToString()!;
            Assert.DoesNotContain(foreign, text, StringComparison.Ordinal);
            Assert.DoesNotContain("acme", text, StringComparison.Ordinal);
            if (text.Contains(own, StringComparison.Ordinal)) return;
        }
    }

    private async Task<string> RequestAsync(string person, string connection)
    {
        var until = DateTimeOffset.UtcNow.AddMinutes(30).ToUnixTimeMilliseconds() * 1_000;
        var asked = await world.Relay.Access.RequestAsync(
            new() { Connection = connection, Reason = "a test", UntilUs = until }, await world.Relay.AsAsync(person, throughGateway: false));
        return asked.Request.RequestId;
    }

    // Other tests here ask for the other organisation's connections by name. That a person said a name is his own doing; of what stands behind it nothing may be known.
    private static string WithoutWhatWasGuessed(string leaf) => new[] { "ssh-db", "ssh-jit" }.Aggregate(
        leaf, (text, name) => text.Replace($$"""{"digest":null,"name":"{{name}}","protocol":null}""", "", StringComparison.Ordinal));

    private void HoldsNothingForeign(string text)
    {
        var foreign = world.SessionOf.Where(entry => entry.Key != "gina").Select(entry => entry.Value)
            .Concat(world.RequestOf.Values).Concat(world.EmergencyOf.Values).Append(world.ReportOf["acme"]).Append("acme").Append("ssh-db").Append("ssh-jit");
        foreach (var other in foreign) Assert.DoesNotContain(other, text, StringComparison.Ordinal);
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
        Concerns.Request => [.. world.RequestOf.Values],
        Concerns.Emergency => [.. world.EmergencyOf.Values],
        Concerns.Ticket => [(await world.Relay.Sessions.OpenAsync(new() { Connection = "ssh-db", Purpose = "a test" }, await world.Relay.AsAsync("otto"))).TunnelTicket],
        // These name no object: what they hand out is looked through below.
        Concerns.Organisation => [],
        _ => throw new InvalidOperationException($"{concerns}: nothing to try another organisation's with"),
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
