using System.Text;
using System.Text.Json.Nodes;
using OpenOva.Relay.Evidence.Json;
using OpenOva.Relay.Evidence.Ledger;

namespace OpenOva.Relay.Evidence.Stamps;

/// <summary>
/// A stamp over one organisation's head among others (README.md section 4.4): the token is over the root of a tree of heads, and the path leads there from
/// this one, so that it can be shown without the others.
/// </summary>
/// <param name="Checkpoint">The head.</param>
/// <param name="Index">Its place among the stamped heads, from 0.</param>
/// <param name="Count">How many heads were stamped together.</param>
/// <param name="Path">RFC 9162's inclusion proof.</param>
/// <param name="Token">DER.</param>
public sealed record LedgerStamp(Checkpoint Checkpoint, long Index, long Count, IReadOnlyList<byte[]> Path, byte[] Token)
{
    private const int MostPath = 62;

    /// <summary>The leaf of the tree of heads: the hash of the JWS's ASCII bytes, as of every leaf.</summary>
    public static byte[] LeafHash(string jws) => MerkleHash.Leaf(Encoding.ASCII.GetBytes(jws));

    /// <summary>The stamp's file.</summary>
    public byte[] Encode() => CanonicalJson.Encode(new JsonObject
    {
        ["v"] = 1,
        ["checkpoint"] = Checkpoint.Jws.Compact,
        ["index"] = Index,
        ["count"] = Count,
        ["path"] = new JsonArray([.. Path.Select(hash => JsonValue.Create(Convert.ToHexStringLower(hash)))]),
        ["token"] = Convert.ToBase64String(Token),
    });

    /// <summary>Reads a stamp; nothing of it is verified yet.</summary>
    /// <exception cref="EvidenceFormatException">Another form.</exception>
    public static LedgerStamp Parse(ReadOnlyMemory<byte> file, string what)
    {
        var read = EvidenceObject.ParseV1(file, what);
        var checkpoint = Checkpoint.Parse(Encoding.UTF8.GetBytes(read.String("checkpoint")), $"{what}: checkpoint");
        var path = read.Strings("path").Take(MostPath + 1).Select(hash => Digests.IsHex(hash) ? Convert.FromHexString(hash) : throw read.Error("path holds something that is no digest")).ToList();
        if (path.Count > MostPath) throw read.Error("its path is too long");
        var text = read.String("token");
        var token = new byte[text.Length];
        if (!Convert.TryFromBase64String(text, token, out var bytes) || Convert.ToBase64String(token.AsSpan(0, bytes)) != text) throw read.Error("token is not base64");
        return new(checkpoint, read.Count("index"), read.Count("count"), path, token[..bytes]);
    }

    /// <summary>Reads the token, and whether it is over this head.</summary>
    /// <exception cref="EvidenceFormatException">No token, or over something else.</exception>
    public TimestampToken ReadToken(string what)
    {
        var token = TimestampToken.Parse(Token, what);
        if (!MerkleProof.VerifyInclusion(Index, Count, LeafHash(Checkpoint.Jws.Compact), Path, token.Imprint))
            throw new EvidenceFormatException($"{what}: the token is not over this head");
        return token;
    }
}
