using System.Security.Cryptography;

namespace OpenOva.Relay.Evidence.Tests.Ledger;

/// <summary>RFC 9162 sections 2.1.1, 2.1.3.1 and 2.1.4.1 as they are written, recursively.</summary>
internal static class NaiveMerkle
{
    public static byte[] Root(ReadOnlySpan<byte[]> d)
    {
        if (d.Length == 0) return SHA256.HashData([]);
        if (d.Length == 1) return SHA256.HashData([0, .. d[0]]);
        var k = Split(d.Length);
        return SHA256.HashData([1, .. Root(d[..k]), .. Root(d[k..])]);
    }

    public static List<byte[]> Path(int m, ReadOnlySpan<byte[]> d)
    {
        if (d.Length == 1) return [];
        var k = Split(d.Length);
        return m < k ? [.. Path(m, d[..k]), Root(d[k..])] : [.. Path(m - k, d[k..]), Root(d[..k])];
    }

    public static List<byte[]> Proof(int m, ReadOnlySpan<byte[]> d) => SubProof(m, d, true);

    private static List<byte[]> SubProof(int m, ReadOnlySpan<byte[]> d, bool b)
    {
        if (m == d.Length) return b ? [] : [Root(d)];
        var k = Split(d.Length);
        return m <= k ? [.. SubProof(m, d[..k], b), Root(d[k..])] : [.. SubProof(m - k, d[k..], false), Root(d[..k])];
    }

    private static int Split(int n)
    {
        var k = 1;
        while (2 * k < n) k *= 2;
        return k;
    }
}
