using OpenOva.Relay.Connections;
using OpenOva.Relay.Connections.Policies;

namespace OpenOva.Relay.Tests.Connections;

[Trait("Kind", "Fast")]
public sealed class PolicyReaderTests
{
    private static readonly ConnectionsOptions Options = new() { Folder = "/connections", DefaultOrganisation = "acme", DefaultRetentionDays = 400 };

    [Fact]
    public void Read_FullDocument_GivesEveryRule()
    {
        var policy = PolicyYaml.Only(Read(PolicyYaml.Full));

        Assert.Equal(("globex", "production", "p.yaml"), (policy.Organisation, policy.Name, policy.File));
        Assert.Equal(["bastion", "core-db"], policy.Selector.Connections);
        Assert.Equal(["rdp", "ssh"], policy.Selector.Protocols);
        Assert.Equal([KeyValuePair.Create("tier", "gold")], policy.Selector.MatchLabels);
        Assert.Equal(
            ["recording-required", "change-window", "mfa-required", "max-duration", "idle-limit", "source-networks", "separation-of-duties", "session-limit",
                "approval-required", "break-glass"],
            policy.Rules.Select(rule => rule.Kind));
        Assert.Equal(new RecurringWindow("0 22 * * SAT", 240, "Europe/Berlin"), Assert.Single(Rule<PolicyRule.ChangeWindow>(policy).Windows));
        var mfa = Rule<PolicyRule.MfaRequired>(policy);
        Assert.Equal(("2026-1", 480), (mfa.MappingVersion, mfa.MaxAgeMinutes));
        Assert.Equal(["gold"], mfa.Acr);
        Assert.Equal(["mfa"], mfa.Amr);
        Assert.Equal(["are: fpt", "have: hwk otp", "know: pin pwd"], mfa.Factors.Select(factor => $"{factor.Key}: {string.Join(' ', factor.Value)}"));
        Assert.Equal(480, Rule<PolicyRule.MaxDuration>(policy).Minutes);
        Assert.Equal(new PolicyRule.IdleLimit(15, 30), Rule<PolicyRule.IdleLimit>(policy));
        Assert.Equal(["10.0.0.0/8", "fd00::/8"], Rule<PolicyRule.SourceNetworks>(policy).Cidrs);
        Assert.Equal(["developer"], Rule<PolicyRule.SeparationOfDuties>(policy).ConflictingRoles);
        Assert.Equal(new PolicyRule.SessionLimit(2, 5), Rule<PolicyRule.SessionLimit>(policy));
        Assert.Equal((2, "dba-lead"), (Rule<PolicyRule.ApprovalRequired>(policy).Approvers, Assert.Single(Rule<PolicyRule.ApprovalRequired>(policy).Roles)));
        Assert.Equal((60, "on-call"), (Rule<PolicyRule.BreakGlass>(policy).MaxMinutes, Assert.Single(Rule<PolicyRule.BreakGlass>(policy).Roles)));
    }

    [Fact]
    public void Read_SmallestDocument_SelectsEverythingOfTheDefaultOrganisation()
    {
        var policy = PolicyYaml.Only(Read(PolicyYaml.Full[..PolicyYaml.Full.IndexOf("  labels:", StringComparison.Ordinal)] + "spec: { rules: [{ kind: idle-limit, minutes: 5 }] }\n"));

        Assert.Equal("acme", policy.Organisation);
        Assert.Equal(60, Rule<PolicyRule.IdleLimit>(policy).WarnSeconds);
        Assert.True(policy.Selector.Selects(ConnectionYaml.Only(ResourceReader.Read("vnc.yaml", ConnectionYaml.Vnc, Options))));
    }

    // A rule, and what must be said of it.
    public static TheoryData<string, string> Faults => new()
    {
        { "{ kind: recordings-required }", "spec.rules[0].kind must be one of approval-required, break-glass, change-window, idle-limit, max-duration, mfa-required, recording-required, separation-of-duties, session-limit, source-networks" },
        { "{ kind: recording-required, enabled: true }", "spec.rules[0].enabled is an unknown field" },
        { "recording-required", "spec.rules[0] must be a mapping" },
        { "", "spec.rules must hold at least one rule" },
        { "{ kind: recording-required }, { kind: recording-required }", "spec.rules[1].kind recording-required stands twice: each kind at most once" },
        { "{ kind: max-duration, minutes: 1 }, { kind: idle-limit }", "spec.rules[1].minutes is missing" },
        { "{ kind: change-window }", "spec.rules[0].windows must hold at least one window" },
        { "{ kind: change-window, windows: [{ cron: '0 22 * *', durationMinutes: 1, timeZone: UTC }] }", "spec.rules[0].windows[0].cron must be five fields: minute, hour, day of month, month, day of week" },
        { "{ kind: change-window, windows: [{ cron: '60 22 * * *', durationMinutes: 1, timeZone: UTC }] }", "spec.rules[0].windows[0].cron must be five fields: minute, hour, day of month, month, day of week" },
        { "{ kind: change-window, windows: [{ cron: '@daily', durationMinutes: 1, timeZone: UTC }] }", "spec.rules[0].windows[0].cron must be five fields: minute, hour, day of month, month, day of week" },
        { "{ kind: change-window, windows: [{ cron: '0 0 31 2 *', durationMinutes: 1, timeZone: UTC }] }", "spec.rules[0].windows[0].cron names no day that there is" },
        { "{ kind: change-window, windows: [{ cron: '0 22 * * *', durationMinutes: 10081, timeZone: UTC }] }", "spec.rules[0].windows[0].durationMinutes must be a whole number from 1 to 10080" },
        { "{ kind: change-window, windows: [{ cron: '0 22 * * *', durationMinutes: 1 }] }", "spec.rules[0].windows[0].timeZone is missing" },
        { "{ kind: change-window, windows: [{ cron: '0 22 * * *', durationMinutes: 1, timeZone: Europe/Entenhausen }] }", "spec.rules[0].windows[0].timeZone must be a time zone's IANA name, such as Europe/Berlin" },
        { "{ kind: change-window, windows: [{ cron: '0 22 * * *', durationMinutes: 1, timeZone: localtime }] }", "spec.rules[0].windows[0].timeZone must be a time zone's IANA name, such as Europe/Berlin" },
        { "{ kind: change-window, windows: [{ cron: '0 22 * * *', durationMinutes: 1, timeZone: UTC, days: 1 }] }", "spec.rules[0].windows[0].days is an unknown field" },
        { "{ kind: mfa-required }", "spec.rules[0].mapping is missing" },
        { "{ kind: mfa-required, mapping: { version: a } }", "spec.rules[0].mapping is empty: acr, amr or factors must say what several factors look like" },
        { "{ kind: mfa-required, mapping: { version: a, acr: [], amr: [], factors: { know: [] } } }", "spec.rules[0].mapping is empty: acr, amr or factors must say what several factors look like" },
        { "{ kind: mfa-required, mapping: { acr: [gold] } }", "spec.rules[0].mapping.version is missing" },
        { "{ kind: mfa-required, mapping: { version: a, factors: { know: [pwd] } } }", "spec.rules[0].mapping.factors must have values of at least two classes: one alone never makes two factors" },
        { "{ kind: mfa-required, mapping: { version: a, factors: { know: [pwd, otp], have: [otp] } } }", "spec.rules[0].mapping.factors.have[0] is of another class too: one value would count as two factors" },
        { "{ kind: mfa-required, mapping: { version: a, factors: { knows: [pwd] } } }", "spec.rules[0].mapping.factors.knows is an unknown field" },
        { "{ kind: mfa-required, mapping: { version: a, acr: [gold] }, maxAgeMinutes: 0 }", "spec.rules[0].maxAgeMinutes must be a whole number from 1 to 44640" },
        { "{ kind: max-duration, minutes: 0 }", "spec.rules[0].minutes must be a whole number from 1 to 10080" },
        { "{ kind: max-duration, minutes: '60' }", "spec.rules[0].minutes must be a whole number from 1 to 10080" },
        { "{ kind: idle-limit, minutes: 1441 }", "spec.rules[0].minutes must be a whole number from 1 to 1440" },
        { "{ kind: idle-limit, minutes: 1, warnSeconds: 31 }", "spec.rules[0].warnSeconds must be a whole number from 1 to 30" },
        { "{ kind: source-networks }", "spec.rules[0].cidrs must name at least one network" },
        { "{ kind: source-networks, cidrs: [10.0.0.0/8, 10.0.0.1] }", "spec.rules[0].cidrs[1] must be a network's prefix, such as 10.0.0.0/8 or fd00::/8, without host bits" },
        { "{ kind: source-networks, cidrs: [10.0.0.1/8] }", "spec.rules[0].cidrs[0] must be a network's prefix, such as 10.0.0.0/8 or fd00::/8, without host bits" },
        { "{ kind: source-networks, cidrs: [10.0.0.0/33] }", "spec.rules[0].cidrs[0] must be a network's prefix, such as 10.0.0.0/8 or fd00::/8, without host bits" },
        { "{ kind: separation-of-duties, conflictingRoles: [] }", "spec.rules[0].conflictingRoles must name at least one role" },
        { "{ kind: session-limit }", "spec.rules[0] must limit something: perPerson, perConnection or both are needed" },
        { "{ kind: session-limit, perPerson: 0 }", "spec.rules[0].perPerson must be a whole number from 1 to 10000" },
        { "{ kind: approval-required, roles: [a] }", "spec.rules[0].approvers is missing" },
        { "{ kind: approval-required, approvers: 6, roles: [a] }", "spec.rules[0].approvers must be a whole number from 1 to 5" },
        { "{ kind: break-glass, maxMinutes: 1 }", "spec.rules[0].roles must name at least one role" },
        { "{ kind: break-glass, roles: [a] }", "spec.rules[0].maxMinutes is missing" },
        { "{ kind: break-glass, roles: [a, b, a], maxMinutes: 1 }", "spec.rules[0].roles[2] stands twice" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void Read_OneRuleIsWrong_RefusesTheDocumentAndNamesTheField(string rule, string problem)
    {
        var file = Read(PolicyYaml.Of(rule));

        Assert.Empty(file.Resources);
        var found = Assert.Single(file.Problems);
        Assert.Equal(problem, $"{found.Field} {found.Message}");
        Assert.Equal(new ResourceKey(ResourceKind.Policy, "acme", "p"), found.Key);
    }

    [Theory]
    [InlineData("{ connections: [Core] }", "spec.selector.connections[0]")]
    [InlineData("{ protocols: [ssh, spice] }", "spec.selector.protocols[1]")]
    [InlineData("{ matchLabels: { tier: '-' } }", "spec.selector.matchLabels.tier")]
    [InlineData("{ matchLabels: { a/b/c: x } }", "spec.selector.matchLabels.a/b/c")]
    [InlineData("{ names: [a] }", "spec.selector.names")]
    [InlineData("[]", "spec.selector")]
    public void Read_SelectorThatCouldNeverMatch_IsRefused(string selector, string field) =>
        Assert.Equal(field, Assert.Single(Read(PolicyYaml.Of("{ kind: recording-required }", selector: selector)).Problems).Field);

    [Fact]
    public void Read_ListTooLong_IsRefused()
    {
        string Rule(int count) => $"{{ kind: break-glass, maxMinutes: 1, roles: [{string.Join(", ", Enumerable.Range(0, count).Select(n => $"r{n}"))}] }}";

        Assert.Empty(Read(PolicyYaml.Of(Rule(100))).Problems);
        Assert.Equal("spec.rules[0].roles", Assert.Single(Read(PolicyYaml.Of(Rule(101))).Problems).Field);
        Assert.Empty(Read(PolicyYaml.Of($"{{ kind: break-glass, maxMinutes: 1, roles: [{new string('a', 256)}] }}")).Problems);
        Assert.Equal("spec.rules[0].roles[0]", Assert.Single(Read(PolicyYaml.Of($"{{ kind: break-glass, maxMinutes: 1, roles: [{new string('a', 257)}] }}")).Problems).Field);
    }

    [Fact]
    public void Digest_OrderThatMeansNothing_IsTheSame()
    {
        var other = PolicyYaml.Full
            .Replace("[core-db, bastion]", "[bastion, core-db]", StringComparison.Ordinal)
            .Replace("[fd00::/8, 10.0.0.0/8]", "[10.0.0.0/8, fd00::/8]", StringComparison.Ordinal)
            .Replace("know: [pwd, pin]", "know: [pin, pwd]", StringComparison.Ordinal)
            .Replace("    - kind: recording-required\n", "", StringComparison.Ordinal) + "    - kind: recording-required\n";

        Assert.Equal(DigestOf(PolicyYaml.Full), DigestOf(other));
        Assert.Equal(DigestOf(PolicyYaml.Of("{ kind: idle-limit, minutes: 5 }")), DigestOf(PolicyYaml.Of("{ kind: idle-limit, minutes: 5, warnSeconds: 60 }")));
    }

    public static TheoryData<string, string> Changes => new()
    {
        { "name: production", "name: staging" },
        { "organization: globex", "organization: acme" },
        { "tier: gold", "tier: silver" },
        { "    - kind: recording-required\n", "" },
        { "SAT", "SUN" },
        { "durationMinutes: 240", "durationMinutes: 241" },
        { "Europe/Berlin", "Europe/Paris" },
        { "acr: [gold]", "acr: [silver]" },
        { "version: \"2026-1\"", "version: \"2026-2\"" },
        { "amr: [mfa]", "amr: []" },
        { "are: [fpt]", "are: [face]" },
        { "maxAgeMinutes: 480", "maxAgeMinutes: 481" },
        { "      minutes: 480", "      minutes: 481" },
        { "minutes: 15", "minutes: 16" },
        { "warnSeconds: 30", "warnSeconds: 31" },
        { "fd00::/8, ", "" },
        { "[developer]", "[tester]" },
        { "perPerson: 2", "perPerson: 3" },
        { "perConnection: 5", "perConnection: 6" },
        { "approvers: 2", "approvers: 1" },
        { "[dba-lead]", "[]" },
        { "[on-call]", "[on-call, sre]" },
        { "maxMinutes: 60", "maxMinutes: 61" },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public void Digest_AnythingThatMatters_ChangesIt(string text, string instead)
    {
        Assert.Contains(text, PolicyYaml.Full, StringComparison.Ordinal);

        Assert.NotEqual(DigestOf(PolicyYaml.Full), DigestOf(PolicyYaml.Full.Replace(text, instead, StringComparison.Ordinal)));
    }

    private static string DigestOf(string yaml) => PolicyYaml.Only(Read(yaml)).Digest;

    private static TRule Rule<TRule>(EnvironmentPolicy policy)
        where TRule : PolicyRule => Assert.Single(policy.Rules.OfType<TRule>());

    private static ResourceFile Read(string yaml) => ResourceReader.Read("p.yaml", yaml, Options);
}
