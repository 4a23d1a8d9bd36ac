using System.Security.Cryptography;
using System.Text;
using OpenOva.Relay.Evidence;
using OpenOva.Relay.Evidence.Ledger;

namespace OpenOva.Relay.Reports.Evaluation;

/// <summary>Takes a session of the period with its findings, once, as soon as nothing more is expected of it.</summary>
internal delegate void TakeSession(SessionEvidence session, IReadOnlyList<SessionFinding> findings);

/// <summary>
/// Evaluates the leaves of a range in order. Memory is held for sessions that are open, for allowed decisions without a session, for differences, and some 50 bytes
/// for each session that was. The outcome depends on nothing but the leaves and the parameters.
/// </summary>
/// <param name="doubtful">Sessions with a verification that did not hold anywhere in the range: they stay open to the end, so that none is missed.</param>
internal sealed class LedgerEvaluation(ReportParameters parameters, IReadOnlySet<string> doubtful, TakeSession take)
{
    private readonly Dictionary<string, SessionEvidence> _open = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DecisionEvidence> _grants = new(StringComparer.Ordinal);
    private readonly HashSet<Guid> _settled = [];
    private readonly Dictionary<Guid, string> _protocols = [];
    private readonly HashSet<Guid> _sealed = [];
    private long _next = parameters.FirstLeaf;

    public Reconciliation Reconciliation { get; } = new();

    public SortedDictionary<string, TestTally> Tallies { get; } =
        new(EvidenceTests.BySession.ToDictionary(test => test.Id, test => new TestTally(test.Id)), StringComparer.Ordinal);

    public long Sessions { get; private set; }

    public long OpenAtHead { get; private set; }

    /// <summary>Events of sessions that were opened before the range: what they belong to is unknown here.</summary>
    public long BeforeRange { get; private set; }

    public long Leaves { get; private set; }

    public long NewestTimeUs { get; private set; }

    public HashSet<SubjectEvidence> Subjects { get; } = [];

    /// <summary>Whether a leaf tells that a session's verification did not hold: what <paramref name="doubtful"/> is made from.</summary>
    public static string? DoubtfulSession(LedgerLeaf leaf)
    {
        if (leaf.Type != LedgerEventTypes.RecordingVerified) return null;
        try
        {
            return LeafReader.Verification(leaf).Held ? null : leaf.Data.String("session");
        }
        catch (EvidenceFormatException)
        {
            return null; // Add lists it.
        }
    }

    public void Add(LedgerLeaf leaf)
    {
        if (leaf.Sequence != _next) Reconciliation.AddStray(leaf.TimeUs, null, leaf.Sequence, "E01c", "Leaf numbers have a gap.", $"expected {_next}");
        _next = leaf.Sequence + 1;
        Leaves++;
        NewestTimeUs = Math.Max(NewestTimeUs, leaf.TimeUs);
        try
        {
            Take(leaf);
        }
        catch (EvidenceFormatException unreadable)
        {
            if (parameters.InPeriod(leaf.TimeUs)) Reconciliation.AddStray(leaf.TimeUs, null, leaf.Sequence, "E01b", "An event cannot be read.", $"{leaf.Type}: {unreadable.Message}");
        }
    }

    /// <summary>The head is reached: what is open is judged as it stands.</summary>
    public void Finish()
    {
        if (_next != parameters.HeadSize) Reconciliation.AddStray(NewestTimeUs, null, _next, "E01c", "The leaves do not reach the head.", $"head {parameters.HeadSize}");
        foreach (var session in _open.Values.OrderBy(session => session.OpeningLeaf).ToList()) Settle(session);
        foreach (var decision in _grants.Values.Where(d => parameters.InPeriod(d.TimeUs)).OrderBy(d => d.Leaf)) Reconciliation.AddUnused(decision);
    }

    private void Take(LedgerLeaf leaf)
    {
        switch (leaf.Type)
        {
            case LedgerEventTypes.AccessDecided when leaf.Data.Boolean("allowed"):
                TakeDecision(leaf);
                break;
            case LedgerEventTypes.SessionOpened:
                TakeOpening(leaf);
                break;
            case LedgerEventTypes.RecordingOpened:
                // A second one is another epoch of the same session.
                Find(leaf, session => session.RecordingOpenedLeaf ??= leaf.Sequence);
                break;
            case LedgerEventTypes.SessionConnected:
                Find(leaf, session => session.ConnectedLeaf ??= leaf.Sequence);
                break;
            case LedgerEventTypes.SessionEnded:
                var end = LeafReader.End(leaf);
                Find(leaf, session => Once(session, session.End is null, leaf, () => session.End = end), once: true);
                break;
            case LedgerEventTypes.RecordingSealed:
                var seal = LeafReader.Seal(leaf);
                _sealed.Add(Key(leaf.Data.String("session")));
                Find(leaf, session => Once(session, session.Seal is null, leaf, () => session.Seal = seal), once: true);
                break;
            case LedgerEventTypes.RecordingSupplemented:
                // The longer recording is the session's from here on, and what was verified of the shorter one is not of it.
                var supplement = LeafReader.Seal(leaf);
                Find(leaf, session =>
                {
                    session.Seal = supplement;
                    if (session.Verification is { Held: true }) session.Verification = null;
                });
                break;
            case LedgerEventTypes.RecordingVerified:
                var verification = LeafReader.Verification(leaf);
                Find(leaf, session =>
                {
                    if (session.Verification is not { Held: false }) session.Verification = verification;
                });
                break;
            case LedgerEventTypes.RecordingViewed:
                TakeView(leaf);
                break;
            default:
                break;
        }
    }

    private void TakeDecision(LedgerLeaf leaf)
    {
        var decision = LeafReader.Decision(leaf);
        if (!_grants.TryAdd(decision.Id, decision)) Reconciliation.AddStray(leaf.TimeUs, null, leaf.Sequence, "E01b", "A decision stands twice.", $"decision {decision.Id}");
    }

    private void TakeOpening(LedgerLeaf leaf)
    {
        var session = LeafReader.Opening(leaf, decision => _grants.Remove(decision, out var grant) ? grant : null);
        var key = Key(session.Session);
        if (_settled.Contains(key) || _open.ContainsKey(session.Session))
        {
            Reconciliation.AddStray(leaf.TimeUs, session.Session, leaf.Sequence, "E01b", "An event of a session stands twice.", leaf.Type);
            return;
        }

        _protocols[key] = string.Intern(session.Connection.Protocol ?? Reconciliation.UnknownProtocol);
        if (!parameters.InPeriod(session.OpenedUs)) return;
        Sessions++;
        if (session.Subject is { } subject) Subjects.Add(subject);
        _open.Add(session.Session, session);
    }

    private void TakeView(LedgerLeaf leaf)
    {
        var id = leaf.Data.String("session");
        if (!parameters.InPeriod(leaf.TimeUs)) return;
        var key = Key(id);
        if (_sealed.Contains(key) && _protocols.TryGetValue(key, out var protocol)) Reconciliation.AddView(leaf.TimeUs, protocol);
        else if (parameters.FirstLeaf > 0 && !_protocols.ContainsKey(key)) BeforeRange++;
        else Reconciliation.AddStray(leaf.TimeUs, id, leaf.Sequence, "E01b", "A recording was viewed that was not sealed.", protocol: _protocols.GetValueOrDefault(key));
    }

    private void Find(LedgerLeaf leaf, Action<SessionEvidence> note, bool once = false)
    {
        var id = leaf.Data.String("session");
        if (_open.TryGetValue(id, out var session))
        {
            note(session);
            if (session.IsSettled && !doubtful.Contains(id)) Settle(session);
            return;
        }

        var key = Key(id);
        if (_settled.Contains(key))
        {
            if (once) Reconciliation.AddStray(leaf.TimeUs, id, leaf.Sequence, "E01b", "An event of a session stands twice.", leaf.Type, _protocols.GetValueOrDefault(key));
            return;
        }

        // Known and not open: it was opened outside the period.
        if (_protocols.ContainsKey(key)) return;
        if (!parameters.InPeriod(leaf.TimeUs)) return;
        if (parameters.FirstLeaf > 0) BeforeRange++;
        else Reconciliation.AddStray(leaf.TimeUs, id, leaf.Sequence, "E01b", "An event belongs to a session that was never opened.", leaf.Type);
    }

    private void Once(SessionEvidence session, bool first, LedgerLeaf leaf, Action note)
    {
        if (first) note();
        else Reconciliation.Differ(session, leaf.Sequence, "E01b", Outcome.Fail, "An event of a session stands twice.", leaf.Type);
    }

    private void Settle(SessionEvidence session)
    {
        _open.Remove(session.Session);
        _settled.Add(Key(session.Session));
        if (session.End is null) OpenAtHead++;
        Reconciliation.Add(session);
        var findings = EvidenceTests.Evaluate(session, parameters);
        foreach (var finding in findings) Tallies[finding.Test].Add(finding);
        take(session, findings);
    }

    private static Guid Key(string session) =>
        Guid.TryParse(session, out var id) ? id : new Guid(SHA256.HashData(Encoding.UTF8.GetBytes(session)).AsSpan(0, 16));
}
