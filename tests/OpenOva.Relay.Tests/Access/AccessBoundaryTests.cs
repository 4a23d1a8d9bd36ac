using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Net;
using OpenOva.Relay.Access;
using OpenOva.Relay.Connections;
using OpenOva.Relay.Connections.Policies;
using OpenOva.Relay.Database;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Tests.Connections;

namespace OpenOva.Relay.Tests.Access;

/// <summary>Where a rule ends: the last address, minute and number that it takes, and the first that it does not.</summary>
[Trait("Kind", "Fast")]
public sealed class AccessBoundaryTests
{
    private const int Week = 7 * 24 * 60;
    private const int Day = 24 * 60;
    private static readonly DateTimeOffset Now = new(2026, 6, 1, 22, 30, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("10.0.0.0/8", "10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0")]
    [InlineData("192.168.7.0/24", "192.168.7.0", "192.168.7.255", "192.168.6.255", "192.168.8.0")]
    [InlineData("172.16.0.0/12", "172.16.0.0", "172.31.255.255", "172.15.255.255", "172.32.0.0")]
    [InlineData("192.168.7.128/25", "192.168.7.128", "192.168.7.255", "192.168.7.127", "192.168.8.0")]
    [InlineData("10.1.2.3/32", "10.1.2.3", "10.1.2.3", "10.1.2.2", "10.1.2.4")]
    [InlineData("0.0.0.0/0", "0.0.0.0", "255.255.255.255", "::1", "2001:db8::1")]
    [InlineData("2001:db8::/32", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::")]
    [InlineData("2001:db8:0:8::/61", "2001:db8:0:8::", "2001:db8:0:f:ffff:ffff:ffff:ffff", "2001:db8:0:7:ffff:ffff:ffff:ffff", "2001:db8:0:10::")]
    [InlineData("::1/128", "::1", "::1", "::", "::2")]
    public void SourceNetworks_FirstAndLastAddress_AreInAndTheirNeighboursAreNot(string cidr, string first, string last, string before, string after)
    {
        Assert.Equal(
            (AccessReason.Admitted, AccessReason.Admitted, AccessReason.SourceNotAllowed, AccessReason.SourceNotAllowed), (From(first), From(last), From(before), From(after)));

        AccessReason From(string address) => AccessPolicy.Decide(Question(new PolicyRule.SourceNetworks([cidr])) with { Source = IPAddress.Parse(address) }).Reason;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(Week)]
    public void MaxDuration_ShortestAndLongest_EndTheSessionToTheMicrosecond(int minutes) =>
        Assert.Equal(Now.AddMinutes(minutes).ToUnixMicroseconds(), Terms(Question(new PolicyRule.MaxDuration(minutes))).UntilUs);

    [Theory]
    [InlineData(1, 30)]
    [InlineData(Day, 1)]
    public void IdleLimit_ShortestAndLongest_AreTheSessionsSeconds(int minutes, int warn)
    {
        var terms = Terms(Question(new PolicyRule.IdleLimit(minutes, warn)));

        Assert.Equal((minutes * 60, warn), (terms.IdleSeconds, terms.IdleWarnSeconds));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(Day)]
    public void BreakGlass_ShortestAndLongest_EndTheEmergencyToTheMicrosecond(int minutes)
    {
        var terms = Terms(Question(new PolicyRule.BreakGlass(["dba"], minutes)) with { BreakGlass = true, IsReasoned = true });

        Assert.Equal((true, true, Now.AddMinutes(minutes).ToUnixMicroseconds()), (terms.BreakGlass, terms.IsSynced, terms.UntilUs));
    }

    [Theory]
    [InlineData("max-duration, minutes: {0}", 1, Week)]
    [InlineData("idle-limit, minutes: {0}", 1, Day)]
    [InlineData("break-glass, roles: [firecall], maxMinutes: {0}", 1, Day)]
    [InlineData("approval-required, approvers: {0}", 1, 5)]
    [InlineData("session-limit, perPerson: {0}", 1, 10_000)]
    [InlineData("session-limit, perConnection: {0}", 1, 10_000)]
    public void Rule_AtItsBounds_IsTakenAndBeyondThemIsRefused(string rule, int least, int most)
    {
        Assert.Equal((0, 0, 1, 1), (Problems(least), Problems(most), Problems(least - 1), Problems(most + 1)));

        int Problems(int number) =>
            ResourceReader.Read("p.yaml", PolicyYaml.Of($"{{ kind: {rule.Replace("{0}", $"{number}", StringComparison.Ordinal)} }}"), new ConnectionsOptions { DefaultOrganisation = "acme" }).Problems.Count;
    }

    private static SessionTerms Terms(AccessQuestion question) => AccessPolicy.Decide(question).Verdict.Terms!;

    private static AccessQuestion Question(PolicyRule rule) => new(
        Guid.CreateVersion7(Now),
        new Caller
        {
            Organisation = "acme", Issuer = "https://sso.example/realms/acme", Subject = "f3c9a1", Roles = CallerRoles.Operator,
            TokenRoles = new[] { "dba" }.ToFrozenSet(), Expires = Now.AddMinutes(5),
        },
        null, "acme", "core-db",
        new Relay.Connections.Connection
        {
            Organisation = "acme", Name = "core-db", Protocol = "ssh", Hostname = "db.core", Port = 22, AudienceRoles = ["dba"],
            Recording = new RecordingTerms(true, "guacamole-recordings", 400), Parameters = ImmutableSortedDictionary<string, string>.Empty,
            Secrets = ImmutableSortedDictionary<string, SecretLocation>.Empty, TargetIdentity = TargetIdentity.Unverified, Digest = new string('a', 64), File = "core.yaml",
        },
        false, Now)
    {
        Policies = [new EnvironmentPolicy { Organisation = "acme", Name = "p", Selector = PolicySelector.All, Rules = [rule], Digest = new string('b', 64), File = "p.yaml" }],
    };
}
