namespace OpenOva.Relay.Reports.Evaluation;

/// <summary>How a test ended for one item. The names are persisted in results.</summary>
internal enum Outcome
{
    Pass = 0,
    Fail = 1,

    /// <summary>The ledger does not hold what the test needs. Never counted as a pass.</summary>
    NotEvidenced = 2,

    /// <summary>It fails, and somebody entitled accepted the risk. Still counted.</summary>
    AcceptedException = 3,

    /// <summary>A stated rule says that the test does not concern the item. Still in the population.</summary>
    NotApplicable = 4,
}

internal static class Outcomes
{
    // The strongest finding of an item's clauses is the item's.
    private static readonly Outcome[] ByWeight = [Outcome.Fail, Outcome.NotEvidenced, Outcome.AcceptedException, Outcome.Pass];

    private static readonly string[] Names = ["PASS", "FAIL", "NOT_EVIDENCED", "ACCEPTED_EXCEPTION", "NOT_APPLICABLE"];

    public static IReadOnlyList<Outcome> All { get; } = Enum.GetValues<Outcome>();

    public static string Name(this Outcome outcome) => Names[(int)outcome];

    /// <summary>FAIL before NOT_EVIDENCED before ACCEPTED_EXCEPTION before PASS; NOT_APPLICABLE when there is nothing else.</summary>
    public static Outcome Strongest(IEnumerable<Outcome> outcomes)
    {
        var seen = outcomes.ToHashSet();
        foreach (var outcome in ByWeight)
        {
            if (seen.Contains(outcome)) return outcome;
        }

        return Outcome.NotApplicable;
    }
}

/// <summary>Items by outcome.</summary>
internal sealed class OutcomeCounts
{
    private readonly long[] _counts = new long[Outcomes.All.Count];

    public long this[Outcome outcome] => _counts[(int)outcome];

    public long Total => _counts.Sum();

    public void Add(Outcome outcome, long items = 1) => _counts[(int)outcome] += items;

    /// <summary>The whole population's outcome. An empty population is not a pass: nothing happened that could be tested.</summary>
    public Outcome Overall => Outcomes.Strongest(Outcomes.All.Where(o => this[o] > 0));
}
