using System.Net;

namespace OpenOva.Relay.Connections.Policies;

/// <summary>Reads one of <c>spec.rules</c>.</summary>
internal static class PolicyRuleReader
{
    private const int MinutesOfAWeek = 7 * 24 * 60;
    private const int MinutesOfADay = 24 * 60;
    private const int MaximumSessions = 10_000;
    private const int DefaultWarnSeconds = 60;

    private static readonly string[] Kinds =
        ["approval-required", "break-glass", "change-window", "idle-limit", "max-duration", "mfa-required", "recording-required", "separation-of-duties",
            "session-limit", "source-networks"];

    /// <summary>The caller refuses unknown fields.</summary>
    public static PolicyRule Read(YamlFields rule) => rule.RequiredText("kind") switch
    {
        "recording-required" => new PolicyRule.RecordingRequired(),
        "change-window" => ChangeWindowReader.Read(rule),
        "mfa-required" => MfaRuleReader.Read(rule),
        "max-duration" => new PolicyRule.MaxDuration(rule.RequiredInteger("minutes", 1, MinutesOfAWeek)),
        "idle-limit" => ReadIdleLimit(rule),
        "source-networks" => ReadSourceNetworks(rule),
        "separation-of-duties" => new PolicyRule.SeparationOfDuties(PolicyLists.ReadRequired(rule, "conflictingRoles", "role")),
        "session-limit" => ReadSessionLimit(rule),
        "approval-required" => new PolicyRule.ApprovalRequired(
            rule.RequiredInteger("approvers", 1, 5), PolicyLists.Read(rule, "roles").Sort(StringComparer.Ordinal)),
        "break-glass" => new PolicyRule.BreakGlass(
            PolicyLists.ReadRequired(rule, "roles", "role"), rule.RequiredInteger("maxMinutes", 1, MinutesOfADay)),
        _ => throw rule.Fault("kind", $"must be one of {string.Join(", ", Kinds)}"),
    };

    private static PolicyRule.IdleLimit ReadIdleLimit(YamlFields rule)
    {
        var minutes = rule.RequiredInteger("minutes", 1, MinutesOfADay);
        // Half of the limit at most: a person who types every now and then would be warned all the time.
        return new PolicyRule.IdleLimit(minutes, rule.Integer("warnSeconds", 1, minutes * 30) ?? Math.Min(DefaultWarnSeconds, minutes * 30));
    }

    private static PolicyRule.SourceNetworks ReadSourceNetworks(YamlFields rule)
    {
        var networks = PolicyLists.ReadRequired(rule, "cidrs", "network");
        foreach (var (index, text) in PolicyLists.Read(rule, "cidrs").Index())
        {
            // With host bits set, what is meant could be the address or the network.
            if (!IPNetwork.TryParse(text, out var network) || !IPAddress.TryParse(text.AsSpan(0, text.IndexOf('/', StringComparison.Ordinal)), out var address)
                || !address.Equals(network.BaseAddress))
                throw rule.FaultInList("cidrs", index, "must be a network's prefix, such as 10.0.0.0/8 or fd00::/8, without host bits");
        }
        return new PolicyRule.SourceNetworks(networks);
    }

    private static PolicyRule.SessionLimit ReadSessionLimit(YamlFields rule)
    {
        var limit = new PolicyRule.SessionLimit(rule.Integer("perPerson", 1, MaximumSessions), rule.Integer("perConnection", 1, MaximumSessions));
        return limit is { PerPerson: null, PerConnection: null }
            ? throw rule.Fault("must limit something: perPerson, perConnection or both are needed")
            : limit;
    }
}
