using Cronos;
using OpenOva.Relay.Connections.Policies;

namespace OpenOva.Relay.Access;

/// <summary>Change windows: open from each time of a cron expression for some minutes.</summary>
internal static class ChangeWindows
{
    public static Objection? Ask(AccessInputs inputs)
    {
        if (inputs.BreakGlass) return null;
        foreach (var (policy, rule) in PolicyRules.Of<PolicyRule.ChangeWindow>(inputs.Policies))
        {
            if (OpenUntil(rule, inputs.Now) is null) return new Objection(AccessReason.OutsideChangeWindow, PolicyRules.Name(policy, rule));
        }

        return null;
    }

    /// <summary>When the rule's window that closes last of those open now closes; null: none is open. A window's end is outside it.</summary>
    public static DateTimeOffset? OpenUntil(PolicyRule.ChangeWindow rule, DateTimeOffset now) => rule.Windows.Select(window => OpenUntil(window, now)).Max();

    private static DateTimeOffset? OpenUntil(RecurringWindow window, DateTimeOffset now)
    {
        var length = TimeSpan.FromMinutes(window.Minutes);
        var begun = CronExpression.Parse(window.Cron)
            .GetOccurrences(now - length, now, TimeZoneInfo.FindSystemTimeZoneById(window.TimeZone), fromInclusive: false, toInclusive: true)
            .Select(occurrence => (DateTimeOffset?)occurrence)
            .LastOrDefault();
        return begun is { } at ? at.ToUniversalTime() + length : null;
    }
}
