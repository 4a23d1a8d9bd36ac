namespace OpenOva.Relay.Reports.Evaluation;

/// <summary>
/// T04: an allowed decision before the start, for this person and this connection as declared. Where the connection has approval terms, the approval
/// is tested too; where it has none, those clauses do not apply, because access by role needs no approver.
/// </summary>
internal static class AuthorisationTest
{
    private const string NoTerms = "The connection had no approval terms: access by role.";

    public static SessionFinding Evaluate(SessionEvidence session)
    {
        var decision = session.Decision;
        List<Clause> clauses =
        [
            decision is null
                ? Clause.Fail("allowed-decision", "E04a", "The ledger holds no unused allowed decision with the id that the opening names.", $"decision {session.DecisionId}")
                : Clause.Pass("allowed-decision", $"decision {decision.Id}"),
        ];
        if (decision is not null)
        {
            clauses.Add(BeforeStart(session, decision));
            clauses.Add(SamePerson(session, decision));
            clauses.Add(SameConnection(session, decision));
            clauses.AddRange(Approval(session, decision));
        }

        return new("T04", session, clauses, [.. session.Leaves.Take(2)]);
    }

    private static Clause BeforeStart(SessionEvidence session, DecisionEvidence decision)
    {
        const string name = "before-start";
        if (decision.DecidedUs is not { } decided) return Clause.NotEvidenced(name, "E04b", "The decision does not say when it was made.");
        return decided <= session.OpenedUs && decision.Leaf < session.OpeningLeaf
            ? Clause.Pass(name)
            : Clause.Fail(name, "E04b", "The decision was made after the start.", $"{(decided - session.OpenedUs) / 1000} ms after the start");
    }

    private static Clause SamePerson(SessionEvidence session, DecisionEvidence decision)
    {
        const string name = "same-person";
        if (decision.Subject is null || session.Subject is null) return Clause.NotEvidenced(name, "E04e", "Opening or decision names no issuer and subject.");
        return decision.Subject == session.Subject ? Clause.Pass(name) : Clause.Fail(name, "E04e", "The decision was made for another person.");
    }

    private static Clause SameConnection(SessionEvidence session, DecisionEvidence decision)
    {
        const string name = "same-connection";
        if (decision.Connection.Digest is null || session.Connection.Digest is null)
            return Clause.NotEvidenced(name, "E04e", "Opening or decision does not say which declaration of the connection was in force.");
        return decision.Connection.Digest == session.Connection.Digest && decision.Connection.Name == session.Connection.Name
            ? Clause.Pass(name)
            : Clause.Fail(name, "E04e", "The session was opened to another connection, or to another declaration of it, than was decided.");
    }

    private static IEnumerable<Clause> Approval(SessionEvidence session, DecisionEvidence decision)
    {
        string[] names = ["approved", "approval-before-start", "approver-not-user", "within-window", "approver-entitled"];
        if (!session.HasApprovalTerms) return names.Select(name => Clause.NotApplicable(name, NoTerms));
        if (!decision.ApprovalStated)
            return names.Select(name => Clause.NotEvidenced(name, "E04a", "The connection demands approval, and the ledger holds no evidence about one."));
        if (decision.Approval is not { } approval) return [Clause.Fail("approved", "E04a", "The connection demands approval, and there was none.")];
        return
        [
            Clause.Pass(names[0]),
            approval.DecidedUs is not { } decided ? Unknown(names[1], "E04b")
                : decided <= session.OpenedUs ? Clause.Pass(names[1]) : Clause.Fail(names[1], "E04b", "The approval came after the start."),
            approval.Approver is null || session.Subject is null ? Unknown(names[2], "E04c")
                : approval.Approver != session.Subject ? Clause.Pass(names[2]) : Clause.Fail(names[2], "E04c", "The person approved his own access."),
            Window(names[3], session, approval),
            approval.ApproverRoleHeld is not { } held ? Unknown(names[4], "E04f")
                : held ? Clause.Pass(names[4]) : Clause.Fail(names[4], "E04f", "The approver did not hold the approver's role."),
        ];
    }

    private static Clause Window(string name, SessionEvidence session, ApprovalEvidence approval)
    {
        if (approval.WindowFromUs is not { } from || approval.WindowToUs is not { } to) return Unknown(name, "E04d");
        if (session.OpenedUs < from || session.OpenedUs > to) return Clause.Fail(name, "E04d", "The session began outside the approved window.");
        if (session.End is not { } end) return Clause.NotEvidenced(name, "E04d", "The session has no end up to the head.");
        return (end.EndedUs ?? end.TimeUs) <= to ? Clause.Pass(name) : Clause.Fail(name, "E04d", "The session went on beyond the approved window.");
    }

    private static Clause Unknown(string name, string code) => Clause.NotEvidenced(name, code, "The approval's evidence does not say this.");
}
