using System.Text.Json;
using OpenOva.Relay.Evidence.Json;
using OpenOva.Relay.Evidence.Ledger;

namespace OpenOva.Relay.Reports.Evaluation;

/// <summary>
/// Takes from an event what tests read. What identifies the event must be there (else <see cref="Evidence.EvidenceFormatException"/>); everything else
/// that is absent or of another type is null, which the tests turn into NOT_EVIDENCED.
/// </summary>
internal static class LeafReader
{
    public static DecisionEvidence Decision(LedgerLeaf leaf)
    {
        var data = leaf.Data;
        var inputs = Object(data, "inputs");
        return new DecisionEvidence(
            data.String("decision"), leaf.Sequence, leaf.TimeUs, Subject(data, "subject"), Connection(data), Text(inputs, "acr"), Integer(inputs, "auth_time_us"),
            Integer(inputs, "time_us"), inputs is { } stated && stated.Element.TryGetProperty("approval", out _), Approval(inputs));
    }

    public static SessionEvidence Opening(LedgerLeaf leaf, Func<string, DecisionEvidence?> takeDecision)
    {
        var data = leaf.Data;
        var decision = data.String("decision");
        return new SessionEvidence
        {
            Session = data.String("session"),
            OpeningLeaf = leaf.Sequence,
            OpenedUs = leaf.TimeUs,
            Subject = Subject(data, "subject"),
            Connection = Connection(data),
            DecisionId = decision,
            RecordingRequired = data.Boolean("recording_required"),
            HasApprovalTerms = data.Element.TryGetProperty("jit", out var terms) && terms.ValueKind == JsonValueKind.True,
            GatewayClient = Text(data, "gateway_client"),
            Decision = takeDecision(decision),
        };
    }

    public static EndEvidence End(LedgerLeaf leaf) => new(
        leaf.Sequence, leaf.TimeUs, leaf.Data.Boolean("connected"), leaf.Data.Boolean("recorded"), Text(leaf.Data, "reason"), Text(leaf.Data, "failure"),
        Integer(leaf.Data, "ended_us"));

    public static SealEvidence Seal(LedgerLeaf leaf)
    {
        var data = leaf.Data;
        var coverage = Object(data, "coverage");
        var (session, covered, gap) = (Integer(coverage, "session_ms"), Integer(coverage, "covered_ms"), Integer(coverage, "max_gap_ms"));
        return new SealEvidence(
            leaf.Sequence, leaf.TimeUs, Text(data, "manifest_sha256"), Text(data, "state"), Integer(data, "gaps"), Text(data, "bound"),
            session is { } s && covered is { } c && gap is { } g ? new CoverageEvidence(s, c, g) : null, Integer(data, "retention_until_us"), Text(data, "lock"));
    }

    public static VerificationEvidence Verification(LedgerLeaf leaf)
    {
        var failed = new List<string>();
        if (leaf.Data.Element.TryGetProperty("checks", out var checks) && checks.ValueKind == JsonValueKind.Array)
        {
            failed.AddRange(
                from check in checks.EnumerateArray()
                where check.ValueKind == JsonValueKind.Object
                let read = EvidenceObject.Of(check, "check")
                where Text(read, "outcome") != "held"
                select Text(read, "name") ?? "unnamed");
        }

        return new VerificationEvidence(leaf.Sequence, Text(leaf.Data, "manifest_sha256"), leaf.Data.Boolean("held"), failed);
    }

    private static ApprovalEvidence? Approval(EvidenceObject? inputs) =>
        Object(inputs, "approval") is { } approval
            ? new ApprovalEvidence(
                Subject(approval, "approver"), Integer(approval, "decided_us"), Integer(approval, "window_from_us"), Integer(approval, "window_to_us"),
                approval.Element.TryGetProperty("approver_role_held", out var held) && held.ValueKind is JsonValueKind.True or JsonValueKind.False ? held.GetBoolean() : null)
            : null;

    private static SubjectEvidence? Subject(EvidenceObject data, string name) =>
        Object(data, name) is { } subject && Text(subject, "issuer") is { Length: > 0 } issuer && Text(subject, "sub") is { Length: > 0 } sub ? new(issuer, sub) : null;

    private static ConnectionEvidence Connection(EvidenceObject data)
    {
        var connection = Object(data, "connection");
        return new(Text(connection, "name"), Text(connection, "digest"), Text(connection, "protocol"));
    }

    private static EvidenceObject? Object(EvidenceObject? data, string name) =>
        data is { } given && given.Element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Object ? EvidenceObject.Of(value, name) : null;

    private static string? Text(EvidenceObject? data, string name) =>
        data is { } given && given.Element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static long? Integer(EvidenceObject? data, string name) =>
        data is { } given && given.Element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetInt64() : null;
}
