using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text;
using OpenOva.Relay.Access;
using OpenOva.Relay.Connections;
using OpenOva.Relay.Evidence.Json;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Identity.Recheck;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Tests.Access;

[Trait("Kind", "Fast")]
public sealed class AccessPolicyTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 29, 1, 30, 0, TimeSpan.Zero);
    private static readonly Guid Decision = Guid.CreateVersion7(Now);
    private static readonly Relay.Connections.Connection CoreDb = new()
    {
        Organisation = "acme",
        Name = "core-db",
        Protocol = "ssh",
        Hostname = "db.core",
        Port = 22,
        AudienceRoles = ["dba", "sre"],
        Recording = new RecordingTerms(true, "guacamole-recordings", 400),
        Parameters = ImmutableSortedDictionary<string, string>.Empty,
        Secrets = ImmutableSortedDictionary<string, SecretLocation>.Empty,
        TargetIdentity = TargetIdentity.Unverified,
        Digest = new string('a', 64),
        File = "core.yaml",
    };

    private static readonly Caller Ada = new()
    {
        Organisation = "acme",
        Issuer = "https://sso.example/realms/acme",
        Subject = "f3c9a1",
        Roles = CallerRoles.Operator,
        TokenRoles = new[] { "dba", "payroll", "relay-operator" }.ToFrozenSet(),
        Acr = "1",
        AuthenticatedAt = Now.AddMinutes(-1),
        Expires = Now.AddMinutes(5),
        Profile = new CallerProfile("Ada Lovelace", "ada", "ada@acme.example"),
    };

    private static readonly Caller Gateway = Ada with { Subject = "gw", Roles = CallerRoles.Gateway, ClientId = "guacamole-gateway" };
    private static readonly AccessRequest Good = new(Decision, Ada, Gateway, "acme", "core-db", CoreDb, false, Now);

    // One thing differs from a request that is admitted.
    private static readonly Dictionary<string, (AccessRequest Request, string Reason)> Rows = new()
    {
        ["all in order"] = (Good, "admitted"),
        ["without a gateway"] = (Good with { Gateway = null }, "admitted"),
        ["the other audience role"] = (Good with { Caller = Ada with { TokenRoles = Set("sre") } }, "admitted"),
        ["another organisation asked for"] = (Good with { Organisation = "globex" }, "organisation-mismatch"),
        ["organisation in capitals"] = (Good with { Organisation = "ACME" }, "organisation-mismatch"),
        ["person of another organisation"] = (Good with { Caller = Ada with { Organisation = "globex" } }, "organisation-mismatch"),
        ["connection of another organisation"] = (Good with { Connection = CoreDb with { Organisation = "globex" } }, "organisation-mismatch"),
        ["gateway of another organisation"] = (Good with { Gateway = Gateway with { Organisation = "globex" } }, "organisation-mismatch"),
        ["no relay role"] = (Good with { Caller = Ada with { Roles = CallerRoles.None } }, "operator-role-missing"),
        ["every role but operator"] = (Good with { Caller = Ada with { Roles = (CallerRoles)0xFF & ~CallerRoles.Operator } }, "operator-role-missing"),
        ["operator's name as a token role alone"] =
            (Good with { Caller = Ada with { Roles = CallerRoles.None, TokenRoles = Set("relay-operator", "dba") } }, "operator-role-missing"),
        ["unknown connection"] = (Good with { ConnectionName = "nowhere", Connection = null }, "connection-unknown"),
        ["declared, never good"] = (Good with { Connection = null, IsDeclaredInvalid = true }, "connection-invalid"),
        ["no audience role"] = (Good with { Caller = Ada with { TokenRoles = Set("payroll", "relay-operator") } }, "audience-role-missing"),
        ["no role at all"] = (Good with { Caller = Ada with { TokenRoles = Set() } }, "audience-role-missing"),
        ["audience role in capitals"] = (Good with { Caller = Ada with { TokenRoles = Set("DBA") } }, "audience-role-missing"),
        ["audience role as a prefix"] = (Good with { Caller = Ada with { TokenRoles = Set("dba-junior") } }, "audience-role-missing"),
        ["approvers named"] = (Good with { Connection = CoreDb with { Jit = new JitTerms(["security"], 60) } }, "approval-missing"),
        ["account active on a re-check"] = (Again(AccountState.Active), "admitted"),
        ["account disabled"] = (Again(AccountState.Disabled), "account-disabled"),
        ["account gone"] = (Again(AccountState.Gone), "account-gone"),
        ["issuer silent for too long"] = (Again(AccountState.Unanswered), "account-unanswered"),
        ["demoted"] = (Again(AccountState.Active) with { Caller = Ada with { TokenRoles = Set("payroll") } }, "audience-role-missing"),
        ["audience empty"] = (Good with { Connection = CoreDb with { AudienceRoles = [] } }, "audience-role-missing"),
    };

    private static AccessRequest Again(AccountState account) => Good with { Account = account, RecheckOf = "0198c0de-0000-7000-8000-000000000001" };

    public static TheoryData<string> Cases => [.. Rows.Keys];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Decide_OneThingDiffers_TheRuleForItDecides(string what)
    {
        var (request, reason) = Rows[what];

        var decision = AccessPolicy.Decide(request);

        Assert.Equal((reason, reason == "admitted"), (decision.Reason.Name(), decision.Allowed));
        if (decision.Allowed)
            decision.ThrowIfDenied();
        else
            Assert.Equal(ErrorReason.NotPermitted, Assert.Throws<RelayException>(decision.ThrowIfDenied).Reason);
    }

    [Fact]
    public void Decide_EveryReason_IsReachedByARow() =>
        Assert.Equal(Enum.GetValues<AccessReason>().Select(reason => reason.Name()).Order(), Rows.Values.Select(row => row.Reason).Distinct().Order());

    [Fact]
    public void ThrowIfDenied_WhateverTheReason_AnswersAlike()
    {
        var answers = Rows.Values.Where(row => row.Reason != "admitted")
            .Select(row => Assert.Throws<RelayException>(AccessPolicy.Decide(row.Request).ThrowIfDenied))
            .Select(e => (e.Reason, e.Message, string.Join(',', e.Details)))
            .Distinct();

        Assert.Single(answers);
    }

    [Fact]
    public void ToLedgerData_OfARecheck_SaysSoAndWhatTheIssuerSaid()
    {
        var data = AccessPolicy.Decide(Again(AccountState.Disabled)).ToLedgerData();

        Assert.Equal("0198c0de-0000-7000-8000-000000000001", data["recheck_of"]!.GetValue<string>());
        Assert.Equal("disabled", data["inputs"]!["account"]!.GetValue<string>());
        Assert.False(data["allowed"]!.GetValue<bool>());
        Assert.False(AccessPolicy.Decide(Good).ToLedgerData().ContainsKey("recheck_of"));
    }

    [Fact]
    public void ToLedgerData_HoldsWhatTheRulesReadAndNoMore()
    {
        var data = Encoding.UTF8.GetString(CanonicalJson.Encode(AccessPolicy.Decide(Good).ToLedgerData()));

        Assert.Equal(
            $$$"""
            {"allowed":true,"connection":{"digest":"{{{CoreDb.Digest}}}","name":"core-db","protocol":"ssh"},"decision":"{{{Decision}}}",
            "inputs":{"acr":"1","audience_roles":["dba","sre"],"auth_time_us":1774747740000000,"gateway_client":"guacamole-gateway",
            "matched_roles":["dba"],"organisation":"acme","relay_operator":true,"time_us":1774747800000000},"reason":"admitted",
            "subject":{"issuer":"https://sso.example/realms/acme","sub":"f3c9a1"}}
            """.ReplaceLineEndings(""),
            data);
    }

    [Fact]
    public void ToLedgerData_ConnectionOfAnotherOrganisation_TellsNothingOfIt()
    {
        var data = Encoding.UTF8.GetString(CanonicalJson.Encode(AccessPolicy.Decide(Rows["connection of another organisation"].Request).ToLedgerData()));

        Assert.Contains("\"connection\":{\"digest\":null,\"name\":\"core-db\",\"protocol\":null}", data, StringComparison.Ordinal);
        Assert.Contains("\"audience_roles\":[],", data, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("core db\n{\"allowed\":true}")]
    [InlineData("\ud800")]
    public void ToLedgerData_NameThatIsNone_IsNotCopied(string name)
    {
        var data = Encoding.UTF8.GetString(CanonicalJson.Encode(AccessPolicy.Decide(Good with { ConnectionName = name, Connection = null }).ToLedgerData()));

        Assert.Contains("\"name\":\"(not a name)\"", data, StringComparison.Ordinal);
    }

    [Fact]
    public void Reaches_AgreesWithDecide()
    {
        foreach (var (_, (request, reason)) in Rows.Where(row => row.Value.Request.Connection is not null && row.Value.Request.Organisation == "acme" && row.Value.Request.Gateway == Gateway && row.Value.Request.Account == AccountState.Active))
            Assert.Equal(reason is "admitted" or "approval-missing", AccessPolicy.Reaches(request.Caller, request.Connection!));
    }

    private static FrozenSet<string> Set(params string[] roles) => roles.ToFrozenSet();
}
