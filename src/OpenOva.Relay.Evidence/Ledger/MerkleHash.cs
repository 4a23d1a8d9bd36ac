using System.Security.Cryptography;

namespace OpenOva.Relay.Evidence.Ledger;

/// <summary>The hashing of RFC 9162 section 2.1.1, with SHA-256.</summary>
public static class MerkleHash
{
    /// <summary>Bytes of a hash.</summary>
    public const int Size = SHA256.HashSizeInBytes;

    /// <summary>The root of an empty tree: the hash of nothing.</summary>
    public static byte[] Empty() => SHA256.HashData([]);

    /// <summary>H(0x00 ‖ leaf).</summary>
    public static byte[] Leaf(ReadOnlySpan<byte> leaf)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData([0]);
        hash.AppendData(leaf);
        return hash.GetHashAndReset();
    }

    /// <summary>H(0x01 ‖ left ‖ right).</summary>
    /// <exception cref="ArgumentException">A side is not 32 bytes: another length would move the border between the two.</exception>
    public static byte[] Node(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        if (left.Length != Size || right.Length != Size) throw new ArgumentException($"a hash is {Size} bytes");
        Span<byte> both = stackalloc byte[1 + 2 * Size];
        both[0] = 1;
        left.CopyTo(both[1..]);
        right.CopyTo(both[(1 + Size)..]);
        return SHA256.HashData(both);
    }
}
