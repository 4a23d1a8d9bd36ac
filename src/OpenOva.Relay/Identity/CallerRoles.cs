using System.Collections.Frozen;

namespace OpenOva.Relay.Identity;

/// <summary>The eight roles Relay knows. A flags set, so that a call's declaration and a caller's possession compare in one operation.</summary>
[Flags]
internal enum CallerRoles
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

internal static class CallerRoleNames
{
    public const string Operator = "relay-operator";
    public const string Gateway = "relay-gateway";

    /// <summary>Role by the name that tokens, configuration and the ledger use.</summary>
    public static readonly FrozenDictionary<string, CallerRoles> ByName = new Dictionary<string, CallerRoles>
    {
        [Operator] = CallerRoles.Operator,
        ["relay-approver"] = CallerRoles.Approver,
        ["relay-auditor"] = CallerRoles.Auditor,
        ["relay-reviewer"] = CallerRoles.Reviewer,
        ["relay-security-officer"] = CallerRoles.SecurityOfficer,
        ["relay-admin"] = CallerRoles.Admin,
        ["relay-job"] = CallerRoles.Job,
        [Gateway] = CallerRoles.Gateway,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static IEnumerable<string> Of(CallerRoles roles) =>
        ByName.Where(entry => roles.HasFlag(entry.Value)).Select(entry => entry.Key).Order(StringComparer.Ordinal);
}
