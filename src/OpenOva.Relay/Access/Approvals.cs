using OpenOva.Relay.Connections;
using OpenOva.Relay.Connections.Policies;
using OpenOva.Relay.Database;

namespace OpenOva.Relay.Access;

/// <summary>Persons who must approve, and the roles by which an approval counts; no roles: every approver's counts.</summary>
internal sealed record ApprovalNeed(int Approvers, IReadOnlyList<string> Roles, DecidingRule? Rule)
{
    /// <param name="approvals">For each person who approved, the approver roles that he had.</param>
    public bool IsMetBy(IReadOnlyCollection<IReadOnlyList<string>> approvals) =>
        approvals.Count(roles => Roles.Count == 0 || roles.Any(Roles.Contains)) >= Approvers;
}

/// <summary>How many must approve, and who may. Each rule that asks for approval must be met by itself.</summary>
internal static class Approvals
{
    public static Objection? Ask(AccessInputs inputs)
    {
        if (inputs.BreakGlass) return null;
        var needs = Needs(inputs.ApproverRoles, inputs.Policies);
        if (needs.Count == 0 || Grant(inputs) is not null) return null;
        return new Objection(AccessReason.ApprovalMissing, needs.OrderByDescending(need => need.Approvers).First().Rule);
    }

    /// <summary>Of the grants that hold now and meet every rule, the one that holds longest; null also where no approval is needed.</summary>
    public static AccessGrant? Grant(AccessInputs inputs)
    {
        var (needs, now) = (Needs(inputs.ApproverRoles, inputs.Policies), inputs.Now.ToUnixMicroseconds());
        if (needs.Count == 0) return null;
        return inputs.Grants.Where(grant => grant.FromUs <= now && now < grant.UntilUs && needs.All(need => need.IsMetBy(grant.Approvals)))
            .OrderByDescending(grant => grant.UntilUs).ThenBy(grant => grant.Request, StringComparer.Ordinal).FirstOrDefault();
    }

    /// <summary>What a session on a connection needs; empty: no approval.</summary>
    public static IReadOnlyList<ApprovalNeed> Needs(Connection connection, IReadOnlyCollection<EnvironmentPolicy> policies) =>
        Needs(connection.Jit?.RequiredApprovers ?? [], policies);

    /// <summary>The roles of which an approver of the connection has one; empty: the relay's own approver role is enough.</summary>
    public static IReadOnlyList<string> Roles(Connection connection, IReadOnlyCollection<EnvironmentPolicy> policies) =>
        Roles(connection.Jit?.RequiredApprovers ?? [], policies);

    private static List<ApprovalNeed> Needs(IReadOnlyList<string> named, IReadOnlyCollection<EnvironmentPolicy> policies)
    {
        var all = Roles(named, policies);
        var needs = PolicyRules.Of<PolicyRule.ApprovalRequired>(policies)
            .Select(found => new ApprovalNeed(found.Rule.Approvers, found.Rule.Roles.IsEmpty ? all : found.Rule.Roles, PolicyRules.Name(found.Policy, found.Rule))).ToList();
        if (named.Count > 0) needs.Add(new ApprovalNeed(1, named, null));
        return needs;
    }

    private static IReadOnlyList<string> Roles(IEnumerable<string> named, IReadOnlyCollection<EnvironmentPolicy> policies) =>
    [
        .. named.Concat(PolicyRules.Of<PolicyRule.ApprovalRequired>(policies).SelectMany(found => found.Rule.Roles)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal),
    ];
}
