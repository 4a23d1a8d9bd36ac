using OpenOva.Relay.Evidence.Keys;
using OpenOva.Relay.Evidence.Ledger;

namespace OpenOva.Relay.Evidence.Verification;

/// <summary>Holds heads that somebody else kept against a history.</summary>
internal static class KnownHeadCheck
{
    /// <summary>The sizes at which the root will be asked for.</summary>
    public static IEnumerable<long> Sizes(IEnumerable<KnownHead> heads)
    {
        foreach (var head in heads)
        {
            long size;
            try
            {
                size = Checkpoint.Parse(head.Jws, "known head").Size;
            }
            catch (EvidenceFormatException)
            {
                // The check reads it again and says what is wrong.
                continue;
            }

            yield return size;
        }
    }

    /// <summary>Makes the check.</summary>
    /// <param name="heads">At least one.</param>
    /// <param name="keys">The organisation's.</param>
    /// <param name="newest">The head of the history.</param>
    /// <param name="first">The first leaf that is there.</param>
    /// <param name="rootAt">The root at a size from <paramref name="first"/> on.</param>
    /// <exception cref="EvidenceFormatException">A head is none of this organisation's, or of another history.</exception>
    /// <exception cref="EvidenceMissingException">A head cannot be held against what is there; or none of those from folders can.</exception>
    public static string Make(IReadOnlyList<KnownHead> heads, KeyHistory keys, Checkpoint newest, long first, Func<long, string> rootAt)
    {
        var missing = new List<string>();
        var (held, passed) = (0, 0);
        for (var i = 0; i < heads.Count; i++)
        {
            var what = $"known head {i + 1}";
            var head = Checkpoint.Parse(heads[i].Jws, what);
            if (head.Organisation != keys.Organisation)
            {
                if (!heads[i].FromFolder) throw new EvidenceFormatException($"{what}: another organisation's");
                passed++;
                continue;
            }

            if (!keys.Signed(head.Jws, head.TimeUs)) throw new EvidenceFormatException($"{what}: not signed by the organisation's key of that time");
            if (head.Size > newest.Size)
            {
                // A folder goes on being filled after a bundle was made; a longer history before its time is another matter.
                if (!heads[i].FromFolder || head.TimeUs <= newest.TimeUs) throw new EvidenceFormatException($"{what}: has {head.Size} leaves, more than the {newest.Size} here");
                passed++;
            }
            else if (head.Size < first)
            {
                if (heads[i].FromFolder) passed++;
                else missing.Add($"{what}: has {head.Size} leaves, and leaves before {first} are not here");
            }
            else if (rootAt(head.Size) != head.Root)
            {
                throw new EvidenceFormatException($"{what}: another history: the root at {head.Size} leaves is not this one's");
            }
            else
            {
                held++;
            }
        }

        if (missing.Count > 0) throw new EvidenceMissingException(string.Join("; ", missing));
        if (held == 0) throw new EvidenceMissingException($"none of {heads.Count} known heads can be held against this: other organisations', or of other times");
        return $"{held} known heads are on this history{(passed > 0 ? $"; {passed} could not be held against it" : "")}";
    }
}
