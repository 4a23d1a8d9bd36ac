using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Cronos;

namespace OpenOva.Relay.Connections.Policies;

/// <summary>Reads a <c>change-window</c> rule.</summary>
internal static partial class ChangeWindowReader
{
    private const int MinutesOfAWeek = 7 * 24 * 60;
    private const int FieldsOfCron = 5;

    // Only to ask whether an expression ever begins: any moment does.
    private static readonly DateTime SomeMoment = new(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    public static PolicyRule.ChangeWindow Read(YamlFields rule)
    {
        var windows = ImmutableArray.CreateBuilder<RecurringWindow>();
        foreach (var window in rule.Mappings("windows"))
        {
            if (windows.Count == PolicyLists.MaximumItems)
                throw rule.Fault("windows", $"must hold at most {PolicyLists.MaximumItems} entries");
            windows.Add(new RecurringWindow(ReadCron(window), window.RequiredInteger("durationMinutes", 1, MinutesOfAWeek), ReadTimeZone(window)));
            window.RefuseOthers();
        }
        return windows.Count > 0 ? new PolicyRule.ChangeWindow(windows.ToImmutable()) : throw rule.Fault("windows", "must hold at least one window");
    }

    private static string ReadCron(YamlFields window)
    {
        var text = window.RequiredText("cron");
        var fields = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length != FieldsOfCron || text.Length > PolicyLists.MaximumLength || !CronExpression.TryParse(text, CronFormat.Standard, out var cron))
            throw window.Fault("cron", "must be five fields: minute, hour, day of month, month, day of week");
        return cron.GetNextOccurrence(SomeMoment) is null
            ? throw window.Fault("cron", "names no day that there is")
            : string.Join(' ', fields);
    }

    private static string ReadTimeZone(YamlFields window)
    {
        var name = window.RequiredText("timeZone");
        return ZoneName().IsMatch(name) && TimeZoneInfo.TryFindSystemTimeZoneById(name, out _)
            ? name
            : throw window.Fault("timeZone", "must be a time zone's IANA name, such as Europe/Berlin");
    }

    // The names of tz's links for the machine itself, and of its other leap-second tables, begin small.
    [GeneratedRegex("^[A-Z][A-Za-z0-9_+-]*(/[A-Z][A-Za-z0-9_+-]*){0,2}$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex ZoneName();
}
