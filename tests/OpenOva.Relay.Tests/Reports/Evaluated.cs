using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Reports.Controls;
using OpenOva.Relay.Reports.Evaluation;

namespace OpenOva.Relay.Tests.Reports;

/// <summary>Runs the evaluation over leaves and keeps every finding.</summary>
internal sealed class Evaluated
{
    private readonly List<SessionFinding> _findings = [];

    private Evaluated(ReportParameters parameters, IReadOnlyList<LedgerLeaf> leaves)
    {
        var doubtful = leaves.Select(LedgerEvaluation.DoubtfulSession).OfType<string>().ToHashSet();
        Evaluation = new LedgerEvaluation(parameters, doubtful, (_, findings) => _findings.AddRange(findings));
        foreach (var leaf in leaves) Evaluation.Add(leaf);
        Evaluation.Finish();
    }

    public static Catalogue Sox { get; } = new Catalogues().Find("sox")!;

    public LedgerEvaluation Evaluation { get; }

    public IReadOnlyList<Difference> Differences => Evaluation.Reconciliation.Differences;

    public static ReportParameters Parameters(long headSize, long fromUs = LeafBook.StartUs, long toUs = LeafBook.StartUs + LeafBook.DayUs, long firstLeaf = 0, AssurancePolicy? assurance = null) =>
        ReportParameters.Of(Sox, LeafBook.Organisation, "fingerprint", fromUs, toUs, firstLeaf, headSize, new string('0', 64), assurance);

    public static Evaluated Of(LeafBook book, AssurancePolicy? assurance = null) => new(Parameters(book.Events.Count, assurance: assurance), [.. book.Leaves]);

    public static Evaluated Of(IReadOnlyList<LedgerLeaf> leaves, ReportParameters parameters) => new(parameters, leaves);

    public SessionFinding Finding(string test, int session) => _findings.Single(f => f.Test == test && f.Session.Session == LeafBook.Id(session));

    public Clause Clause(string test, int session, string clause) => Finding(test, session).Clauses.Single(c => c.Name == clause);
}
