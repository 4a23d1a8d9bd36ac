using OpenOva.Relay.Evidence.Keys;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Evidence.Stamps;

namespace OpenOva.Relay.Evidence.Verification;

/// <summary>
/// Checks an export of a whole ledger offline, in one pass (README.md section 5.4): every leaf from the first on, every head against the leaves before it, and heads that
/// somebody else kept. What was deleted, changed or moved is found, down to the leaves between two heads; a history that was written anew is found by a known head.
/// </summary>
public sealed class LedgerVerifier
{
    private readonly Reliance _reliance;
    private readonly CheckList _checks = new();
    private readonly HashSet<long> _askedSizes;
    private readonly Dictionary<long, string> _roots = [];
    private readonly MerkleFrontier _frontier = new();
    private readonly Completeness _completeness = new();
    private readonly List<(string Name, LedgerStamp Stamp)> _stamps = [];
    private EvidenceFormatException? _wrongKeys;
    private EvidenceFormatException? _wrongLeaf;
    private EvidenceFormatException? _wrongHead;
    private KeyHistory? _keys;
    private Checkpoint? _newest;
    private string? _organisation;
    private long _heads;
    private long _line;

    private LedgerVerifier(Reliance reliance)
    {
        _reliance = reliance;
        _askedSizes = [.. KnownHeadCheck.Sizes(reliance.KnownHeads)];
    }

    /// <summary>Makes every check.</summary>
    /// <param name="parts">The export, in as many pieces as it was kept in, in order.</param>
    /// <param name="reliance">What the reader has from elsewhere.</param>
    public static Verdict Verify(IEnumerable<Stream> parts, Reliance reliance)
    {
        var verifier = new LedgerVerifier(reliance);
        verifier.Read(parts);
        return verifier.Judge();
    }

    private void Read(IEnumerable<Stream> parts)
    {
        try
        {
            Keep();
            foreach (var part in parts)
            {
                foreach (var line in JsonLines.Read(part, "the export", LedgerExport.MostLineBytes))
                {
                    _line++;
                    Take(LedgerExport.Read(line, $"line {_line}"), line);
                    if (_wrongLeaf is not null) return;
                }
            }
        }
        catch (EvidenceFormatException wrong)
        {
            // A line that cannot be read may have been a leaf: nothing behind it has a place any more.
            _wrongLeaf = wrong;
        }
    }

    private void Take(object read, ReadOnlyMemory<byte> line)
    {
        switch (read)
        {
            case LedgerLeaf leaf:
                TakeLeaf(leaf, line);
                break;
            case Checkpoint head:
                TakeHead(head);
                break;
            case LedgerStamp stamp:
                _stamps.Add(($"line {_line}", stamp));
                if (stamp.Checkpoint.Size == _frontier.Size) _roots[_frontier.Size] = Convert.ToHexStringLower(_frontier.Root());
                break;
            case LedgerExport.HistoryLine history:
                TakeKeys(history);
                break;
            default:
                throw new EvidenceFormatException($"line {_line}: nothing that an export holds");
        }
    }

    private void TakeKeys(LedgerExport.HistoryLine history)
    {
        try
        {
            if (_keys is not null || _frontier.Size > 0 || _heads > 0) throw new EvidenceFormatException($"line {_line}: a key history stands first, and once");
            _keys = KeyHistory.Parse(history.Jws, $"line {_line}");
            _organisation = _keys.Organisation;
        }
        catch (EvidenceFormatException wrong)
        {
            _wrongKeys ??= wrong;
        }
    }

    private void TakeLeaf(LedgerLeaf leaf, ReadOnlyMemory<byte> line)
    {
        try
        {
            var what = $"leaf {_frontier.Size} (line {_line})";
            _organisation ??= leaf.Organisation;
            if (line.Length > LedgerRange.MaxLeafBytes) throw new EvidenceFormatException($"{what}: longer than {LedgerRange.MaxLeafBytes} bytes");
            if (leaf.Organisation != _organisation) throw new EvidenceFormatException($"{what}: another organisation's");
            if (leaf.Sequence != _frontier.Size) throw new EvidenceFormatException($"{what}: has number {leaf.Sequence}: leaves were deleted, doubled or moved here");
            LedgerEventForms.Check(leaf);
            _completeness.Add(leaf);
            _frontier.Append(MerkleHash.Leaf(line.Span));
            Keep();
        }
        catch (EvidenceFormatException wrong)
        {
            _wrongLeaf = wrong;
        }
    }

    private void TakeHead(Checkpoint head)
    {
        _heads++;
        if (_wrongHead is not null) return;
        try
        {
            var what = $"head of {head.Size} leaves (line {_line})";
            if (head.Organisation != _organisation) throw new EvidenceFormatException($"{what}: another organisation's");
            if (_keys is { } keys && !keys.Signed(head.Jws, head.TimeUs)) throw new EvidenceFormatException($"{what}: not signed by the organisation's key of that time");
            if (head.Size != _frontier.Size) throw new EvidenceFormatException($"{what}: {_frontier.Size} leaves stand before it");
            if (Convert.ToHexStringLower(_frontier.Root()) != head.Root)
                throw new EvidenceFormatException($"{what}: the leaves do not lead to its root: one of {_newest?.Size ?? 0} to {head.Size - 1} was changed");
            _newest = head;
        }
        catch (EvidenceFormatException wrong)
        {
            _wrongHead = wrong;
        }
    }

    private Verdict Judge()
    {
        _checks.Make(CheckNames.Keys, [], Keys);
        _checks.Make(CheckNames.Trust, [CheckNames.Keys], () => KeyTrust.Check(_reliance.Fingerprint, _keys!));
        _checks.Make(CheckNames.Ledger, [], () => _wrongLeaf is null ? $"leaves 0 to {_frontier.Size - 1}, without gap" : throw _wrongLeaf);
        _checks.Make(CheckNames.Checkpoint, [CheckNames.Keys], Heads);
        if (_reliance.KnownHeads.Count == 0) _checks.Add(CheckNames.KnownHead, CheckOutcome.NotMade, "no known head was given");
        else _checks.Make(CheckNames.KnownHead, [CheckNames.Ledger, CheckNames.Checkpoint], KnownHeads);
        _checks.Make(
            CheckNames.Timestamps, _stamps.Count > 0 ? [CheckNames.Ledger, CheckNames.Checkpoint] : [],
            () => StampCheck.Make(_stamps, _reliance.TimestampAuthorities, _keys, 0, _frontier.Size, RootAt));
        var whole = _checks.Held(CheckNames.Ledger) && _checks.Held(CheckNames.Checkpoint);
        var open = whole ? _completeness.Open(0) : [];
        return Verdict.Of(_checks.All, !whole ? "NOT_EVIDENCED" : open.Count == 0 ? "COMPLETE" : "OPEN", open, _keys?.Fingerprint);
    }

    private string Keys()
    {
        if (_wrongKeys is not null) throw _wrongKeys;
        if (_keys is null) throw new EvidenceMissingException("no key history is there");
        return $"organisation {_keys.Organisation}, {_keys.Keys.Count} signing keys, root {_keys.Fingerprint}";
    }

    private string Heads()
    {
        if (_wrongHead is not null) throw _wrongHead;
        if (_newest is null) throw new EvidenceMissingException("no signed head is there");
        if (_wrongLeaf is null && _newest.Size != _frontier.Size)
            throw new EvidenceMissingException($"{_frontier.Size - _newest.Size} leaves stand behind the newest head: nobody has signed them");
        return $"{_heads} heads, the newest of {_newest.Size} leaves at {_newest.TimeUs}";
    }

    // A head of more leaves from before the newest one here: the end was cut off. From after it: it tells nothing of this export, which is older.
    private string KnownHeads()
    {
        var later = _reliance.KnownHeads.Where(IsLater).ToList();
        if (later.Count == _reliance.KnownHeads.Count) throw new EvidenceMissingException($"{later.Count} known heads are newer than this export: export again");
        var held = KnownHeadCheck.Make([.. _reliance.KnownHeads.Except(later)], _keys!, _newest!, 0, RootAt);
        return later.Count == 0 ? held : throw new EvidenceMissingException($"{held}; {later.Count} are newer than this export: export again");
    }

    private bool IsLater(KnownHead head)
    {
        try
        {
            var read = Checkpoint.Parse(head.Jws, "known head");
            return read.Size > _newest!.Size && read.TimeUs > _newest.TimeUs && read.Organisation == _keys!.Organisation;
        }
        catch (EvidenceFormatException)
        {
            return false;
        }
    }

    private string RootAt(long size) =>
        _roots.TryGetValue(size, out var root) ? root : throw new EvidenceFormatException($"a head of {size} leaves does not stand behind them");

    private void Keep()
    {
        if (_askedSizes.Contains(_frontier.Size)) _roots[_frontier.Size] = Convert.ToHexStringLower(_frontier.Root());
    }
}
