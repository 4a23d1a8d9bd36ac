using System.Collections.Frozen;

namespace OpenOva.Relay.Identity;

/// <summary>The eight roles Relay knows. A flags set, so that a call's declaration and a caller's possession compare in one operation.</summary>
[Flags]
internal enum RelayRoles
{
    None = 0,
    Operator = 1 << 0,
    Approver = 1 << 1,
    Auditor = 1 << 2,
    Reviewer = 1 << 3,
    SecurityOfficer = 1 << 4,
    Admin = 1 << 5,
    Job = 1 << 6,
    Gateway = 1 << 7,
}

internal static class RelayRoleNames
{
    public const string Operator = "relay-operator";
    public const string Gateway = "relay-gateway";

    /// <summary>Role by the name that tokens, configuration and the ledger use.</summary>
    public static readonly FrozenDictionary<string, RelayRoles> ByName = new Dictionary<string, RelayRoles>
    {
        [Operator] = RelayRoles.Operator,
        ["relay-approver"] = RelayRoles.Approver,
        ["relay-auditor"] = RelayRoles.Auditor,
        ["relay-reviewer"] = RelayRoles.Reviewer,
        ["relay-security-officer"] = RelayRoles.SecurityOfficer,
        ["relay-admin"] = RelayRoles.Admin,
        ["relay-job"] = RelayRoles.Job,
        [Gateway] = RelayRoles.Gateway,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static IEnumerable<string> Of(RelayRoles roles) =>
        ByName.Where(entry => roles.HasFlag(entry.Value)).Select(entry => entry.Key).Order(StringComparer.Ordinal);
}
