namespace OpenOva.Relay.Evidence.Ledger;

/// <summary>
/// Inclusion and consistency proofs of RFC 9162 sections 2.1.3 and 2.1.4. A proof is planned first, as the ranges of leaves whose roots it consists of,
/// so that a store can fetch all nodes it needs in one go.
/// </summary>
public static class MerkleProof
{
    /// <summary>A range of leaves, first inclusive, end exclusive, whose Merkle root is one element of a proof.</summary>
    public readonly record struct LeafRange(long First, long End);

    /// <summary>The ranges of the inclusion proof of a leaf, from the leaf upwards.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The leaf is not in a tree of that size.</exception>
    public static IReadOnlyList<LeafRange> PlanInclusion(long leaf, long size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(leaf);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(leaf, size);
        var plan = new List<LeafRange>();
        Inclusion(leaf, 0, size, plan);
        return plan;
    }

    /// <summary>The ranges of the consistency proof between two sizes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not 0 &lt; first &lt;= second.</exception>
    public static IReadOnlyList<LeafRange> PlanConsistency(long first, long second)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(first, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first, second);
        var plan = new List<LeafRange>();
        if (first < second) Consistency(first, 0, second, true, plan);
        return plan;
    }

    /// <summary>The perfect subtrees that make up a range which is a subtree of some tree, largest first.</summary>
    public static IReadOnlyList<MerkleNodeId> Cover(LeafRange range)
    {
        var nodes = new List<MerkleNodeId>();
        var at = range.First;
        while (at < range.End)
        {
            var level = long.Log2(range.End - at);
            if (at != 0) level = Math.Min(level, long.TrailingZeroCount(at));
            nodes.Add(new((int)level, at >> (int)level));
            at += 1L << (int)level;
        }

        return nodes;
    }

    /// <summary>The root of a range from the roots of its cover.</summary>
    public static byte[] Fold(IReadOnlyList<byte[]> cover)
    {
        if (cover.Count == 0) return MerkleHash.Empty();
        var root = cover[^1];
        for (var i = cover.Count - 2; i >= 0; i--) root = MerkleHash.Node(cover[i], root);
        return root;
    }

    /// <summary>RFC 9162 section 2.1.3.2: whether the path leads from the leaf to the root.</summary>
    public static bool VerifyInclusion(long leaf, long size, ReadOnlySpan<byte> leafHash, IReadOnlyList<byte[]> path, ReadOnlySpan<byte> root)
    {
        if (leaf < 0 || leaf >= size || leafHash.Length != MerkleHash.Size || path.Any(p => p.Length != MerkleHash.Size)) return false;
        var (fn, sn) = (leaf, size - 1);
        var r = leafHash.ToArray();
        foreach (var p in path)
        {
            if (sn == 0) return false;
            if ((fn & 1) == 1 || fn == sn)
            {
                r = MerkleHash.Node(p, r);
                while ((fn & 1) == 0 && fn != 0) (fn, sn) = (fn >> 1, sn >> 1);
            }
            else
            {
                r = MerkleHash.Node(r, p);
            }

            (fn, sn) = (fn >> 1, sn >> 1);
        }

        return sn == 0 && root.SequenceEqual(r);
    }

    /// <summary>RFC 9162 section 2.1.4.2: whether the tree with the first root is a prefix of the tree with the second.</summary>
    public static bool VerifyConsistency(
        long first, long second, ReadOnlySpan<byte> firstRoot, ReadOnlySpan<byte> secondRoot, IReadOnlyList<byte[]> path)
    {
        if (first < 1 || first > second || path.Any(p => p.Length != MerkleHash.Size)) return false;
        if (firstRoot.Length != MerkleHash.Size || secondRoot.Length != MerkleHash.Size) return false;
        if (first == second) return path.Count == 0 && firstRoot.SequenceEqual(secondRoot);
        var elements = long.PopCount(first) == 1 ? [firstRoot.ToArray(), .. path] : path.ToArray();
        if (elements.Length == 0) return false;
        var (fn, sn) = (first - 1, second - 1);
        while ((fn & 1) == 1) (fn, sn) = (fn >> 1, sn >> 1);
        var (fr, sr) = (elements[0], elements[0]);
        foreach (var c in elements.AsSpan(1))
        {
            if (sn == 0) return false;
            if ((fn & 1) == 1 || fn == sn)
            {
                (fr, sr) = (MerkleHash.Node(c, fr), MerkleHash.Node(c, sr));
                while ((fn & 1) == 0 && fn != 0) (fn, sn) = (fn >> 1, sn >> 1);
            }
            else
            {
                sr = MerkleHash.Node(sr, c);
            }

            (fn, sn) = (fn >> 1, sn >> 1);
        }

        return sn == 0 && firstRoot.SequenceEqual(fr) && secondRoot.SequenceEqual(sr);
    }

    private static void Inclusion(long leaf, long first, long end, List<LeafRange> plan)
    {
        if (end - first == 1) return;
        var split = first + LargestPowerBelow(end - first);
        if (leaf < split)
        {
            Inclusion(leaf, first, split, plan);
            plan.Add(new(split, end));
        }
        else
        {
            Inclusion(leaf, split, end, plan);
            plan.Add(new(first, split));
        }
    }

    private static void Consistency(long size, long first, long end, bool complete, List<LeafRange> plan)
    {
        if (first + size == end)
        {
            if (!complete) plan.Add(new(first, end));
            return;
        }

        var half = LargestPowerBelow(end - first);
        if (size <= half)
        {
            Consistency(size, first, first + half, complete, plan);
            plan.Add(new(first + half, end));
        }
        else
        {
            Consistency(size - half, first + half, end, false, plan);
            plan.Add(new(first, first + half));
        }
    }

    private static long LargestPowerBelow(long n) => 1L << (int)long.Log2(n - 1);
}
