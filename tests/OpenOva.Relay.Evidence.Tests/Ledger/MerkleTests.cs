using OpenOva.Relay.Evidence.Ledger;

namespace OpenOva.Relay.Evidence.Tests.Ledger;

[Trait("Kind", "Fast")]
public sealed class MerkleTests
{
    private static readonly byte[][] Leaves = [.. Enumerable.Range(0, 1_100).Select(i => BitConverter.GetBytes(i * 7919))];

    // The eight leaves and roots that certificate-transparency's own tests use for RFC 6962.
    [Fact]
    public void Root_KnownVectors_AreMet()
    {
        string[] leaves = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
        string[] roots =
        [
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        var frontier = new MerkleFrontier();
        for (var i = 0; ; i++)
        {
            Assert.Equal(roots[i], Convert.ToHexStringLower(frontier.Root()));
            if (i == leaves.Length) break;
            frontier.Append(MerkleHash.Leaf(Convert.FromHexString(leaves[i])));
        }
    }

    [Fact]
    public void Roots_AllSizes_AreTheNaiveOnesAlsoWhenResumed()
    {
        var frontier = new MerkleFrontier();
        for (var size = 0; size <= 130; size++)
        {
            Assert.Equal(NaiveMerkle.Root(Leaves.AsSpan(0, size)), frontier.Root());
            Assert.Equal(frontier.Root(), MerkleFrontier.At(size, frontier.Roots).Root());
            frontier = MerkleFrontier.At(size, frontier.Roots);
            frontier.Append(MerkleHash.Leaf(Leaves[size]));
        }

        Assert.Throws<EvidenceFormatException>(() => MerkleFrontier.At(3, [MerkleHash.Empty()]));
        Assert.Throws<EvidenceFormatException>(() => MerkleFrontier.At(-1, []));
    }

    [Fact]
    public void Proofs_AllSizes_AreTheNaiveOnesAndHold()
    {
        for (var size = 1; size <= 66; size++) Check(size, Enumerable.Range(0, size), Enumerable.Range(1, size));
        var random = new Random(9162);
        foreach (var size in (int[])[127, 128, 129, 130, 500, 777, 1_024, 1_025, 1_099])
            Check(size, [0, size - 1, .. Enumerable.Range(0, 6).Select(_ => random.Next(size))], [1, size, .. Enumerable.Range(0, 6).Select(_ => random.Next(1, size + 1))]);
    }

    [Fact]
    public void Inclusion_Tampered_IsRefused()
    {
        foreach (var (leaf, size) in new[] { (0, 2), (3, 7), (6, 7), (5, 8), (12, 13), (64, 130) })
        {
            var (path, root, hash) = (NaiveMerkle.Path(leaf, Leaves.AsSpan(0, size)), NaiveMerkle.Root(Leaves.AsSpan(0, size)), MerkleHash.Leaf(Leaves[leaf]));
            Assert.True(MerkleProof.VerifyInclusion(leaf, size, hash, path, root));
            Assert.All(Tampered(path), p => Assert.False(MerkleProof.VerifyInclusion(leaf, size, hash, p, root)));
            Assert.All(Enumerable.Range(-1, size + 2).Where(l => l != leaf), l => Assert.False(MerkleProof.VerifyInclusion(l, size, hash, path, root)));
            Assert.False(MerkleProof.VerifyInclusion(leaf, size, MerkleHash.Leaf([99]), path, root));
            Assert.False(MerkleProof.VerifyInclusion(leaf, size, hash, path, MerkleHash.Empty()));
            Assert.False(MerkleProof.VerifyInclusion(leaf, size, hash.AsSpan(0, 31), path, root));
        }
    }

    [Fact]
    public void Consistency_Tampered_IsRefused()
    {
        foreach (var (first, second) in new[] { (1, 2), (3, 7), (4, 7), (6, 8), (8, 13), (64, 130), (65, 130) })
        {
            var (path, a, b) = (NaiveMerkle.Proof(first, Leaves.AsSpan(0, second)), NaiveMerkle.Root(Leaves.AsSpan(0, first)), NaiveMerkle.Root(Leaves.AsSpan(0, second)));
            Assert.True(MerkleProof.VerifyConsistency(first, second, a, b, path));
            Assert.All(Tampered(path), p => Assert.False(MerkleProof.VerifyConsistency(first, second, a, b, p)));
            Assert.False(MerkleProof.VerifyConsistency(first, second, b, a, path));
            Assert.False(MerkleProof.VerifyConsistency(first, second, MerkleHash.Empty(), b, path));
            Assert.False(MerkleProof.VerifyConsistency(first, second, a, MerkleHash.Empty(), path));
            Assert.False(MerkleProof.VerifyConsistency(second, first, b, a, path));
            Assert.False(MerkleProof.VerifyConsistency(0, second, MerkleHash.Empty(), b, path));
        }

        Assert.True(MerkleProof.VerifyConsistency(5, 5, MerkleHash.Empty(), MerkleHash.Empty(), []));
        Assert.False(MerkleProof.VerifyConsistency(5, 5, MerkleHash.Empty(), MerkleHash.Leaf([]), []));
        Assert.Throws<ArgumentException>(() => MerkleHash.Node(new byte[31], new byte[33]));
    }

    private static void Check(int size, IEnumerable<int> leaves, IEnumerable<int> firsts)
    {
        var (nodes, frontier) = (new Dictionary<MerkleNodeId, byte[]>(), new MerkleFrontier());
        for (var i = 0; i < size; i++) frontier.Append(MerkleHash.Leaf(Leaves[i]), (id, hash) => nodes[id] = hash);
        byte[] Fetch(MerkleProof.LeafRange range) => MerkleProof.Fold([.. MerkleProof.Cover(range).Select(id => nodes[id])]);
        var root = frontier.Root();
        foreach (var leaf in leaves)
        {
            var path = MerkleProof.PlanInclusion(leaf, size).Select(Fetch).ToList();
            Assert.Equal(NaiveMerkle.Path(leaf, Leaves.AsSpan(0, size)), path);
            Assert.True(MerkleProof.VerifyInclusion(leaf, size, MerkleHash.Leaf(Leaves[leaf]), path, root));
        }

        foreach (var first in firsts)
        {
            var path = MerkleProof.PlanConsistency(first, size).Select(Fetch).ToList();
            Assert.Equal(NaiveMerkle.Proof(first, Leaves.AsSpan(0, size)), path);
            Assert.True(MerkleProof.VerifyConsistency(first, size, NaiveMerkle.Root(Leaves.AsSpan(0, first)), root, path));
        }
    }

    private static IEnumerable<List<byte[]>> Tampered(List<byte[]> path)
    {
        for (var i = 0; i < path.Count; i++)
        {
            yield return [.. path[..i], .. path[(i + 1)..]];
            yield return [.. path[..i], path[i], .. path[i..]];
            yield return [.. path[..i], [.. path[i][..31], (byte)(path[i][31] ^ 1)], .. path[(i + 1)..]];
            yield return [.. path[..i], path[i][..31], .. path[(i + 1)..]];
            yield return [.. path[..i], [.. path[i], 0], .. path[(i + 1)..]];
        }

        yield return [.. path, MerkleHash.Empty()];
        if (path.Count > 1) yield return [.. Enumerable.Reverse(path)];
    }
}
