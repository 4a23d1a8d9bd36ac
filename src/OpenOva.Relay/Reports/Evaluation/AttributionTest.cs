namespace OpenOva.Relay.Reports.Evaluation;

/// <summary>T02: the session is attributed to one account of one person, and the decision names the same.</summary>
internal static class AttributionTest
{
    public static SessionFinding Evaluate(SessionEvidence session)
    {
        var subject = session.Subject is { } known
            ? Clause.Pass("subject-named", $"{known.Issuer} {known.Sub}")
            : Clause.Fail("subject-named", "E02a", "The opening names no issuer and subject.");
        return new("T02", session, [subject, SameSubject(session)], [.. session.Leaves.Take(2)]);
    }

    private static Clause SameSubject(SessionEvidence session)
    {
        const string name = "same-as-decided";
        if (session.Subject is null) return Clause.NotEvidenced(name, "E02a", "The opening names nobody to compare with.");
        if (session.Decision is null) return Clause.NotEvidenced(name, "E02a", "The ledger holds no unused allowed decision for the session.");
        if (session.Decision.Subject is null) return Clause.NotEvidenced(name, "E02a", "The decision names no issuer and subject.");
        return session.Decision.Subject == session.Subject
            ? Clause.Pass(name)
            : Clause.Fail(name, "E02a", "The decision was made for another account.", $"decided for {session.Decision.Subject.Issuer} {session.Decision.Subject.Sub}");
    }
}
