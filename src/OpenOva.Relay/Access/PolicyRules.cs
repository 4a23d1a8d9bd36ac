using OpenOva.Relay.Connections.Policies;

namespace OpenOva.Relay.Access;

/// <summary>A rule, and the policy that has it.</summary>
internal sealed record DecidingRule(string Policy, string PolicyDigest, string Kind);

/// <summary>The rules of several policies, by kind.</summary>
internal static class PolicyRules
{
    public static IEnumerable<(EnvironmentPolicy Policy, T Rule)> Of<T>(IEnumerable<EnvironmentPolicy> policies)
        where T : PolicyRule =>
        policies.SelectMany(policy => policy.Rules.OfType<T>(), (policy, rule) => (policy, rule));

    /// <summary>The role names that a decision by these policies reads.</summary>
    public static IEnumerable<string> RolesRead(IReadOnlyCollection<EnvironmentPolicy> policies) =>
        Of<PolicyRule.SeparationOfDuties>(policies).SelectMany(found => found.Rule.ConflictingRoles)
            .Concat(Of<PolicyRule.BreakGlass>(policies).SelectMany(found => found.Rule.Roles))
            .Distinct(StringComparer.Ordinal);

    public static IEnumerable<string> Networks(IReadOnlyCollection<EnvironmentPolicy> policies) =>
        Of<PolicyRule.SourceNetworks>(policies).SelectMany(found => found.Rule.Cidrs).Distinct(StringComparer.Ordinal);

    public static bool CountSessions(IReadOnlyCollection<EnvironmentPolicy> policies) => Of<PolicyRule.SessionLimit>(policies).Any();

    public static DecidingRule Name(EnvironmentPolicy policy, PolicyRule rule) => new(policy.Name, policy.Digest, rule.Kind);
}
