using System.Collections.Immutable;
using OpenOva.Relay.Evidence;
using OpenOva.Relay.Evidence.Json;

namespace OpenOva.Relay.Connections.Policies;

/// <summary>Reads back what <see cref="PolicyDigest.Specification"/> wrote: a policy as the ledger holds it.</summary>
internal static class PolicySpecificationReader
{
    /// <exception cref="EvidenceFormatException">It is no specification, or has rules that this build does not know.</exception>
    public static EnvironmentPolicy Read(EvidenceObject specification)
    {
        var selector = specification.Object("selector");
        var labels = selector.Object("match_labels");
        var policy = new EnvironmentPolicy
        {
            Organisation = specification.String("organisation"),
            Name = specification.String("name"),
            Selector = new PolicySelector(
                [.. selector.Strings("connections")], [.. selector.Strings("protocols")], labels.Names.ToImmutableSortedDictionary(name => name, labels.String, StringComparer.Ordinal)),
            Rules = [.. specification.Objects("rules").Select(Rule)],
            Digest = "",
            File = "",
        };
        return policy with { Digest = PolicyDigest.Of(policy) };
    }

    private static PolicyRule Rule(EvidenceObject rule) => rule.String("kind") switch
    {
        "recording-required" => new PolicyRule.RecordingRequired(),
        "change-window" => new PolicyRule.ChangeWindow(
            [.. rule.Objects("windows").Select(window => new RecurringWindow(window.String("cron"), (int)window.Count("duration_minutes"), window.String("time_zone")))]),
        "mfa-required" => Mfa(rule),
        "max-duration" => new PolicyRule.MaxDuration((int)rule.Count("minutes")),
        "idle-limit" => new PolicyRule.IdleLimit((int)rule.Count("minutes"), (int)rule.Count("warn_seconds")),
        "source-networks" => new PolicyRule.SourceNetworks([.. rule.Strings("cidrs")]),
        "separation-of-duties" => new PolicyRule.SeparationOfDuties([.. rule.Strings("conflicting_roles")]),
        "session-limit" => new PolicyRule.SessionLimit((int?)rule.NullableCount("per_person"), (int?)rule.NullableCount("per_connection")),
        "approval-required" => new PolicyRule.ApprovalRequired((int)rule.Count("approvers"), [.. rule.Strings("roles")]),
        "break-glass" => new PolicyRule.BreakGlass([.. rule.Strings("roles")], (int)rule.Count("max_minutes")),
        var kind => throw rule.Error($"a rule of kind {kind} is not known"),
    };

    private static PolicyRule.MfaRequired Mfa(EvidenceObject rule)
    {
        var mapping = rule.Object("mapping");
        var factors = mapping.Object("factors");
        return new PolicyRule.MfaRequired(
            mapping.String("version"), [.. mapping.Strings("acr")], [.. mapping.Strings("amr")],
            factors.Names.ToImmutableSortedDictionary(name => name, name => factors.Strings(name).ToImmutableArray(), StringComparer.Ordinal),
            (int?)rule.NullableCount("max_age_minutes"));
    }
}
