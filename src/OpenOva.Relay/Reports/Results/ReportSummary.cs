using OpenOva.Relay.Reports.Controls;
using OpenOva.Relay.Reports.Evaluation;

namespace OpenOva.Relay.Reports.Results;

/// <summary>What a test came to.</summary>
/// <param name="Counts">Items of the population by outcome; null where the test was not evaluated.</param>
internal sealed record TestResult(EvidenceTest Test, Outcome Outcome, OutcomeCounts? Counts, TestTally? Tally, string? Reason);

/// <summary>A control with the results of its tests.</summary>
internal sealed record ControlResult(Control Control, IReadOnlyList<TestResult> Tests)
{
    public Outcome Outcome { get; } = Outcomes.Strongest(Tests.Select(test => test.Outcome));
}

/// <summary>Everything that a report says; it depends on leaves, parameters, catalogue and engine only.</summary>
internal sealed class ReportSummary
{
    private ReportSummary(ReportParameters parameters, Catalogue catalogue, LedgerEvaluation evaluation, long exceptions)
    {
        (Parameters, Catalogue, Reconciliation, Exceptions) = (parameters, catalogue, evaluation.Reconciliation, exceptions);
        (Sessions, OpenAtHead, Leaves, BeforeRange, NewestTimeUs, Subjects) =
            (evaluation.Sessions, evaluation.OpenAtHead, evaluation.Leaves, evaluation.BeforeRange, evaluation.NewestTimeUs, evaluation.Subjects.Count);
        Tests = [.. EvidenceTests.All.Select(test => ResultOf(test, evaluation))];
        Controls = [.. catalogue.Controls.Select(control => new ControlResult(control, [.. control.Tests.Select(id => Tests.Single(t => t.Test.Id == id))]))];
    }

    public ReportParameters Parameters { get; }

    public Catalogue Catalogue { get; }

    public Reconciliation Reconciliation { get; }

    public IReadOnlyList<TestResult> Tests { get; }

    public IReadOnlyList<ControlResult> Controls { get; }

    public long Sessions { get; }

    public long OpenAtHead { get; }

    public long Leaves { get; }

    public long BeforeRange { get; }

    public long NewestTimeUs { get; }

    public long Subjects { get; }

    /// <summary>Lines of exceptions.csv.</summary>
    public long Exceptions { get; }

    /// <summary>The first day of the period, <c>yyyy-MM-dd</c>.</summary>
    public string FirstDay => Reconciliation.Day(Parameters.FromUs);

    /// <summary>The last day that has a moment in the period.</summary>
    public string LastDay => Reconciliation.Day(Parameters.ToUs - 1);

    public static ReportSummary Of(ReportParameters parameters, Catalogue catalogue, LedgerEvaluation evaluation, long exceptions) =>
        new(parameters, catalogue, evaluation, exceptions);

    private static TestResult ResultOf(EvidenceTest test, LedgerEvaluation evaluation)
    {
        if (test.Missing is { } missing) return new(test, Outcome.NotEvidenced, null, null, missing);
        if (evaluation.Tallies.TryGetValue(test.Id, out var tally))
            return new(test, tally.Counts.Overall, tally.Counts, tally, tally.Counts.Total == 0 ? "No session was opened in the period." : null);
        var counts = new OutcomeCounts();
        foreach (var row in evaluation.Reconciliation.Rows) counts.Add(row.Outcome);
        return new(test, counts.Overall, counts, null, counts.Total == 0 ? "The ledger holds no event of a session in the period." : null);
    }
}
