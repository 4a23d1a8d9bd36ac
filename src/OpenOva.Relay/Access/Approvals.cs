using OpenOva.Relay.Connections;
using OpenOva.Relay.Connections.Policies;
using OpenOva.Relay.Database;

namespace OpenOva.Relay.Access;

/// <summary>How many must approve, and who may.</summary>
internal static class Approvals
{
    public static Objection? Ask(AccessInputs inputs)
    {
        if (inputs.BreakGlass || !IsNeeded(inputs) || Grant(inputs) is not null) return null;
        var strictest = PolicyRules.Of<PolicyRule.ApprovalRequired>(inputs.Policies).OrderByDescending(found => found.Rule.Approvers).FirstOrDefault();
        return new Objection(AccessReason.ApprovalMissing, strictest.Policy is null ? null : PolicyRules.Name(strictest.Policy, strictest.Rule));
    }

    public static bool IsNeeded(AccessInputs inputs) => Needed(inputs.NamesApprovers, inputs.Policies) > 0;

    /// <summary>Of the grants that hold now and have enough approvals, the one that holds longest.</summary>
    public static AccessGrant? Grant(AccessInputs inputs)
    {
        var (needed, now) = (Needed(inputs.NamesApprovers, inputs.Policies), inputs.Now.ToUnixMicroseconds());
        return inputs.Grants.Where(grant => grant.FromUs <= now && now < grant.UntilUs && grant.Approvals >= needed)
            .OrderByDescending(grant => grant.UntilUs).ThenBy(grant => grant.Request, StringComparer.Ordinal).FirstOrDefault();
    }

    /// <summary>Persons who must approve a session on a connection; 0: none.</summary>
    public static int Needed(Connection connection, IReadOnlyCollection<EnvironmentPolicy> policies) =>
        Needed(connection.Jit is { RequiredApprovers.Length: > 0 }, policies);

    /// <summary>The roles of which an approver of the connection has one; empty: the relay's own approver role is enough.</summary>
    public static IReadOnlyList<string> Roles(Connection connection, IReadOnlyCollection<EnvironmentPolicy> policies) =>
    [
        .. (connection.Jit?.RequiredApprovers ?? []).Concat(PolicyRules.Of<PolicyRule.ApprovalRequired>(policies).SelectMany(found => found.Rule.Roles))
            .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal),
    ];

    private static int Needed(bool namesApprovers, IEnumerable<EnvironmentPolicy> policies) =>
        Math.Max(namesApprovers ? 1 : 0, PolicyRules.Of<PolicyRule.ApprovalRequired>(policies).Select(found => found.Rule.Approvers).DefaultIfEmpty().Max());
}
