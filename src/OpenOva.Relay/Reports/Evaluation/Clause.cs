namespace OpenOva.Relay.Reports.Evaluation;

/// <summary>One condition of a test, judged for one session.</summary>
/// <param name="Name">Of the condition, kebab-case.</param>
/// <param name="Code">The exception code, for FAIL and NOT_EVIDENCED where the test defines one.</param>
/// <param name="Reason">Why it is not a pass: fixed wording, so that equal reasons can be counted.</param>
/// <param name="Detail">What is particular to this session.</param>
internal sealed record Clause(string Name, Outcome Outcome, string? Code = null, string? Reason = null, string? Detail = null)
{
    public static Clause Pass(string name, string? detail = null) => new(name, Outcome.Pass, Detail: detail);

    public static Clause Fail(string name, string code, string reason, string? detail = null) => new(name, Outcome.Fail, code, reason, detail);

    public static Clause NotEvidenced(string name, string? code, string reason, string? detail = null) => new(name, Outcome.NotEvidenced, code, reason, detail);

    public static Clause NotApplicable(string name, string rule) => new(name, Outcome.NotApplicable, Reason: rule);

    public override string ToString() => $"{Name}={Outcome.Name()}{(Code is null ? "" : $" ({Code})")}";
}

/// <summary>What a test found for one session.</summary>
internal sealed record SessionFinding(string Test, SessionEvidence Session, IReadOnlyList<Clause> Clauses, IReadOnlyList<long> Leaves)
{
    public Outcome Outcome { get; } = Outcomes.Strongest(Clauses.Select(clause => clause.Outcome));
}
