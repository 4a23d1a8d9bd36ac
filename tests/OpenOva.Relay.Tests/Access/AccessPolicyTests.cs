using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Net;
using System.Text;
using OpenOva.Relay.Access;
using OpenOva.Relay.Connections;
using OpenOva.Relay.Connections.Policies;
using OpenOva.Relay.Database;
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
    private static readonly PolicyRule.ChangeWindow Window = new([new RecurringWindow("0 1 * * *", 60, "UTC")]);
    private static readonly PolicyRule.MfaRequired Mfa = new("2026-1", ["gold"], ["mfa"], Factors, 30);
    private static readonly PolicyRule.ApprovalRequired TwoSecurity = new(2, ["security"]);
    private static readonly PolicyRule.ApprovalRequired OneLead = new(1, ["team-lead"]);
    private static readonly PolicyRule.BreakGlass Emergency = new(["firecall"], 60);
    private static readonly AccessQuestion Good = new(Decision, Ada, Gateway, "acme", "core-db", CoreDb, false, Now) { Source = IPAddress.Parse("10.1.2.3") };
    private static readonly AccessQuestion Emergencies = Under(Emergency) with { Caller = Ada with { TokenRoles = Set("firecall") }, BreakGlass = true, IsReasoned = true };
    private static readonly Relay.Connections.Connection Approved = CoreDb with { Jit = new JitTerms(["security"], 60) };

    private static ImmutableSortedDictionary<string, ImmutableArray<string>> Factors => ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty
        .Add("have", ["otp", "hwk"]).Add("know", ["pwd"]);

    // One thing differs from a question that is answered with yes.
    private static readonly Dictionary<string, (AccessQuestion Question, string Reason)> Rows = new()
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
        ["audience empty"] = (Good with { Connection = CoreDb with { AudienceRoles = [] } }, "audience-role-missing"),
        ["account active on a re-check"] = (Again(AccountState.Active), "admitted"),
        ["account disabled"] = (Again(AccountState.Disabled), "account-disabled"),
        ["account gone"] = (Again(AccountState.Gone), "account-gone"),
        ["issuer silent for too long"] = (Again(AccountState.Unanswered), "account-unanswered"),
        ["demoted"] = (Again(AccountState.Active) with { Caller = Ada with { TokenRoles = Set("payroll") } }, "audience-role-missing"),
        ["a policy that cannot be read"] = (Good with { ArePoliciesInvalid = true }, "policy-invalid"),
        ["a policy that cannot be read, on a re-check"] = (Again(AccountState.Active) with { ArePoliciesInvalid = true }, "admitted"),

        ["approvers named"] = (Good with { Connection = Approved }, "approval-missing"),
        ["approved"] = (Good with { Connection = Approved, Grants = [Grant(-10, 10, 1)] }, "admitted"),
        ["approved from now"] = (Good with { Connection = Approved, Grants = [Grant(0, 10, 1)] }, "admitted"),
        ["approved from the next microsecond"] = (Good with { Connection = Approved, Grants = [Grant(0, 10, 1) with { FromUs = NowUs + 1 }] }, "approval-missing"),
        ["approved until now"] = (Good with { Connection = Approved, Grants = [Grant(-10, 0, 1)] }, "approval-missing"),
        ["two must approve, one has"] = (Under(new PolicyRule.ApprovalRequired(2, [])) with { Grants = [Grant(-10, 10, 1)] }, "approval-missing"),
        ["two must approve, two have"] = (Under(new PolicyRule.ApprovalRequired(2, [])) with { Grants = [Grant(-10, 10, 2)] }, "admitted"),
        ["two grants of one approval each"] = (Under(new PolicyRule.ApprovalRequired(2, [])) with { Grants = [Grant(-10, 10, 1), Grant(-5, 5, 1)] }, "approval-missing"),
        ["approved by another role than the connection names"] = (Good with { Connection = Approved, Grants = [Grant(-10, 10, ["team-lead"])] }, "approval-missing"),
        ["each policy's roles must have approved, two of the wrong"] = (Under(TwoSecurity, OneLead) with { Grants = [Grant(-10, 10, ["team-lead"], ["team-lead"])] }, "approval-missing"),
        ["each policy's roles must have approved, one of both"] = (Under(TwoSecurity, OneLead) with { Grants = [Grant(-10, 10, ["security", "team-lead"], ["security"])] }, "admitted"),
        ["a rule without roles counts every approver"] = (Under(new PolicyRule.ApprovalRequired(2, []), OneLead) with { Grants = [Grant(-10, 10, ["team-lead"], ["team-lead"])] }, "admitted"),
        ["a rule without roles, and an approver without any"] = (Under(new PolicyRule.ApprovalRequired(2, []), OneLead) with { Grants = [Grant(-10, 10, ["team-lead"], [])] }, "approval-missing"),
        ["nobody names roles"] = (Under(new PolicyRule.ApprovalRequired(1, [])) with { Grants = [Grant(-10, 10, [[]])] }, "admitted"),
        ["the stricter of two policies counts"] =
            (Under(new PolicyRule.ApprovalRequired(1, []), new PolicyRule.ApprovalRequired(2, [])) with { Grants = [Grant(-10, 10, 1)] }, "approval-missing"),

        ["recording required and on"] = (Under(new PolicyRule.RecordingRequired()), "admitted"),
        ["recording required and off"] = (Under(new PolicyRule.RecordingRequired()) with { Connection = Unrecorded }, "recording-missing"),
        ["recording off"] = (Good with { Connection = Unrecorded }, "admitted"),

        ["within the window"] = (Under(Window), "admitted"),
        ["as the window opens"] = (Under(Window) with { Now = At(1, 0) }, "admitted"),
        ["a microsecond before it opens"] = (Under(Window) with { Now = At(1, 0).AddMicroseconds(-1) }, "outside-change-window"),
        ["a microsecond before it closes"] = (Under(Window) with { Now = At(2, 0).AddMicroseconds(-1) }, "admitted"),
        ["as the window closes"] = (Under(Window) with { Now = At(2, 0) }, "outside-change-window"),
        ["in one of two windows"] = (Under(new PolicyRule.ChangeWindow([new("0 5 * * *", 60, "UTC"), new("0 1 * * *", 60, "UTC")])), "admitted"),
        ["in one of two policies' windows"] = (Under(Window, new PolicyRule.ChangeWindow([new("0 5 * * *", 60, "UTC")])), "outside-change-window"),
        ["outside the window, on a re-check"] = (Recheck(Window) with { Now = At(3, 0) }, "admitted"),

        ["neither acr nor amr"] = (Under(Mfa) with { Caller = Ada with { Acr = null } }, "mfa-unproven"),
        ["acr of one factor"] = (Under(Mfa), "mfa-missing"),
        ["acr of several factors"] = (Under(Mfa) with { Caller = Ada with { Acr = "gold" } }, "admitted"),
        ["amr mfa"] = (Under(Mfa) with { Caller = Ada with { Amr = ["pwd", "mfa"] } }, "admitted"),
        ["two methods of one class"] = (Under(Mfa) with { Caller = Ada with { Amr = ["otp", "hwk"] } }, "mfa-missing"),
        ["methods of two classes"] = (Under(Mfa) with { Caller = Ada with { Amr = ["otp", "pwd"] } }, "admitted"),
        ["signed in as long ago as may be"] = (Under(Mfa) with { Caller = Ada with { Acr = "gold", AuthenticatedAt = Now.AddMinutes(-30) } }, "admitted"),
        ["signed in longer ago"] = (Under(Mfa) with { Caller = Ada with { Acr = "gold", AuthenticatedAt = Now.AddMinutes(-30).AddMicroseconds(-1) } }, "sign-in-stale"),
        ["when, is not said"] = (Under(Mfa) with { Caller = Ada with { Acr = "gold", AuthenticatedAt = null } }, "mfa-unproven"),
        ["when, is not asked"] = (Under(Mfa with { MaxAgeMinutes = null }) with { Caller = Ada with { Acr = "gold", AuthenticatedAt = null } }, "admitted"),

        ["in the network"] = (Under(new PolicyRule.SourceNetworks(["192.168.0.0/16", "10.0.0.0/8"])), "admitted"),
        ["in the network, mapped"] = (Under(new PolicyRule.SourceNetworks(["10.0.0.0/8"])) with { Source = IPAddress.Parse("::ffff:10.9.9.9") }, "admitted"),
        ["in another network"] = (Under(new PolicyRule.SourceNetworks(["10.2.0.0/16"])), "source-not-allowed"),
        ["nobody says where"] = (Under(new PolicyRule.SourceNetworks(["0.0.0.0/0", "::/0"])) with { Source = null }, "source-not-allowed"),
        ["in one of two policies' networks"] = (Under(new PolicyRule.SourceNetworks(["10.0.0.0/8"]), new PolicyRule.SourceNetworks(["172.16.0.0/12"])), "source-not-allowed"),

        ["a conflicting duty"] = (Under(new PolicyRule.SeparationOfDuties(["developer", "payroll"])), "duty-conflict"),
        ["another duty"] = (Under(new PolicyRule.SeparationOfDuties(["developer"])), "admitted"),
        ["a conflicting duty, on a re-check"] = (Recheck(new PolicyRule.SeparationOfDuties(["payroll"])), "duty-conflict"),

        ["one session fewer than allowed"] = (Under(new PolicyRule.SessionLimit(2, 3)) with { Sessions = new(1, 2) }, "admitted"),
        ["as many of the person as allowed"] = (Under(new PolicyRule.SessionLimit(2, null)) with { Sessions = new(2, 2) }, "person-session-limit"),
        ["as many on the connection as allowed"] = (Under(new PolicyRule.SessionLimit(null, 3)) with { Sessions = new(0, 3) }, "connection-session-limit"),
        ["nobody has counted"] = (Under(new PolicyRule.SessionLimit(2, null)), "person-session-limit"),

        ["emergency"] = (Emergencies, "admitted"),
        ["emergency outside the window"] = (Emergencies with { Policies = Policies(Emergency, Window), Now = At(3, 0) }, "admitted"),
        ["emergency without approval"] = (Emergencies with { Connection = Approved }, "admitted"),
        ["emergency on what is not recorded"] = (Emergencies with { Connection = Unrecorded, Policies = Policies(Emergency, new PolicyRule.RecordingRequired()) }, "admitted"),
        ["emergency without a reason"] = (Emergencies with { IsReasoned = false }, "break-glass-unreasoned"),
        ["emergency without its role"] = (Emergencies with { Caller = Ada }, "break-glass-not-allowed"),
        ["emergency where no policy allows it"] = (Emergencies with { Policies = [] }, "break-glass-not-allowed"),
        ["emergency that one of two policies allows him"] = (Emergencies with { Policies = Policies(Emergency, new PolicyRule.BreakGlass(["chief"], 60)) }, "break-glass-not-allowed"),
        ["emergency with one factor"] = (Emergencies with { Policies = Policies(Emergency, Mfa) }, "mfa-missing"),
        ["emergency with a conflicting duty"] = (Emergencies with { Policies = Policies(Emergency, new PolicyRule.SeparationOfDuties(["firecall"])) }, "duty-conflict"),
        ["emergency role without an emergency"] = (Emergencies with { BreakGlass = false }, "audience-role-missing"),
    };

    private static long NowUs => Now.ToUnixMicroseconds();

    private static Relay.Connections.Connection Unrecorded => CoreDb with { Recording = CoreDb.Recording with { Required = false } };

    private static AccessQuestion Again(AccountState account) => Good with { Account = account, RecheckOf = "0198c0de-0000-7000-8000-000000000001" };

    private static AccessQuestion Under(params PolicyRule[] rules) => Good with { Policies = Policies(rules) };

    private static AccessQuestion Recheck(params PolicyRule[] rules) => Again(AccountState.Active) with { Policies = Policies(rules) };

    // A policy for each rule.
    private static IReadOnlyList<EnvironmentPolicy> Policies(params PolicyRule[] rules) =>
    [
        .. rules.Select((rule, i) => new EnvironmentPolicy
        {
            Organisation = "acme", Name = $"policy-{i}", Selector = PolicySelector.All, Rules = [rule], Digest = new string((char)('b' + i), 64), File = "policies.yaml",
        }),
    ];

    private static AccessGrant Grant(int fromMinutes, int untilMinutes, int approvals) => Grant(fromMinutes, untilMinutes, [.. Enumerable.Repeat<string[]>(["security"], approvals)]);

    private static AccessGrant Grant(int fromMinutes, int untilMinutes, params string[][] approvals) => new(
        $"0198c0de-0000-7000-8000-0000000001{approvals.Length:00}", NowUs + fromMinutes * 60_000_000L, NowUs + untilMinutes * 60_000_000L, approvals);

    private static DateTimeOffset At(int hour, int minute) => new(2026, 3, 29, hour, minute, 0, TimeSpan.Zero);

    public static TheoryData<string> Cases => [.. Rows.Keys];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Decide_OneThingDiffers_TheRuleForItDecides(string what)
    {
        var (question, reason) = Rows[what];

        var decision = AccessPolicy.Decide(question);

        Assert.Equal((reason, reason == "admitted"), (decision.Reason.Name(), decision.Allowed));
        if (decision.Allowed)
            decision.ThrowIfDenied();
        else
            Assert.Throws<RelayException>(decision.ThrowIfDenied);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Decide_FromItsRecordAlone_IsTheSame(string what)
    {
        var question = Rows[what].Question;
        var decision = AccessPolicy.Decide(question);
        var record = EvidenceObject.Parse(CanonicalJson.Encode(decision.ToLedgerData()), "a decision");

        var inputs = AccessRecord.ReadInputs(record, digest => question.Policies.SingleOrDefault(policy => policy.Digest == digest));

        Assert.Equal(decision.Verdict, AccessPolicy.Evaluate(inputs));
    }

    [Fact]
    public void Decide_EveryReason_IsReachedByARow() =>
        Assert.Equal(Enum.GetValues<AccessReason>().Select(reason => reason.Name()).Order(), Rows.Values.Select(row => row.Reason).Distinct().Order());

    [Fact]
    public void ThrowIfDenied_WhereTheRolesDoNotReach_AnswersAlike()
    {
        string[] untold =
        [
            "organisation-mismatch", "operator-role-missing", "connection-unknown", "connection-invalid", "audience-role-missing", "account-disabled", "account-gone",
            "account-unanswered", "break-glass-not-allowed",
        ];
        var answers = Rows.Values.Where(row => untold.Contains(row.Reason))
            .Select(row => Assert.Throws<RelayException>(AccessPolicy.Decide(row.Question).ThrowIfDenied))
            .Select(e => (e.Reason, e.Message, string.Join(',', e.Details)))
            .Distinct();

        Assert.Equal(ErrorReason.NotPermitted, Assert.Single(answers).Reason);
    }

    [Fact]
    public void ThrowIfDenied_WhereTheRolesReach_SaysWhatIsMissing()
    {
        var told = Rows.Values.Where(row => row.Reason is not "admitted")
            .Select(row => Assert.Throws<RelayException>(AccessPolicy.Decide(row.Question).ThrowIfDenied)).Select(e => e.Reason).Distinct().Order();

        Assert.Equal(
            [
                ErrorReason.NotPermitted, ErrorReason.InvalidArgument, ErrorReason.LimitReached, ErrorReason.ApprovalRequired, ErrorReason.OutsideChangeWindow,
                ErrorReason.StepUpRequired, ErrorReason.SourceNotAllowed, ErrorReason.DutiesConflict, ErrorReason.PolicyNotMet,
            ],
            told);
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
            "inputs":{"account":null,"acr":"1","amr":[],"approver_roles":[],"audience_roles":["dba","sre"],"auth_time_us":1774747740000000,"break_glass":false,"connection":"in-use",
            "gateway_client":"guacamole-gateway","grants":[],"matched_networks":[],"matched_roles":["dba"],"max_duration_minutes":null,
            "one_organisation":true,"organisation":"acme","policies_invalid":false,"policy_roles":[],"reasoned":false,"recorded":true,"relay_operator":true,
            "sessions":null,"source_known":true,"time_us":1774747800000000},"policies":[],"reason":"admitted","rule":null,
            "subject":{"issuer":"https://sso.example/realms/acme","sub":"f3c9a1"},
            "terms":{"break_glass":false,"grant":null,"idle_seconds":null,"idle_warn_seconds":null,"recorded":true,"source_bound":false,"synced":false,"until_us":null}}
            """.ReplaceLineEndings(""),
            data);
    }

    [Fact]
    public void ToLedgerData_ConnectionOfAnotherOrganisation_TellsNothingOfIt()
    {
        var data = Encoding.UTF8.GetString(CanonicalJson.Encode(AccessPolicy.Decide(Rows["connection of another organisation"].Question).ToLedgerData()));

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
        // What more a policy asks for does not make a connection unreachable.
        string[] reached =
        [
            "admitted", "approval-missing", "recording-missing", "outside-change-window", "mfa-unproven", "mfa-missing", "sign-in-stale", "source-not-allowed", "duty-conflict",
            "person-session-limit", "connection-session-limit", "policy-invalid",
        ];
        foreach (var (_, (question, reason)) in Rows.Where(row => row.Value.Question is
            { Connection: not null, BreakGlass: false, Organisation: "acme", Account: AccountState.Active, Gateway: null or { Organisation: "acme" } }))
            Assert.Equal(reached.Contains(reason), AccessPolicy.Reaches(question.Caller, question.Connection!));
    }

    [Theory]
    [InlineData("mfa-required", "acr of one factor")]
    [InlineData("change-window", "as the window closes")]
    [InlineData("approval-required", "two must approve, one has")]
    [InlineData("recording-required", "recording required and off")]
    [InlineData("source-networks", "in another network")]
    [InlineData("separation-of-duties", "a conflicting duty")]
    [InlineData("session-limit", "as many of the person as allowed")]
    [InlineData("session-limit", "as many on the connection as allowed")]
    [InlineData("break-glass", "emergency without its role")]
    public void Decide_ByAPolicy_NamesTheRule(string kind, string what)
    {
        var rule = AccessPolicy.Decide(Rows[what].Question).Verdict.Rule!;

        Assert.Equal((kind, "policy-0", new string('b', 64)), (rule.Kind, rule.Policy, rule.PolicyDigest));
    }

    private static FrozenSet<string> Set(params string[] roles) => roles.ToFrozenSet();
}
