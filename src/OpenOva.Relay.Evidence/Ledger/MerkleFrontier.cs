namespace OpenOva.Relay.Evidence.Ledger;

/// <summary>A perfect subtree of the log: 2^Level leaves from Index * 2^Level on.</summary>
public readonly record struct MerkleNodeId(int Level, long Index)
{
    /// <summary>The first leaf.</summary>
    public long First => Index << Level;

    /// <summary>The leaf after the last.</summary>
    public long End => (Index + 1) << Level;
}

/// <summary>
/// The right edge of a growing Merkle tree: the roots of the perfect subtrees that its size's binary digits name, largest first. With it alone leaves
/// can be appended and the root told at every size, in memory of log2(size) hashes.
/// </summary>
public sealed class MerkleFrontier
{
    private readonly List<(int Level, byte[] Hash)> _roots = [];

    /// <summary>The number of leaves.</summary>
    public long Size { get; private set; }

    /// <summary>The subtree roots, largest first.</summary>
    public IReadOnlyList<byte[]> Roots => [.. _roots.Select(r => r.Hash)];

    /// <summary>Starts at a size whose subtree roots are known.</summary>
    /// <exception cref="EvidenceFormatException">The number of roots is not the number of ones in the size's binary form.</exception>
    public static MerkleFrontier At(long size, IReadOnlyList<byte[]> roots)
    {
        if (size < 0 || roots.Count != long.PopCount(size)) throw new EvidenceFormatException("the subtree roots do not fit the size");
        var frontier = new MerkleFrontier { Size = size };
        var next = 0;
        for (var level = 62; level >= 0; level--)
        {
            if ((size >> level & 1) == 1) frontier._roots.Add((level, roots[next++]));
        }

        return frontier;
    }

    /// <summary>Appends a leaf hash, and says which subtrees it completed (its own leaf first).</summary>
    /// <param name="leafHash">32 bytes.</param>
    /// <param name="completed">Called with each completed subtree; null when nobody wants to know.</param>
    public void Append(byte[] leafHash, Action<MerkleNodeId, byte[]>? completed = null)
    {
        var level = 0;
        var hash = leafHash;
        completed?.Invoke(new(0, Size), hash);
        while (_roots.Count > 0 && _roots[^1].Level == level)
        {
            hash = MerkleHash.Node(_roots[^1].Hash, hash);
            _roots.RemoveAt(_roots.Count - 1);
            level++;
            completed?.Invoke(new(level, Size >> level), hash);
        }

        _roots.Add((level, hash));
        Size++;
    }

    /// <summary>The root at the present size.</summary>
    public byte[] Root()
    {
        if (_roots.Count == 0) return MerkleHash.Empty();
        var root = _roots[^1].Hash;
        for (var i = _roots.Count - 2; i >= 0; i--) root = MerkleHash.Node(_roots[i].Hash, root);
        return root;
    }
}
