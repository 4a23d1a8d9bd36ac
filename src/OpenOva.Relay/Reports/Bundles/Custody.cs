using System.Text;
using System.Text.Json.Nodes;
using OpenOva.Relay.Evidence;
using OpenOva.Relay.Evidence.Json;

namespace OpenOva.Relay.Reports.Bundles;

/// <summary>custody.jsonl: a canonical JSON object a line, each with the digest of the line before.</summary>
internal sealed class Custody
{
    private readonly StringBuilder _lines = new();
    private string _previous = Digests.Empty;

    public void Add(long atUs, string what, JsonObject details)
    {
        var line = CanonicalJson.Encode(new JsonObject { ["v"] = 1, ["at_us"] = atUs, ["event"] = what, ["details"] = details, ["previous"] = _previous });
        _previous = Digests.Hex(line);
        _lines.Append(Encoding.UTF8.GetString(line)).Append('\n');
    }

    public override string ToString() => _lines.ToString();
}
