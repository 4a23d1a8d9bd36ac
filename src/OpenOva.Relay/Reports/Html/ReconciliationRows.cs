using OpenOva.Relay.Reports.Evaluation;

namespace OpenOva.Relay.Reports.Html;

/// <summary>A line of the reconciliation table.</summary>
internal sealed record ReconciliationLine(
    string Day, string Protocol, long Grants, long Openings, long Ends, long RecordedEnds, long Sealed, long Views, long Differences, string Outcome);

/// <summary>Days, or months where there are too many days to read.</summary>
internal static class ReconciliationRows
{
    private const int MostDays = 62;

    public static (IReadOnlyList<ReconciliationLine> Lines, bool Monthly) Of(Reconciliation reconciliation)
    {
        var rows = reconciliation.Rows.ToList();
        var monthly = rows.Count > MostDays;
        var lines = rows.GroupBy(row => (Day: monthly ? row.Day[..7] : row.Day, row.Protocol)).Select(group => new ReconciliationLine(
            group.Key.Day, group.Key.Protocol, group.Sum(r => r.Grants), group.Sum(r => r.Openings), group.Sum(r => r.Ends), group.Sum(r => r.RecordedEnds),
            group.Sum(r => r.Sealed), group.Sum(r => r.Views), group.Sum(r => r.Differences), Outcomes.Strongest(group.Select(r => r.Outcome)).Name()));
        return ([.. lines.OrderBy(l => l.Day, StringComparer.Ordinal).ThenBy(l => l.Protocol, StringComparer.Ordinal)], monthly);
    }
}
