using System.Globalization;
using OpenOva.Relay.Database;

namespace OpenOva.Relay.Reports.Evaluation;

/// <summary>Something that does not reconcile.</summary>
/// <param name="Reason">Fixed wording.</param>
internal sealed record Difference(string Code, Outcome Outcome, string Day, string Protocol, string? Session, long Leaf, string Reason, string? Detail = null);

/// <summary>The control totals of one day and protocol.</summary>
internal sealed class ReconciliationRow(string day, string protocol)
{
    public string Day { get; } = day;

    public string Protocol { get; } = protocol;

    public long Grants { get; set; }

    public long Openings { get; set; }

    public long Ends { get; set; }

    public long RecordedEnds { get; set; }

    public long Sealed { get; set; }

    public long Views { get; set; }

    public long Differences { get; set; }

    public Outcome Outcome { get; private set; } = Outcome.Pass;

    public void Worsen(Outcome by) => Outcome = Outcomes.Strongest([Outcome, by]);
}

/// <summary>
/// T01a. A session's events all count on the day on which it was opened, so that a session over midnight does not look like a difference; a decision that
/// no session was opened under, a view, and an event of a session that the ledger does not know count on their own day.
/// </summary>
internal sealed class Reconciliation
{
    public const string UnknownProtocol = "unknown";

    private readonly SortedDictionary<(string Day, string Protocol), ReconciliationRow> _rows =
        new(Comparer<(string Day, string Protocol)>.Create((a, b) => string.CompareOrdinal(a.Day, b.Day) is var days and not 0 ? days : string.CompareOrdinal(a.Protocol, b.Protocol)));

    private readonly List<Difference> _differences = [];

    public IEnumerable<ReconciliationRow> Rows => _rows.Values;

    /// <summary>In the order of their leaves.</summary>
    public IReadOnlyList<Difference> Differences => [.. _differences.OrderBy(d => d.Leaf).ThenBy(d => d.Code, StringComparer.Ordinal).ThenBy(d => d.Reason, StringComparer.Ordinal)];

    public static string Day(long timeUs) => RowClock.FromUnixMicroseconds(timeUs).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>Takes a session of the period, once, with all that the ledger says of it up to the head.</summary>
    public void Add(SessionEvidence session)
    {
        var row = Row(session.OpenedUs, session.Connection.Protocol);
        row.Openings++;
        if (session.Decision is not null) row.Grants++;
        else Differ(session, session.OpeningLeaf, "E01b", Outcome.Fail, "A session was opened without an unused allowed decision.", $"decision {session.DecisionId}");
        if (session.End is { } end)
        {
            row.Ends++;
            if (end.Recorded) row.RecordedEnds++;
            if (end.Recorded && session.Seal is null) Differ(session, end.Leaf, "E01a", Outcome.Fail, "A session ended as recorded, and no recording was sealed.");
            if (!end.Recorded && session.RecordingOpenedLeaf is not null) Differ(session, end.Leaf, "E01a", Outcome.Fail, "A recorder was opened, and the end does not say so.");
        }
        else
        {
            Differ(session, session.OpeningLeaf, "E01d", Outcome.NotEvidenced, "The session has no end up to the head: it is open still, or its end is missing.");
        }

        if (session.Seal is { } recording)
        {
            row.Sealed++;
            if (session.End is { Recorded: false }) Differ(session, recording.Leaf, "E01b", Outcome.Fail, "A recording was sealed of a session that did not end as recorded.");
            if (session.RecordingOpenedLeaf is null) Differ(session, recording.Leaf, "E01b", Outcome.Fail, "A recording was sealed that no recorder had opened.");
        }
    }

    /// <summary>Takes an allowed decision of the period that no session was opened under.</summary>
    public void AddUnused(DecisionEvidence decision)
    {
        Row(decision.TimeUs, decision.Connection.Protocol).Grants++;
        Differ(decision.TimeUs, decision.Connection.Protocol, null, decision.Leaf, "E01a", Outcome.Fail, "An allowed decision has no session.", $"decision {decision.Id}");
    }

    /// <summary>Takes a view of a sealed recording, on the day it was viewed.</summary>
    public void AddView(long timeUs, string protocol) => Row(timeUs, protocol).Views++;

    /// <summary>Takes an event of the period that belongs to no session known, or stands twice, or cannot be read.</summary>
    public void AddStray(long timeUs, string? session, long leaf, string code, string reason, string? detail = null, string? protocol = null) =>
        Differ(timeUs, protocol, session, leaf, code, Outcome.Fail, reason, detail);

    /// <summary>Takes something about a session that stands beside its totals.</summary>
    public void Differ(SessionEvidence session, long leaf, string code, Outcome outcome, string reason, string? detail = null) =>
        Differ(session.OpenedUs, session.Connection.Protocol, session.Session, leaf, code, outcome, reason, detail);

    private void Differ(long timeUs, string? protocol, string? session, long leaf, string code, Outcome outcome, string reason, string? detail)
    {
        var row = Row(timeUs, protocol);
        row.Differences++;
        row.Worsen(outcome);
        _differences.Add(new Difference(code, outcome, row.Day, row.Protocol, session, leaf, reason, detail));
    }

    private ReconciliationRow Row(long timeUs, string? protocol)
    {
        var key = (Day(timeUs), protocol ?? UnknownProtocol);
        if (!_rows.TryGetValue(key, out var row)) _rows[key] = row = new ReconciliationRow(key.Item1, key.Item2);
        return row;
    }
}
