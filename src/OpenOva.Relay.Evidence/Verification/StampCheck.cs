using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using OpenOva.Relay.Evidence.Keys;
using OpenOva.Relay.Evidence.Stamps;

namespace OpenOva.Relay.Evidence.Verification;

/// <summary>Verifies stamps over heads of a history. A stamp that is not right fails; one whose authority the reader does not trust does not count.</summary>
internal static class StampCheck
{
    /// <summary>Makes the check.</summary>
    /// <param name="stamps">By name.</param>
    /// <param name="authorities">Whose stamps count; null: nobody's.</param>
    /// <param name="keys">The organisation's; may be absent where there are no stamps.</param>
    /// <param name="first">The first leaf that is there.</param>
    /// <param name="size">How many leaves there are.</param>
    /// <param name="rootAt">The root at a size in between.</param>
    /// <exception cref="EvidenceFormatException">A stamp is not right, or of another history.</exception>
    /// <exception cref="CheckNotMadeException">None counts.</exception>
    public static string Make(
        IReadOnlyList<(string Name, LedgerStamp Stamp)> stamps, X509Certificate2Collection? authorities, KeyHistory? keys, long first, long size,
        Func<long, string> rootAt)
    {
        var counted = new List<(long Size, DateTimeOffset GenTime)>();
        foreach (var (name, stamp) in stamps)
        {
            var head = stamp.Checkpoint;
            if (head.Organisation != keys!.Organisation) throw new EvidenceFormatException($"{name}: another organisation's");
            if (!keys.Signed(head.Jws, head.TimeUs)) throw new EvidenceFormatException($"{name}: its head is not signed by the organisation's key of that time");
            if (head.Size < first || head.Size > size) throw new EvidenceFormatException($"{name}: over {head.Size} leaves, which is not within what is here");
            if (rootAt(head.Size) != head.Root) throw new EvidenceFormatException($"{name}: of another history: the root at {head.Size} leaves is not this one's");
            var token = stamp.ReadToken(name);
            if (token.Verify(authorities ?? []) && authorities is not null) counted.Add((head.Size, token.GenTime));
        }

        if (stamps.Count == 0) throw new CheckNotMadeException("there are no stamps here");
        if (authorities is null) throw new CheckNotMadeException($"{stamps.Count} stamps present, authority not trusted: not counted");
        if (counted.Count == 0) throw new CheckNotMadeException($"{stamps.Count} stamps present, none by an authority that leads to a trusted root: not counted");
        var (stamped, at) = counted.MaxBy(entry => entry.Size);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{counted.Count} of {stamps.Count} stamps count; the newest: {stamped} of {size} leaves were there at {at:yyyy-MM-dd'T'HH:mm:ss'Z'}");
    }
}
