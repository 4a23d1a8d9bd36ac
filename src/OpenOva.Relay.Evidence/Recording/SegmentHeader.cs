using System.Text.Json.Nodes;
using OpenOva.Relay.Evidence.Json;
using OpenOva.Relay.Evidence.Keys;

namespace OpenOva.Relay.Evidence.Recording;

/// <summary>A sign of life of the recorder, at most 2 s after the one before. Monotonic milliseconds, microseconds UTC, bytes since the session began.</summary>
public sealed record Heartbeat(long MonoMs, long WallUs, long ReceivedBytes, long RecordedBytes)
{
    /// <summary>The longest time between two, in milliseconds, while the recorder lives.</summary>
    public const int PeriodMs = 2_000;

    /// <summary>As JSON.</summary>
    public JsonObject ToJson() =>
        new() { ["mono_ms"] = MonoMs, ["wall_us"] = WallUs, ["received_bytes"] = ReceivedBytes, ["recorded_bytes"] = RecordedBytes };

    /// <summary>From JSON.</summary>
    public static Heartbeat FromJson(EvidenceObject json) =>
        new(json.Int64("mono_ms"), json.Count("wall_us"), json.Count("received_bytes"), json.Count("recorded_bytes"));
}

/// <summary>Who signed a segment header.</summary>
public enum SegmentSigner
{
    /// <summary>The session's own key, which lived in the recorder's memory only.</summary>
    Session,

    /// <summary>The organisation's signing key: the tail of a recovered recording.</summary>
    Service,
}

/// <summary>The signed header of one segment (README.md section 3.1).</summary>
public sealed record SegmentHeader
{
    /// <summary>Whose session.</summary>
    public required string Organisation { get; init; }

    /// <summary>UUIDv7, lower case.</summary>
    public required string Session { get; init; }

    /// <summary>The fencing epoch of the replica that wrote it.</summary>
    public required long Epoch { get; init; }

    /// <summary>From 0, without gap.</summary>
    public required long Number { get; init; }

    /// <summary>The digest of the header before, or of the opening event's data.</summary>
    public required string Previous { get; init; }

    /// <summary>Who signed.</summary>
    public required SegmentSigner Signer { get; init; }

    /// <summary>Where in raw it begins, bytes.</summary>
    public required long RawOffset { get; init; }

    /// <summary>Its bytes of raw.</summary>
    public required long RawBytes { get; init; }

    /// <summary>Their digest.</summary>
    public required string RawSha256 { get; init; }

    /// <summary>Their instructions.</summary>
    public required long Instructions { get; init; }

    /// <summary>When the segment began, microseconds UTC.</summary>
    public required long FirstWallUs { get; init; }

    /// <summary>When it was closed, microseconds UTC.</summary>
    public required long LastWallUs { get; init; }

    /// <summary>The timestamp of its first sync, guacd's monotonic milliseconds; null without one.</summary>
    public required long? FirstSyncMs { get; init; }

    /// <summary>The timestamp of its last sync.</summary>
    public required long? LastSyncMs { get; init; }

    /// <summary>The signs of life that came while it was open.</summary>
    public required IReadOnlyList<Heartbeat> Heartbeats { get; init; }

    /// <summary>What came since the session began, by class (the <c>classes</c> member).</summary>
    public required IReadOnlyDictionary<string, Tally> Classes { get; init; }

    /// <summary>The pointer instructions made since the session began.</summary>
    public required Tally Synthesised { get; init; }

    /// <summary>The payload to sign.</summary>
    public JsonObject ToJson() => new()
    {
        ["v"] = 1,
        ["organisation"] = Organisation,
        ["session"] = Session,
        ["epoch"] = Epoch,
        ["number"] = Number,
        ["previous"] = Previous,
        ["signer"] = Signer == SegmentSigner.Session ? "session" : "service",
        ["raw_offset"] = RawOffset,
        ["raw_bytes"] = RawBytes,
        ["raw_sha256"] = RawSha256,
        ["instructions"] = Instructions,
        ["first_wall_us"] = FirstWallUs,
        ["last_wall_us"] = LastWallUs,
        ["first_sync_ms"] = FirstSyncMs,
        ["last_sync_ms"] = LastSyncMs,
        ["heartbeats"] = new JsonArray([.. Heartbeats.Select(h => h.ToJson())]),
        ["classes"] = ClassesJson(),
        ["synthesised"] = Synthesised.ToJson(),
    };

    /// <summary>Reads a header; its signature is the caller's to check.</summary>
    /// <exception cref="EvidenceFormatException">Another form.</exception>
    public static SegmentHeader Parse(Jws jws, string what)
    {
        var read = jws.ReadPayload(what);
        return new()
        {
            Organisation = read.String("organisation"),
            Session = read.String("session"),
            Epoch = read.Count("epoch"),
            Number = read.Count("number"),
            Previous = read.Digest("previous"),
            Signer = read.String("signer") switch { "session" => SegmentSigner.Session, "service" => SegmentSigner.Service, _ => throw read.Error("unknown signer") },
            RawOffset = read.Count("raw_offset"),
            RawBytes = read.Count("raw_bytes"),
            RawSha256 = read.Digest("raw_sha256"),
            Instructions = read.Count("instructions"),
            FirstWallUs = read.Count("first_wall_us"),
            LastWallUs = read.Count("last_wall_us"),
            FirstSyncMs = read.NullableInt64("first_sync_ms"),
            LastSyncMs = read.NullableInt64("last_sync_ms"),
            Heartbeats = [.. read.Objects("heartbeats").Select(Heartbeat.FromJson)],
            Classes = ReadClasses(read.Object("classes")),
            Synthesised = Tally.FromJson(read.Object("synthesised")),
        };
    }

    private static Dictionary<string, Tally> ReadClasses(EvidenceObject classes) =>
        classes.Names.ToDictionary(name => name, name => Tally.FromJson(classes.Object(name)), StringComparer.Ordinal);

    private JsonObject ClassesJson()
    {
        var json = new JsonObject();
        foreach (var (name, tally) in Classes) json[name] = tally.ToJson();
        return json;
    }
}
