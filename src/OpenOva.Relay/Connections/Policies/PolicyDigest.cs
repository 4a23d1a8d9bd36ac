using System.Text.Json.Nodes;

namespace OpenOva.Relay.Connections.Policies;

/// <summary>
/// The digest that decisions name a policy's version by: SHA-256 of the canonical JSON of all that it says, with defaults filled in and sorted where order means
/// nothing. The ledger holds the whole specification: it has no secret.
/// </summary>
internal static class PolicyDigest
{
    public static string Of(EnvironmentPolicy policy) => ConnectionDigest.Of(Specification(policy));

    public static JsonObject Specification(EnvironmentPolicy policy) => new()
    {
        ["v"] = 1,
        ["organisation"] = policy.Organisation,
        ["name"] = policy.Name,
        ["selector"] = new JsonObject
        {
            ["connections"] = Strings(policy.Selector.Connections),
            ["protocols"] = Strings(policy.Selector.Protocols),
            ["match_labels"] = new JsonObject(policy.Selector.MatchLabels.Select(label => KeyValuePair.Create(label.Key, (JsonNode?)label.Value))),
        },
        ["rules"] = new JsonArray([.. policy.Rules.OrderBy(rule => rule.Kind, StringComparer.Ordinal).Select(Rule)]),
    };

    private static JsonObject Rule(PolicyRule rule)
    {
        var fields = Fields(rule);
        fields["kind"] = rule.Kind;
        return fields;
    }

    private static JsonObject Fields(PolicyRule rule) => rule switch
    {
        PolicyRule.RecordingRequired => [],
        PolicyRule.ChangeWindow window => new JsonObject { ["windows"] = Windows(window) },
        PolicyRule.MfaRequired mfa => new JsonObject
        {
            ["mapping"] = new JsonObject
            {
                ["version"] = mfa.MappingVersion,
                ["acr"] = Strings(mfa.Acr),
                ["amr"] = Strings(mfa.Amr),
                ["factors"] = new JsonObject(mfa.Factors.Select(factor => KeyValuePair.Create(factor.Key, (JsonNode?)Strings(factor.Value)))),
            },
            ["max_age_minutes"] = mfa.MaxAgeMinutes,
        },
        PolicyRule.MaxDuration limit => new JsonObject { ["minutes"] = limit.Minutes },
        PolicyRule.IdleLimit limit => new JsonObject { ["minutes"] = limit.Minutes, ["warn_seconds"] = limit.WarnSeconds },
        PolicyRule.SourceNetworks networks => new JsonObject { ["cidrs"] = Strings(networks.Cidrs) },
        PolicyRule.SeparationOfDuties duties => new JsonObject { ["conflicting_roles"] = Strings(duties.ConflictingRoles) },
        PolicyRule.SessionLimit limit => new JsonObject { ["per_person"] = limit.PerPerson, ["per_connection"] = limit.PerConnection },
        PolicyRule.ApprovalRequired approval => new JsonObject { ["approvers"] = approval.Approvers, ["roles"] = Strings(approval.Roles) },
        PolicyRule.BreakGlass emergency => new JsonObject { ["roles"] = Strings(emergency.Roles), ["max_minutes"] = emergency.MaxMinutes },
        _ => throw new InvalidOperationException($"A rule of kind {rule.Kind} has no canonical form."),
    };

    // Windows are alternatives: their order means nothing.
    private static JsonArray Windows(PolicyRule.ChangeWindow rule) => new([.. rule.Windows
        .OrderBy(window => window.Cron, StringComparer.Ordinal).ThenBy(window => window.TimeZone, StringComparer.Ordinal).ThenBy(window => window.Minutes)
        .Select(window => new JsonObject { ["cron"] = window.Cron, ["duration_minutes"] = window.Minutes, ["time_zone"] = window.TimeZone })]);

    private static JsonArray Strings(IEnumerable<string> values) => new([.. values.Select(value => JsonValue.Create(value))]);
}
