namespace OpenOva.Relay.Reports.Evaluation;

/// <summary>T06: where recording was required, there is a sealed recording that covers the session.</summary>
internal static class RecordedTest
{
    public static SessionFinding Evaluate(SessionEvidence session, ReportParameters parameters) =>
        new("T06", session, [.. Clauses(session, parameters)], session.Leaves);

    private static IEnumerable<Clause> Clauses(SessionEvidence session, ReportParameters parameters)
    {
        if (!session.RecordingRequired) return [Clause.NotApplicable("sealed", "Recording was not required when the session was opened.")];
        if (session.End is { Connected: false, Recorded: false } && session.RecordingOpenedLeaf is null && session.Seal is null)
            return [Clause.NotApplicable("sealed", "The session ended before the target drew a frame, and no recorder was opened.")];
        if (session.Seal is { } sealedRecording) return Judge(sealedRecording, parameters);
        return session.End is null
            ? [Clause.NotEvidenced("sealed", "E06a", "The session has no end up to the head, so its recording cannot be sealed yet.")]
            : [Clause.Fail("sealed", "E06a", "Recording was required, and the ended session has no sealed recording.")];
    }

    private static IEnumerable<Clause> Judge(SealEvidence recording, ReportParameters parameters) =>
        [Clause.Pass("sealed"), State(recording), Coverage(recording, parameters), MaximumGap(recording, parameters), Gaps(recording)];

    private static Clause State(SealEvidence recording) => (recording.State, recording.Bound) switch
    {
        ("complete", _) => Clause.Pass("complete"),
        ("recovered", "process-killed") => Clause.Pass("complete", "recovered; bound process-killed: nothing that was delivered is lost"),
        ("recovered", "power-lost") => Clause.Pass("complete", "recovered; bound power-lost: at most 1 s and the sync in flight"),
        ("recovered", "disk-lost") => Clause.Fail("complete", "E06b", "The recording was recovered after the loss of a disk: what was not in the object store is lost."),
        _ => Clause.NotEvidenced("complete", "E06b", "The seal does not say whether the recording is complete, or what it may have lost at most."),
    };

    private static Clause Coverage(SealEvidence recording, ReportParameters parameters)
    {
        const string name = "coverage";
        if (recording.Coverage is not { } coverage) return Clause.NotEvidenced(name, "E06b", "The seal does not state the coverage.");
        var detail = $"{coverage.CoveredMs} of {coverage.SessionMs} ms";
        return coverage.CoveredMs * 100 >= coverage.SessionMs * parameters.CoveragePercent
            ? Clause.Pass(name, detail)
            : Clause.Fail(name, "E06b", "Heartbeats cover less of the session than the limit.", detail);
    }

    private static Clause MaximumGap(SealEvidence recording, ReportParameters parameters)
    {
        const string name = "max-gap";
        if (recording.Coverage is not { } coverage) return Clause.NotEvidenced(name, "E06b", "The seal does not state the longest gap.");
        return coverage.MaxGapMs <= parameters.MaxGapMs
            ? Clause.Pass(name, $"{coverage.MaxGapMs} ms")
            : Clause.Fail(name, "E06b", "The longest gap between heartbeats is above the limit.", $"{coverage.MaxGapMs} ms, limit {parameters.MaxGapMs} ms");
    }

    private static Clause Gaps(SealEvidence recording) => recording.Gaps switch
    {
        null => Clause.NotEvidenced("no-declared-gap", "E06b", "The seal does not say whether the recorder knows of gaps."),
        0 => Clause.Pass("no-declared-gap"),
        { } gaps => Clause.Fail("no-declared-gap", "E06b", "The recorder itself declares gaps.", $"{gaps} declared"),
    };
}
