namespace OpenOva.Relay.Reports.Evaluation;

/// <summary>T05: nobody works in a conflicting duty. Needs a matrix of duties, which this version has no place for.</summary>
internal static class SegregationTest
{
    public static SessionFinding Evaluate(SessionEvidence session) =>
        new("T05", session, [Clause.NotEvidenced("no-conflicting-duty", null, "No matrix of conflicting duties is configured.")], [session.OpeningLeaf]);
}
