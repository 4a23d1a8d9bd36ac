using System.Text;
using System.Text.Json.Nodes;
using OpenOva.Relay.Evidence.Json;
using OpenOva.Relay.Evidence.Keys;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Evidence.Stamps;

namespace OpenOva.Relay.Evidence.Verification;

/// <summary>The lines of a ledger export that are no leaves (README.md section 5.4).</summary>
public static class LedgerExport
{
    /// <summary>A line that is longer holds nothing that may stand in an export.</summary>
    internal const int MostLineBytes = 2 << 20;

    private const string HistoryName = "history";
    private const string CheckpointName = "checkpoint";
    private const string StampName = "stamp";

    /// <summary>The key history: the first line.</summary>
    public static byte[] Line(KeyHistory history) => CanonicalJson.Encode(new JsonObject { [HistoryName] = history.Jws.Compact });

    /// <summary>A head: behind the last leaf that it covers.</summary>
    public static byte[] Line(Checkpoint checkpoint) => CanonicalJson.Encode(new JsonObject { [CheckpointName] = checkpoint.Jws.Compact });

    /// <summary>A stamp: behind its head.</summary>
    public static byte[] Line(LedgerStamp stamp) => CanonicalJson.Encode(new JsonObject { [StampName] = JsonNode.Parse(stamp.Encode()) });

    /// <summary>What a line is; a leaf where it is none of the others.</summary>
    /// <exception cref="EvidenceFormatException">None of these.</exception>
    internal static object Read(ReadOnlyMemory<byte> line, string what)
    {
        if (line.Span.StartsWith("{\"data\":"u8)) return LedgerLeaf.Parse(line, what);
        var read = EvidenceObject.Parse(line, what);
        if (read.Names.ToList() is not [var name]) throw read.Error("neither leaf, head, stamp nor key history");
        return name switch
        {
            HistoryName => new HistoryLine(Encoding.UTF8.GetBytes(read.String(name))),
            CheckpointName => Checkpoint.Parse(Encoding.UTF8.GetBytes(read.String(name)), what),
            StampName => LedgerStamp.Parse(CanonicalJson.Encode(read.Object(name).Element), what),
            _ => throw read.Error("neither leaf, head, stamp nor key history"),
        };
    }

    internal sealed record HistoryLine(byte[] Jws);
}
