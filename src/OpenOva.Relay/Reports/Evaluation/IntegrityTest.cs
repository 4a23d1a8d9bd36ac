namespace OpenOva.Relay.Reports.Evaluation;

/// <summary>T07: the sealed recording was read back and recomputed, its chain held, it was stamped from elsewhere in time, and the store locks it.</summary>
internal static class IntegrityTest
{
    private const string ChainCheck = "chain";

    public static SessionFinding Evaluate(SessionEvidence session) => new("T07", session, [.. Clauses(session)], session.Leaves);

    private static IEnumerable<Clause> Clauses(SessionEvidence session)
    {
        if (session.Seal is { } recording) return [Recomputed(session, recording), Timestamp(), Lock(recording)];
        if (session.End is null) return [Clause.NotEvidenced("recomputed", null, "The session has no end up to the head, so there is nothing sealed to verify.")];
        return session.ExpectsRecording || (session.RecordingRequired && session.End.Connected)
            ? [Clause.NotEvidenced("recomputed", null, "There is no sealed recording to verify; see T06.")]
            : [Clause.NotApplicable("recomputed", "The session has no recording.")];
    }

    private static Clause Recomputed(SessionEvidence session, SealEvidence recording)
    {
        const string name = "recomputed";
        if (session.Verification is not { } verification) return Clause.NotEvidenced(name, null, "The sealed recording was not read back and verified up to the head.");
        if (verification.ManifestSha256 is null || recording.ManifestSha256 is null)
            return Clause.NotEvidenced(name, null, "Seal or verification does not name the manifest.");
        if (verification.ManifestSha256 != recording.ManifestSha256) return Clause.Fail(name, "E07a", "Another manifest was verified than was sealed.");
        if (verification.Held) return Clause.Pass(name, $"manifest {recording.ManifestSha256}");
        var failed = string.Join(", ", verification.Failed);
        return verification.Failed is [ChainCheck]
            ? Clause.Fail(name, "E07b", "The chain of segments did not hold.", failed)
            : Clause.Fail(name, "E07a", "What was read back is not what was sealed.", failed);
    }

    private static Clause Timestamp() => Clause.NotEvidenced("timestamp", "E07c", "No time-stamp authority is configured: nothing from elsewhere says when the recording existed.");

    private static Clause Lock(SealEvidence recording)
    {
        const string name = "lock";
        if (recording.Lock is null || recording.RetentionUntilUs is null) return Clause.NotEvidenced(name, "E07d", "The seal does not state lock and retention.");
        if (recording.Lock == "NONE") return Clause.NotEvidenced(name, "E07d", "The object store enforces no lock.");
        return recording.RetentionUntilUs > recording.TimeUs
            ? Clause.Pass(name, $"{recording.Lock}, as the store reported when the recording was sealed")
            : Clause.Fail(name, "E07d", "The retention had ended when the recording was sealed.");
    }
}
