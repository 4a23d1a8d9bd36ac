using OpenOva.Relay.Evidence.Ledger;

namespace OpenOva.Relay.Evidence.Verification;

/// <summary>
/// Reconciles grants, openings, ends and recordings within a ledger range (README.md section 5.3, "Completeness"). A few bytes a session are held, so a
/// range of millions fits.
/// </summary>
public sealed class Completeness
{
    private const int MaxListed = 1_000;

    [Flags]
    private enum Seen : short
    {
        None = 0,
        Opened = 1,
        Ended = 2,
        EndedRecorded = 4,
        EndedUnrecorded = 8,
        RecordingOpened = 16,
        Sealed = 32,
        RecordingRequired = 64,
        Twice = 128,
        Supplemented = 256,
    }

    private readonly Dictionary<string, Seen> _sessions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (int Allowed, int Denied, int Openings)> _decisions = new(StringComparer.Ordinal);

    /// <summary>Takes the next leaf.</summary>
    /// <exception cref="EvidenceFormatException">A member that reconciliation reads is missing or of another type.</exception>
    public void Add(LedgerLeaf leaf)
    {
        switch (leaf.Type)
        {
            case LedgerEventTypes.AccessDecided:
                var allowed = leaf.Data.Boolean("allowed");
                Decision(leaf.Data.String("decision"), allowed ? 1 : 0, allowed ? 0 : 1, 0);
                break;
            case LedgerEventTypes.SessionOpened:
                Note(leaf, Seen.Opened | (leaf.Data.Boolean("recording_required") ? Seen.RecordingRequired : Seen.None));
                Decision(leaf.Data.String("decision"), 0, 0, 1);
                break;
            case LedgerEventTypes.RecordingOpened:
                Note(leaf, Seen.RecordingOpened);
                break;
            case LedgerEventTypes.SessionEnded:
                var recorded = leaf.Data.Boolean("recorded");
                Note(leaf, Seen.Ended | (recorded ? Seen.EndedRecorded : leaf.Data.Boolean("connected") ? Seen.EndedUnrecorded : Seen.None));
                break;
            case LedgerEventTypes.RecordingSealed:
                Note(leaf, Seen.Sealed);
                break;
            case LedgerEventTypes.RecordingSupplemented:
                Note(leaf, Seen.Supplemented);
                break;
            default:
                break;
        }
    }

    /// <summary>What is open, a line each, in the order of ids; at most 1,000 lines.</summary>
    /// <param name="firstLeaf">Where the range begins: before it, openings are unknown and their sessions not counted.</param>
    public IReadOnlyList<string> Open(long firstLeaf)
    {
        var open = new List<string>();
        foreach (var (decision, (allowed, denied, openings)) in _decisions.OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            if (allowed > 0 && openings != 1) open.Add($"decision {decision}: {openings} session.opened");
            if (allowed == 0 && openings > 0 && (denied > 0 || firstLeaf == 0)) open.Add($"decision {decision}: session.opened, but it is not allowed");
            if (allowed + denied > 1) open.Add($"decision {decision}: stands twice");
        }

        foreach (var (session, seen) in _sessions.OrderBy(s => s.Key, StringComparer.Ordinal))
        {
            if (!seen.HasFlag(Seen.Opened) && firstLeaf > 0) continue;
            open.AddRange(Findings(seen).Select(finding => $"session {session}: {finding}"));
        }

        return open.Count <= MaxListed ? open : [.. open.Take(MaxListed), $"and {open.Count - MaxListed} more"];
    }

    private static IEnumerable<string> Findings(Seen seen)
    {
        if (seen.HasFlag(Seen.Twice)) yield return "an event stands twice";
        if (!seen.HasFlag(Seen.Opened)) yield return "no session.opened";
        if (!seen.HasFlag(Seen.Ended)) yield return "no session.ended";
        if (seen.HasFlag(Seen.EndedRecorded) && !seen.HasFlag(Seen.Sealed)) yield return "recorded, but no recording.sealed";
        if (seen.HasFlag(Seen.RecordingOpened) && seen.HasFlag(Seen.Ended) && !seen.HasFlag(Seen.EndedRecorded)) yield return "a recorder was opened, but the end does not say so";
        if (seen.HasFlag(Seen.EndedUnrecorded) && seen.HasFlag(Seen.RecordingRequired)) yield return "connected without the recording it required";
        if (seen.HasFlag(Seen.Supplemented) && !seen.HasFlag(Seen.Sealed)) yield return "recording.supplemented without recording.sealed";
        if (seen.HasFlag(Seen.Sealed) && !seen.HasFlag(Seen.RecordingOpened)) yield return "recording.sealed without recording.opened";
    }

    private void Decision(string decision, int allowed, int denied, int openings)
    {
        var before = _decisions.GetValueOrDefault(decision);
        _decisions[decision] = (before.Allowed + allowed, before.Denied + denied, before.Openings + openings);
    }

    private void Note(LedgerLeaf leaf, Seen what)
    {
        var session = leaf.Data.String("session");
        var before = _sessions.GetValueOrDefault(session);
        const Seen once = Seen.Opened | Seen.Ended | Seen.RecordingOpened | Seen.Sealed;
        if ((before & what & once) != Seen.None) what |= Seen.Twice;
        _sessions[session] = before | what;
    }
}
