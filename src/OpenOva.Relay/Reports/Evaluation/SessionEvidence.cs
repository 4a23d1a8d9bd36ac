namespace OpenOva.Relay.Reports.Evaluation;

/// <summary>A person's account as the ledger names it.</summary>
internal sealed record SubjectEvidence(string Issuer, string Sub);

/// <summary>Which connection, as it was declared at that moment.</summary>
internal sealed record ConnectionEvidence(string? Name, string? Digest, string? Protocol);

/// <summary>An approval that a decision rests on. Null members: the ledger does not say.</summary>
internal sealed record ApprovalEvidence(SubjectEvidence? Approver, long? DecidedUs, long? WindowFromUs, long? WindowToUs, bool? ApproverRoleHeld);

/// <summary>An <c>access.decided</c> event that allowed.</summary>
/// <param name="ApprovalStated">The inputs have a member <c>approval</c>, be it null.</param>
internal sealed record DecisionEvidence(
    string Id, long Leaf, long TimeUs, SubjectEvidence? Subject, ConnectionEvidence Connection, string? Acr, long? AuthenticatedUs, long? DecidedUs,
    bool ApprovalStated, ApprovalEvidence? Approval);

/// <summary>A <c>session.ended</c> event.</summary>
internal sealed record EndEvidence(long Leaf, long TimeUs, bool Connected, bool Recorded, string? Reason, string? Failure, long? EndedUs);

/// <summary>Times are milliseconds of the recorder's monotonic clock.</summary>
internal sealed record CoverageEvidence(long SessionMs, long CoveredMs, long MaxGapMs);

/// <summary>A <c>recording.sealed</c> event.</summary>
/// <param name="State"><c>complete</c> or <c>recovered</c>.</param>
/// <param name="Bound">What a recovered recording may have lost at most.</param>
/// <param name="Lock">The store's lock mode, <c>NONE</c> where it cannot lock.</param>
internal sealed record SealEvidence(
    long Leaf, long TimeUs, string? ManifestSha256, string? State, long? Gaps, string? Bound, CoverageEvidence? Coverage, long? RetentionUntilUs, string? Lock);

/// <summary>A <c>recording.verified</c> event.</summary>
/// <param name="Failed">Names of the checks that did not hold.</param>
internal sealed record VerificationEvidence(long Leaf, string? ManifestSha256, bool Held, IReadOnlyList<string> Failed);

/// <summary>What the ledger says of one session up to the pinned head.</summary>
internal sealed class SessionEvidence
{
    public required string Session { get; init; }

    public required long OpeningLeaf { get; init; }

    /// <summary>When it was opened, microseconds UTC: decides whether the session is in the period.</summary>
    public required long OpenedUs { get; init; }

    public required SubjectEvidence? Subject { get; init; }

    public required ConnectionEvidence Connection { get; init; }

    public required string DecisionId { get; init; }

    public required bool RecordingRequired { get; init; }

    /// <summary>The connection has approval terms (<c>jit</c>), as the opening says.</summary>
    public bool HasApprovalTerms { get; init; }

    public string? GatewayClient { get; init; }

    /// <summary>The allowed decision that it was opened under; null when the ledger holds none that was unused.</summary>
    public DecisionEvidence? Decision { get; init; }

    public long? RecordingOpenedLeaf { get; set; }

    public long? ConnectedLeaf { get; set; }

    public EndEvidence? End { get; set; }

    public SealEvidence? Seal { get; set; }

    /// <summary>The last verification, except that one that did not hold stays.</summary>
    public VerificationEvidence? Verification { get; set; }

    public bool ExpectsRecording => RecordingOpenedLeaf is not null || End is { Recorded: true };

    /// <summary>Nothing more is expected: it ended and, if recorded, was sealed and verified.</summary>
    public bool IsSettled => End is not null && (!ExpectsRecording || (Seal is not null && Verification is { Held: true }));

    /// <summary>The leaves that tell of it, in order.</summary>
    public IReadOnlyList<long> Leaves =>
        [.. new[] { Decision?.Leaf, OpeningLeaf, RecordingOpenedLeaf, ConnectedLeaf, End?.Leaf, Seal?.Leaf, Verification?.Leaf }.OfType<long>().Order()];
}
