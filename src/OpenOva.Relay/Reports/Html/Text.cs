using System.Globalization;
using OpenOva.Relay.Database;
using OpenOva.Relay.Reports.Evaluation;
using OpenOva.Relay.Reports.Results;

namespace OpenOva.Relay.Reports.Html;

/// <summary>The report's wording of numbers, times and findings.</summary>
internal static class Text
{
    public static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    public static string Count(long value, string one, string? many = null) => $"{Number(value)} {(value == 1 ? one : many ?? one + "s")}";

    public static string Items(string item, long count) => item == "session" ? count == 1 ? "session" : "sessions" : count == 1 ? "day/protocol" : "days/protocols";

    public static string Time(long timeUs)
    {
        var time = RowClock.FromUnixMicroseconds(timeUs);
        var form = timeUs % 60_000_000 == 0 ? "yyyy-MM-dd HH:mm" : timeUs % 1_000_000 == 0 ? "yyyy-MM-dd HH:mm:ss" : "yyyy-MM-dd HH:mm:ss.ffffff";
        return $"{time.ToString(form, CultureInfo.InvariantCulture)} UTC";
    }

    public static string Period(ReportSummary summary) => $"period from {Time(summary.Parameters.FromUs)} up to {Time(summary.Parameters.ToUs)}";

    public static string ShortPeriod(ReportSummary summary) => $"{summary.FirstDay} to {summary.LastDay}";

    public static string Title(ReportSummary summary) =>
        $"{summary.Parameters.Framework.ToUpperInvariant()} session evidence, {summary.Parameters.Organisation}, {ShortPeriod(summary)}";

    /// <summary>A result in counts, never as a ratio alone.</summary>
    public static string Counts(TestResult result)
    {
        if (result.Reason is { } reason) return reason;
        var counts = result.Counts!;
        var parts = Outcomes.All.Where(o => counts[o] > 0).Select(o => $"{Number(counts[o])} {Word(o)}");
        return $"Of {Number(counts.Total)} {Items(result.Test.Item, counts.Total)}: {string.Join(", ", parts)}.";
    }

    public static string Listed(long listed, long all) => listed == all ? $"all {Number(all)}" : $"the first {Number(listed)} of {Number(all)}; the rest stand in exceptions.csv";

    public static string Codes(SessionFinding finding) =>
        string.Join(", ", finding.Clauses.Where(c => c.Outcome == Outcome.Fail).Select(c => c.Code).OfType<string>().Distinct());

    public static string Findings(SessionFinding finding) =>
        string.Join(" ", finding.Clauses.Where(c => c.Outcome == Outcome.Fail).Select(c => c.Detail is null ? c.Reason : $"{c.Reason} ({c.Detail})"));

    public static string Difference(Difference difference) => difference.Detail is null ? difference.Reason : $"{difference.Reason} ({difference.Detail})";

    public static string Leaves(IReadOnlyList<long> leaves) =>
        $"{(leaves.Count == 1 ? "leaf" : "leaves")} {string.Join(", ", leaves.Select(leaf => leaf.ToString(CultureInfo.InvariantCulture)))}";

    private static string Word(Outcome outcome) => outcome switch
    {
        Outcome.Pass => "passed",
        Outcome.Fail => "failed",
        Outcome.NotEvidenced => "not evidenced",
        Outcome.AcceptedException => "accepted as exceptions",
        _ => "not applicable",
    };
}
