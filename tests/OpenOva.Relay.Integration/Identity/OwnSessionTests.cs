using System.Text.Json.Nodes;
using Grpc.Core;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Tests.Identity;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration.Identity;

/// <summary>Nobody reads the recording of his own session, by whichever of his accounts.</summary>
[Trait("Kind", "Real")]
public sealed class OwnSessionTests
{
    private const string Number = "4711-EMPLOYEE";

    [Fact]
    public async Task Recording_ReadByAnotherAccountOfThePerson_IsDeniedAsAForeignOne()
    {
        await using var reviewers = await TestIssuer.StartAsync();
        await using var world = await IssuerWorld.StartAsync((values, issuer) =>
        {
            values["Relay:Identity:Issuers:2:PersonClaim"] = "employee_number";
            values["Relay:Identity:Issuers:3:Issuer"] = reviewers.Issuer;
            values["Relay:Identity:Issuers:3:Organisation"] = "acme";
            values["Relay:Identity:Issuers:3:Audience"] = "relay";
            values["Relay:Identity:Issuers:3:PersonClaim"] = "staff_id";
            values["Relay:Identity:AccountPersons:0:Issuer"] = reviewers.Issuer;
            values["Relay:Identity:AccountPersons:0:Subject"] = "break-glass-3";
            values["Relay:Identity:AccountPersons:0:Person"] = Number;
        });
        var session = await RecordAsync(world, world.Token("adm-ada", "sid-1", claims => claims["employee_number"] = Number));
        Metadata Reviewer(string subject, string? number, TestIssuer issuer) => IssuerWorld.Bearer(world.Token(subject, "sid", claims =>
        {
            claims["realm_access"] = new JsonObject { ["roles"] = new JsonArray("relay-reviewer", "relay-auditor") };
            if (number is not null) claims[issuer == reviewers ? "staff_id" : "employee_number"] = new JsonArray(number);
        }, issuer));

        // The same account, another account of the realm, an account of another realm, and one that configuration knows.
        Metadata[] own =
        [
            Reviewer("adm-ada", null, world.Issuer), Reviewer("ada", Number, world.Issuer), Reviewer("ada", Number, reviewers), Reviewer("break-glass-3", null, reviewers),
        ];
        var unknown = await AnswerAsync(world, Reviewer("rita", "9000", reviewers), AuthorizationCalls.Unknown);
        foreach (var headers in own)
        foreach (var call in new[] { "Get", "Stream", "Verify" })
            Assert.Equal(unknown, await AuthorizationCalls.MakeAsync(world.Relay, $"openova.relay.v1.RecordingService/{call}", headers, session));
        Assert.Equal(CallOutcome.Denied, unknown.Outcome);

        // His token says no more who he is; it was seen once.
        Assert.Equal(unknown, await AnswerAsync(world, Reviewer("ada", null, reviewers), session));

        // Others of the organisation read it, also one whose account has the same name elsewhere.
        Assert.Equal(CallOutcome.Allowed, (await AnswerAsync(world, Reviewer("rita", "9000", reviewers), session)).Outcome);
        Assert.Equal(CallOutcome.Allowed, (await AnswerAsync(world, Reviewer("adm-ada", null, reviewers), session)).Outcome);

        var mapped = await ContractLeaves.WaitAsync(world.Relay, "acme", LedgerEventTypes.AccountMapped, 4);
        Assert.All(mapped, leaf => Assert.DoesNotContain("4711", leaf.Data.Element.GetRawText(), StringComparison.Ordinal));
        var ofOnePerson = mapped.GroupBy(leaf => leaf.Data.String("person")).Single(person => person.Count() > 1);
        Assert.Equal(
            [$"{reviewers.Issuer} ada claim", $"{reviewers.Issuer} break-glass-3 configuration", $"{world.Issuer.Issuer} ada claim", $"{world.Issuer.Issuer} adm-ada claim"],
            ofOnePerson.Select(leaf => $"{leaf.Data.Object("subject").String("issuer")} {leaf.Data.Object("subject").String("sub")} {leaf.Data.String("basis")}")
                .OrderBy(line => line.StartsWith(world.Issuer.Issuer, StringComparison.Ordinal)).ThenBy(line => line, StringComparer.Ordinal));
    }

    [Fact]
    public async Task Recording_AccountsWithoutAPersonClaim_AreEachTheirOwnPerson()
    {
        await using var world = await IssuerWorld.StartAsync();
        var session = await RecordAsync(world, world.Token("ada", "sid-1", claims => claims["employee_number"] = Number));

        var answer = await AnswerAsync(world, IssuerWorld.Bearer(world.Token("rita", "sid", claims =>
        {
            claims["employee_number"] = Number;
            claims["realm_access"] = new JsonObject { ["roles"] = new JsonArray("relay-reviewer") };
        })), session);

        Assert.Equal(CallOutcome.Allowed, answer.Outcome);
        Assert.Empty(await ContractLeaves.OfTypeAsync(world.Relay, "acme", LedgerEventTypes.AccountMapped));
    }

    private static Task<CallAnswer> AnswerAsync(IssuerWorld world, Metadata headers, string session) =>
        AuthorizationCalls.MakeAsync(world.Relay, "openova.relay.v1.RecordingService/Get", headers, session);

    private static async Task<string> RecordAsync(IssuerWorld world, string token)
    {
        await using var tunnel = await world.ConnectAsync(token);
        await tunnel.LeaveAsync();
        await tunnel.Finished;
        await world.Relay.WaitForAsync(tunnel.Session, SessionState.Verified);
        return tunnel.Session;
    }
}
