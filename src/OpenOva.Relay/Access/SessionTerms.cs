using OpenOva.Relay.Connections.Policies;
using OpenOva.Relay.Database;

namespace OpenOva.Relay.Access;

/// <summary>What a session that was admitted is bound to.</summary>
internal sealed record SessionTerms
{
    /// <summary>Nothing is delivered unrecorded.</summary>
    public required bool IsRecorded { get; init; }

    /// <summary>It is delivered after it was synced to the disk, not only written.</summary>
    public bool IsSynced { get; init; }

    /// <summary>When it is cut, microseconds UTC; null: never by time.</summary>
    public long? UntilUs { get; init; }

    /// <summary>Without input of the person for this long it is cut, seconds; null: never for that.</summary>
    public int? IdleSeconds { get; init; }

    /// <summary>How long before he is warned, seconds.</summary>
    public int IdleWarnSeconds { get; init; }

    /// <summary>The approved request it rests on; null where none was needed.</summary>
    public string? Grant { get; init; }

    public bool BreakGlass { get; init; }

    /// <summary>A policy reads where the person is: who redeems the ticket is where he opened it.</summary>
    public bool IsSourceBound { get; init; }

    /// <summary>The terms of inputs that no rule objects to: of several limits the narrowest counts.</summary>
    public static SessionTerms Of(AccessInputs inputs)
    {
        var grant = inputs.BreakGlass ? null : Approvals.Grant(inputs);
        var idle = PolicyRules.Of<PolicyRule.IdleLimit>(inputs.Policies).Select(found => found.Rule).OrderBy(rule => rule.Minutes).ThenByDescending(rule => rule.WarnSeconds).FirstOrDefault();
        return new SessionTerms
        {
            IsRecorded = inputs.IsRecorded || inputs.BreakGlass,
            IsSynced = inputs.BreakGlass,
            UntilUs = Ends(inputs, grant).Min(),
            IdleSeconds = idle?.Minutes * 60,
            IdleWarnSeconds = idle?.WarnSeconds ?? 0,
            Grant = grant?.Request,
            BreakGlass = inputs.BreakGlass,
            IsSourceBound = PolicyRules.Of<PolicyRule.SourceNetworks>(inputs.Policies).Any(),
        };
    }

    /// <summary>When a session that is extended is cut: what was approved, within what the policies allow a session that was opened then.</summary>
    public static long Extended(IReadOnlyCollection<EnvironmentPolicy> policies, long openedUs, DateTimeOffset now, long approvedUntilUs)
    {
        var longest = PolicyRules.Of<PolicyRule.MaxDuration>(policies).Select(found => openedUs + (long)TimeSpan.FromMinutes(found.Rule.Minutes).TotalMicroseconds);
        var windows = PolicyRules.Of<PolicyRule.ChangeWindow>(policies).Select(found => ChangeWindows.OpenUntil(found.Rule, now)?.ToUnixMicroseconds() ?? 0);
        return longest.Concat(windows).Append(approvedUntilUs).Min();
    }

    private static IEnumerable<long?> Ends(AccessInputs inputs, AccessGrant? grant)
    {
        long After(int minutes) => (inputs.Now + TimeSpan.FromMinutes(minutes)).ToUnixMicroseconds();
        foreach (var (_, rule) in PolicyRules.Of<PolicyRule.MaxDuration>(inputs.Policies)) yield return After(rule.Minutes);
        if (inputs.BreakGlass)
        {
            foreach (var (_, rule) in PolicyRules.Of<PolicyRule.BreakGlass>(inputs.Policies)) yield return After(rule.MaxMinutes);
            yield break;
        }

        foreach (var (_, rule) in PolicyRules.Of<PolicyRule.ChangeWindow>(inputs.Policies)) yield return ChangeWindows.OpenUntil(rule, inputs.Now)?.ToUnixMicroseconds();
        if (inputs.MaxDurationMinutes is { } minutes) yield return After(minutes);
        yield return grant?.UntilUs;
    }
}
