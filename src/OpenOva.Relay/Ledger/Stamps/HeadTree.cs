using OpenOva.Relay.Evidence.Ledger;

namespace OpenOva.Relay.Ledger.Stamps;

/// <summary>The tree over a handful of heads, whole in memory.</summary>
internal sealed class HeadTree(IReadOnlyList<byte[]> leaves)
{
    public byte[] Root() => Root(new(0, leaves.Count));

    /// <summary>RFC 9162's inclusion proof of a leaf.</summary>
    public IReadOnlyList<byte[]> Path(int leaf) => [.. MerkleProof.PlanInclusion(leaf, leaves.Count).Select(Root)];

    private byte[] Root(MerkleProof.LeafRange range)
    {
        var frontier = new MerkleFrontier();
        for (var i = range.First; i < range.End; i++) frontier.Append(leaves[(int)i]);
        return frontier.Root();
    }
}
