using System.Text.Json.Nodes;
using OpenOva.Relay.Evidence.Json;

namespace OpenOva.Relay.Evidence.Ledger;

/// <summary>One event of the ledger (README.md section 4.2).</summary>
public sealed record LedgerLeaf(string Organisation, long Sequence, string Id, long TimeUs, string Type, EvidenceObject Data)
{
    private static readonly string[] Members = ["data", "id", "organisation", "seq", "time_us", "type", "v"];

    /// <summary>The leaf's bytes.</summary>
    /// <param name="organisation">Whose ledger.</param>
    /// <param name="sequence">The leaf's index, from 0.</param>
    /// <param name="id">UUIDv7, lower case.</param>
    /// <param name="timeUs">Microseconds UTC on the replica that caused it.</param>
    /// <param name="type">One of <see cref="LedgerEventTypes"/>.</param>
    /// <param name="canonicalData">The event's data as canonical JSON.</param>
    public static byte[] Encode(string organisation, long sequence, string id, long timeUs, string type, ReadOnlyMemory<byte> canonicalData) =>
        CanonicalJson.Encode(new JsonObject
        {
            ["v"] = 1,
            ["organisation"] = organisation,
            ["seq"] = sequence,
            ["id"] = id,
            ["time_us"] = timeUs,
            ["type"] = type,
            ["data"] = JsonNode.Parse(canonicalData.Span),
        });

    /// <summary>Reads a leaf.</summary>
    /// <exception cref="EvidenceFormatException">Another form.</exception>
    public static LedgerLeaf Parse(ReadOnlyMemory<byte> leaf, string what)
    {
        var read = EvidenceObject.ParseV1(leaf, what);
        if (!read.Names.SequenceEqual(Members, StringComparer.Ordinal)) throw read.Error($"its members are not exactly {string.Join(", ", Members)}");
        var id = read.String("id");
        if (!IsUuid7(id)) throw read.Error("id is not a UUIDv7 in lower case");
        return new(read.String("organisation"), read.Count("seq"), id, read.Count("time_us"), read.String("type"), read.Object("data"));
    }

    private static bool IsUuid7(string id) =>
        id.Length == 36 && id[14] == '7' && (id[19] is '8' or '9' or 'a' or 'b')
        && Guid.TryParseExact(id, "D", out _) && !id.Any(char.IsAsciiLetterUpper);

    /// <summary>H(canonical JSON of the data): how a manifest refers to an event before it has a number.</summary>
    public string DataDigest() => Digests.Hex(CanonicalJson.Encode(Data.Element));
}
