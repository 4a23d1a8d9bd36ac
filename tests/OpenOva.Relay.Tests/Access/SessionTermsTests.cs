using System.Collections.Immutable;
using OpenOva.Relay.Access;
using OpenOva.Relay.Connections.Policies;
using OpenOva.Relay.Database;

namespace OpenOva.Relay.Tests.Access;

/// <summary>What an admitted session is bound to: of several limits the narrowest.</summary>
[Trait("Kind", "Fast")]
public sealed class SessionTermsTests
{
    private static readonly DateTimeOffset Now = new(2026, 6, 1, 22, 30, 0, TimeSpan.Zero);
    private static readonly AccessInputs Inputs = new()
    {
        Organisation = "acme", IsOfOneOrganisation = true, HasOperatorRole = true, ConnectionName = "core-db", Connection = ConnectionStanding.InUse, IsRecorded = true,
        MatchedRoles = ["dba"], Now = Now,
    };

    [Fact]
    public void Terms_WithoutLimits_AreNone()
    {
        var terms = SessionTerms.Of(Inputs);

        Assert.Equal((true, false, null, null, null, false), (terms.IsRecorded, terms.IsSynced, terms.UntilUs, terms.IdleSeconds, terms.Grant, terms.BreakGlass));
    }

    [Theory]
    [InlineData(30, 240, 300, 30)]
    [InlineData(240, 20, 300, 20)]
    [InlineData(240, 240, 300, 90)]
    [InlineData(240, 240, 45, 45)]
    public void Terms_OfSeveralEnds_AreTheFirst(int longest, int jit, int grantMinutes, int expected)
    {
        // The window of two hours opened half an hour ago.
        var inputs = Inputs with
        {
            ApproverRoles = ["security"],
            MaxDurationMinutes = jit,
            Grants = [new AccessGrant("r", Us(-60), Us(grantMinutes), [["security"]])],
            Policies = [Policy(new PolicyRule.MaxDuration(longest)), Policy(new PolicyRule.MaxDuration(500)), Policy(new PolicyRule.ChangeWindow([new("0 22 * * *", 120, "UTC")]))],
        };

        var terms = SessionTerms.Of(inputs);

        Assert.Equal((Us(expected), "r"), (terms.UntilUs, terms.Grant));
    }

    [Fact]
    public void Terms_OfTwoGrants_RestOnTheOneThatHoldsLonger()
    {
        var terms = SessionTerms.Of(Inputs with { ApproverRoles = ["security"], Grants = [new("a", Us(-1), Us(5), [["security"]]), new("b", Us(-1), Us(9), [["security"]]), new("c", Us(1), Us(99), [["security"]]), new("d", Us(-1), Us(99), [["team-lead"]])] });

        Assert.Equal(("b", Us(9)), (terms.Grant, terms.UntilUs));
    }

    [Fact]
    public void Terms_OfTwoIdleLimits_AreTheShorter()
    {
        var terms = SessionTerms.Of(Inputs with { Policies = [Policy(new PolicyRule.IdleLimit(15, 60)), Policy(new PolicyRule.IdleLimit(10, 30))] });

        Assert.Equal((600, 30), (terms.IdleSeconds, terms.IdleWarnSeconds));
    }

    [Fact]
    public void Terms_OfAnEmergency_AreStricterThanTheConnections()
    {
        var terms = SessionTerms.Of(Inputs with
        {
            BreakGlass = true, IsRecorded = false, ApproverRoles = ["security"], MaxDurationMinutes = 5, Grants = [new("a", Us(-1), Us(5), [["security"]])],
            Policies = [Policy(new PolicyRule.BreakGlass(["firecall"], 40)), Policy(new PolicyRule.ChangeWindow([new("0 5 * * *", 60, "UTC")]))],
        });

        Assert.Equal((true, true, Us(40), null, true), (terms.IsRecorded, terms.IsSynced, terms.UntilUs, terms.Grant, terms.BreakGlass));
    }

    [Fact]
    public void Extended_KeepsWhatPoliciesAllow()
    {
        EnvironmentPolicy[] policies = [Policy(new PolicyRule.MaxDuration(60)), Policy(new PolicyRule.ChangeWindow([new("0 22 * * *", 120, "UTC")]))];

        Assert.Equal(Us(20), SessionTerms.Extended(policies, Us(-10), Now, Us(20)));
        Assert.Equal(Us(50), SessionTerms.Extended(policies, Us(-10), Now, Us(200)));
        Assert.Equal(Us(90), SessionTerms.Extended(policies, Us(60), Now, Us(200)));
    }

    private static long Us(int minutes) => Now.AddMinutes(minutes).ToUnixMicroseconds();

    private static EnvironmentPolicy Policy(PolicyRule rule) => new()
    {
        Organisation = "acme", Name = "p", Selector = PolicySelector.All, Rules = ImmutableArray.Create(rule), Digest = new string('a', 64), File = "p.yaml",
    };
}
