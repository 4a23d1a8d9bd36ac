namespace OpenOva.Relay.Reports.Evaluation;

/// <summary>One way in which a clause ended, and for how many sessions.</summary>
internal sealed record ClauseLine(string Clause, Outcome Outcome, string? Code, string? Reason);

/// <summary>The counts of one test over the population, and its first exceptions.</summary>
internal sealed class TestTally(string test)
{
    /// <summary>How many exceptions a report lists itself; all of them stand in exceptions.csv.</summary>
    public const int MaxListed = 200;

    private static readonly Comparer<SessionFinding> ByOpening = Comparer<SessionFinding>.Create((a, b) => a.Session.OpeningLeaf.CompareTo(b.Session.OpeningLeaf));

    private readonly SortedSet<SessionFinding> _failed = new(ByOpening);
    private readonly Dictionary<ClauseLine, long> _lines = [];

    public string Test { get; } = test;

    public OutcomeCounts Counts { get; } = new();

    /// <summary>Sessions that fail, by opening; at most <see cref="MaxListed"/>.</summary>
    public IEnumerable<SessionFinding> Failed => _failed;

    /// <summary>How each clause ended, with counts, in the order of names.</summary>
    public IEnumerable<KeyValuePair<ClauseLine, long>> Lines =>
        _lines.OrderBy(l => l.Key.Clause, StringComparer.Ordinal).ThenBy(l => l.Key.Outcome).ThenBy(l => l.Key.Code, StringComparer.Ordinal)
            .ThenBy(l => l.Key.Reason, StringComparer.Ordinal);

    public void Add(SessionFinding finding)
    {
        Counts.Add(finding.Outcome);
        foreach (var clause in finding.Clauses)
        {
            var line = new ClauseLine(clause.Name, clause.Outcome, clause.Code, clause.Reason);
            _lines[line] = _lines.GetValueOrDefault(line) + 1;
        }

        if (finding.Outcome != Outcome.Fail) return;
        _failed.Add(finding);
        if (_failed.Count > MaxListed) _failed.Remove(_failed.Max!);
    }
}
