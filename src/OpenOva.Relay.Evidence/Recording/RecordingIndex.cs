using System.Text.Json.Nodes;
using OpenOva.Relay.Evidence.Json;

namespace OpenOva.Relay.Evidence.Recording;

/// <summary>One gzip member of the sealed object. All in bytes.</summary>
public sealed record RecordingMember(long Offset, long Bytes, long RawOffset, long RawBytes);

/// <summary>What makes a sealed object readable by ranges (README.md section 3.2).</summary>
public sealed record RecordingIndex
{
    /// <summary>Whose session.</summary>
    public required string Organisation { get; init; }

    /// <summary>UUIDv7.</summary>
    public required string Session { get; init; }

    /// <summary>The sealed object's length.</summary>
    public required long ObjectBytes { get; init; }

    /// <summary>The sealed object's digest.</summary>
    public required string ObjectSha256 { get; init; }

    /// <summary>Raw's length.</summary>
    public required long RawBytes { get; init; }

    /// <summary>Raw's digest.</summary>
    public required string RawSha256 { get; init; }

    /// <summary>The gzip members in order.</summary>
    public required IReadOnlyList<RecordingMember> Members { get; init; }

    /// <summary>The segment headers in order, each a compact JWS.</summary>
    public required IReadOnlyList<string> Segments { get; init; }

    /// <summary>The file's bytes.</summary>
    public byte[] Encode() => CanonicalJson.Encode(new JsonObject
    {
        ["v"] = 1,
        ["organisation"] = Organisation,
        ["session"] = Session,
        ["object_bytes"] = ObjectBytes,
        ["object_sha256"] = ObjectSha256,
        ["raw_bytes"] = RawBytes,
        ["raw_sha256"] = RawSha256,
        ["members"] = new JsonArray([.. Members.Select(m => new JsonObject
        {
            ["offset"] = m.Offset, ["bytes"] = m.Bytes, ["raw_offset"] = m.RawOffset, ["raw_bytes"] = m.RawBytes,
        })]),
        ["segments"] = new JsonArray([.. Segments.Select(s => JsonValue.Create(s))]),
    });

    /// <summary>Reads an index, and checks that its members cover object and raw without gap or overlap.</summary>
    /// <exception cref="EvidenceFormatException">Another form.</exception>
    public static RecordingIndex Parse(ReadOnlyMemory<byte> file, string what)
    {
        var read = EvidenceObject.ParseV1(file, what);
        var index = new RecordingIndex
        {
            Organisation = read.String("organisation"),
            Session = read.String("session"),
            ObjectBytes = read.Count("object_bytes"),
            ObjectSha256 = read.Digest("object_sha256"),
            RawBytes = read.Count("raw_bytes"),
            RawSha256 = read.Digest("raw_sha256"),
            Members = [.. read.Objects("members").Select(m => new RecordingMember(m.Count("offset"), m.Count("bytes"), m.Count("raw_offset"), m.Count("raw_bytes")))],
            Segments = [.. read.Strings("segments")],
        };
        var (offset, raw) = (0L, 0L);
        foreach (var member in index.Members)
        {
            if (member.Offset != offset || member.RawOffset != raw) throw read.Error($"the member at {member.Offset} leaves a gap or overlaps");
            (offset, raw) = (offset + member.Bytes, raw + member.RawBytes);
        }

        if (index.Members.Count == 0 || index.Segments.Count == 0) throw read.Error("it has no member or no segment");
        if (offset != index.ObjectBytes || raw != index.RawBytes) throw read.Error("its members do not cover the object");
        return index;
    }
}
