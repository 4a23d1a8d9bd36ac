using OpenOva.Relay.Evidence.Bundle;
using OpenOva.Relay.Evidence.Json;
using OpenOva.Relay.Evidence.Ledger;

namespace OpenOva.Relay.Evidence.Verification;

/// <summary>The part of a ledger that a bundle holds: from a first leaf to the head.</summary>
public sealed class LedgerRange
{
    internal const int MaxLeafBytes = 1 << 20;

    private readonly MerkleFrontier _frontier;
    private readonly string _headRoot;
    private readonly Dictionary<long, string> _roots = [];

    private LedgerRange(long first, long size, MerkleFrontier frontier, string headRoot)
    {
        First = first;
        Size = size;
        _frontier = frontier;
        _headRoot = headRoot;
    }

    /// <summary>The first leaf.</summary>
    public long First { get; }

    /// <summary>The head's number of leaves.</summary>
    public long Size { get; }

    /// <summary>Reads ledger/range.json.</summary>
    /// <exception cref="EvidenceFormatException">Another form, or not the head's size.</exception>
    public static LedgerRange Parse(ReadOnlyMemory<byte> file, Checkpoint head)
    {
        var read = EvidenceObject.ParseV1(file, BundlePath.Range);
        var (first, size) = (read.Count("first"), read.Count("size"));
        if (size != head.Size || first > size) throw read.Error("its size is not the checkpoint's, or it begins beyond");
        var left = read.Strings("left").Select(h => Digests.IsHex(h) ? Convert.FromHexString(h) : throw read.Error("left holds something that is no digest")).ToList();
        return new(first, size, MerkleFrontier.At(first, left), head.Root);
    }

    /// <summary>Reads the leaves and follows the root.</summary>
    /// <param name="leaves">leaves.jsonl.</param>
    /// <param name="organisation">Whose they must be.</param>
    /// <param name="take">Receives each.</param>
    /// <param name="keepRootsAt">Sizes whose root is asked for later.</param>
    /// <exception cref="EvidenceFormatException">A leaf has another form, or the root is not the checkpoint's.</exception>
    public void Read(Stream leaves, string organisation, Action<LedgerLeaf> take, IReadOnlySet<long> keepRootsAt)
    {
        Keep(keepRootsAt);
        foreach (var line in JsonLines.Read(leaves, BundlePath.Leaves, MaxLeafBytes))
        {
            var what = $"leaf {_frontier.Size}";
            var leaf = LedgerLeaf.Parse(line, what);
            if (leaf.Organisation != organisation) throw new EvidenceFormatException($"{what}: another organisation's");
            if (leaf.Sequence != _frontier.Size) throw new EvidenceFormatException($"{what}: has number {leaf.Sequence}");
            try
            {
                take(leaf);
            }
            catch (EvidenceFormatException e)
            {
                throw new EvidenceFormatException($"{what}: {e.Message}", e);
            }

            _frontier.Append(MerkleHash.Leaf(line.Span));
            Keep(keepRootsAt);
        }

        if (_frontier.Size != Size) throw new EvidenceFormatException($"leaves up to {_frontier.Size}, not {Size}");
        if (Convert.ToHexStringLower(_frontier.Root()) != _headRoot) throw new EvidenceFormatException("the leaves do not lead to the checkpoint's root");
    }

    /// <summary>The root at a size that was kept.</summary>
    public string RootAt(long size) => _roots[size];

    private void Keep(IReadOnlySet<long> sizes)
    {
        if (sizes.Contains(_frontier.Size)) _roots[_frontier.Size] = Convert.ToHexStringLower(_frontier.Root());
    }
}
