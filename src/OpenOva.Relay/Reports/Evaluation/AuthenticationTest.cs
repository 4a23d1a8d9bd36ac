namespace OpenOva.Relay.Reports.Evaluation;

/// <summary>T03: strong enough and recent authentication, by the claims that the decision read.</summary>
internal static class AuthenticationTest
{
    // Clocks of the identity provider and of the replica may differ by as much as token validation grants.
    private const long SkewUs = 60_000_000;
    private const long HourUs = 3_600_000_000;

    public static SessionFinding Evaluate(SessionEvidence session, ReportParameters parameters) =>
        new("T03", session, [Claims(session), Assurance(session, parameters), Freshness(session, parameters)], [.. session.Leaves.Take(2)]);

    private static Clause Claims(SessionEvidence session)
    {
        const string name = "claims-present";
        if (session.Decision is not { } decision) return Clause.NotEvidenced(name, "E03b", "The ledger holds no unused allowed decision for the session.");
        if (string.IsNullOrEmpty(decision.Acr)) return Clause.NotEvidenced(name, "E03b", "The identity provider gave no acr.");
        return decision.AuthenticatedUs is null ? Clause.NotEvidenced(name, "E03b", "The identity provider gave no auth_time.") : Clause.Pass(name, $"acr {decision.Acr}");
    }

    private static Clause Assurance(SessionEvidence session, ReportParameters parameters)
    {
        const string name = "assurance-level";
        if (session.Decision?.Acr is not { Length: > 0 } acr || session.Decision.Subject is not { } subject)
            return Clause.NotEvidenced(name, "E03b", "There is no acr of a known issuer to derive a level from.");
        if (parameters.Assurance is not { } policy) return Clause.NotEvidenced(name, null, "No table of (issuer, acr) to assurance levels is configured.");
        if (policy.LevelOf(subject.Issuer, acr) is not { } level)
            return Clause.NotEvidenced(name, "E03b", "The table of assurance levels does not have this (issuer, acr).", $"acr {acr}");
        return level >= policy.RequiredLevel
            ? Clause.Pass(name, $"level {level}, required {policy.RequiredLevel}")
            : Clause.Fail(name, "E03a", "The assurance level is below the required one.", $"level {level}, required {policy.RequiredLevel}");
    }

    private static Clause Freshness(SessionEvidence session, ReportParameters parameters)
    {
        const string name = "authentication-recent";
        if (session.Decision?.AuthenticatedUs is not { } authenticated) return Clause.NotEvidenced(name, "E03b", "There is no auth_time.");
        var age = session.OpenedUs - authenticated;
        if (age < -SkewUs) return Clause.Fail(name, "E03c", "The authentication is dated after the session's start.", $"{-age / 1_000_000} s after the start");
        return age <= parameters.AuthenticationMaxAgeHours * HourUs
            ? Clause.Pass(name)
            : Clause.Fail(name, "E03c", "The authentication is older than the limit.", $"{age / 1_000_000} s before the start, limit {parameters.AuthenticationMaxAgeHours} h");
    }
}
