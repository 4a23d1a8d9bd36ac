using System.Text.Json.Nodes;
using OpenOva.Relay.Evidence.Json;
using OpenOva.Relay.Evidence.Keys;

namespace OpenOva.Relay.Evidence.Recording;

/// <summary>A ledger event that a manifest refers to: its id and the digest of its data.</summary>
public sealed record EventReference(string Id, string Sha256)
{
    internal JsonObject ToJson() => new() { ["id"] = Id, ["sha256"] = Sha256 };

    internal static EventReference FromJson(EvidenceObject json) => new(json.String("id"), json.Digest("sha256"));
}

/// <summary>The connection as it was when the session was opened; the digest is over its canonical specification.</summary>
public sealed record ConnectionReference(string Name, string Protocol, string Digest);

/// <summary>A person: issuer and subject. Names are not evidence.</summary>
public sealed record SubjectReference(string Issuer, string Sub);

/// <summary>A stored object.</summary>
public sealed record ObjectReference(string Bucket, string Key, long Bytes, string Sha256);

/// <summary>How long the store is asked to keep the recording. Mode GOVERNANCE, COMPLIANCE, or NONE where the store cannot lock; microseconds UTC.</summary>
public sealed record RetentionTerm(string Mode, long UntilUs);

/// <summary>Why a recording was finished by another hand, and what may be lost.</summary>
/// <param name="Reason">replica-lost.</param>
/// <param name="Bound">process-killed, power-lost or disk-lost.</param>
/// <param name="FromSegment">The first segment signed by the service.</param>
public sealed record Recovery(string Reason, string Bound, long FromSegment);

/// <summary>The statement that a sealed recording is signed under (README.md section 3.3). Times are microseconds UTC.</summary>
public sealed record RecordingManifest
{
    /// <summary>Whose session.</summary>
    public required string Organisation { get; init; }

    /// <summary>UUIDv7.</summary>
    public required string Session { get; init; }

    /// <summary>relay: recorded in the path; guacd: taken over from guacd's own recorder.</summary>
    public string Source { get; init; } = "relay";

    /// <summary>The fencing epoch of the replica that recorded.</summary>
    public required long Epoch { get; init; }

    /// <summary>When it was sealed.</summary>
    public required long SealedUs { get; init; }

    /// <summary>The connection.</summary>
    public required ConnectionReference Connection { get; init; }

    /// <summary>The person.</summary>
    public required SubjectReference Subject { get; init; }

    /// <summary>The ledger's access.decided event.</summary>
    public required EventReference Decision { get; init; }

    /// <summary>The ledger's recording.opened event.</summary>
    public required EventReference Opening { get; init; }

    /// <summary>The key that signed the segments.</summary>
    public required EcPublicKey SessionKey { get; init; }

    /// <summary>The recorder's version.</summary>
    public required string SoftwareVersion { get; init; }

    /// <summary>The digest of the recorder's program file.</summary>
    public required string SoftwareSha256 { get; init; }

    /// <summary>guacd's protocol version; empty when the handshake did not come so far.</summary>
    public required string GuacdVersion { get; init; }

    /// <summary>The wall clock when the first sync came; null if none did.</summary>
    public required long? ClockWallUs { get; init; }

    /// <summary>That sync's timestamp, guacd's monotonic milliseconds.</summary>
    public required long? ClockSyncMs { get; init; }

    /// <summary>When the session was opened.</summary>
    public required long OpenedUs { get; init; }

    /// <summary>When the first frame came.</summary>
    public required long? ConnectedUs { get; init; }

    /// <summary>When it ended.</summary>
    public required long EndedUs { get; init; }

    /// <summary>A SessionEndReason's name without its prefix.</summary>
    public required string EndReason { get; init; }

    /// <summary>A Guacamole status.</summary>
    public required long EndStatus { get; init; }

    /// <summary>What came, by class.</summary>
    public required ClassTotals Totals { get; init; }

    /// <summary>How much of the time the recorder lived.</summary>
    public required Coverage Coverage { get; init; }

    /// <summary>Where something is known to be missing: after which segment, and why.</summary>
    public IReadOnlyList<(long AfterSegment, string Reason)> Gaps { get; init; } = [];

    /// <summary>Null for a recording that its own recorder finished.</summary>
    public required Recovery? Recovered { get; init; }

    /// <summary>The number of segments.</summary>
    public required long SegmentCount { get; init; }

    /// <summary>The Merkle root over the segment headers.</summary>
    public required string SegmentRoot { get; init; }

    /// <summary>The digest of the last header.</summary>
    public required string SegmentHead { get; init; }

    /// <summary>The sealed object.</summary>
    public required ObjectReference Recording { get; init; }

    /// <summary>Raw's length.</summary>
    public required long RawBytes { get; init; }

    /// <summary>Raw's digest.</summary>
    public required string RawSha256 { get; init; }

    /// <summary>Raw's instructions.</summary>
    public required long Instructions { get; init; }

    /// <summary>The index.</summary>
    public required ObjectReference Index { get; init; }

    /// <summary>The lock asked for.</summary>
    public required RetentionTerm Retention { get; init; }

    /// <summary>The manifests of shorter recordings of this session that were sealed before, by a replica that had less of it.</summary>
    public IReadOnlyList<ObjectReference> Supplements { get; init; } = [];

    /// <summary>Signs it.</summary>
    public ValueTask<Jws> SignAsync(ISigningKey key, CancellationToken cancellationToken) =>
        Jws.SignAsync(JwsTypes.Manifest, ToJson(), key, cancellationToken: cancellationToken);

    private JsonObject ToJson() => new()
    {
        ["v"] = 1,
        ["organisation"] = Organisation,
        ["session"] = Session,
        ["source"] = Source,
        ["epoch"] = Epoch,
        ["sealed_us"] = SealedUs,
        ["connection"] = new JsonObject { ["name"] = Connection.Name, ["protocol"] = Connection.Protocol, ["digest"] = Connection.Digest },
        ["subject"] = new JsonObject { ["issuer"] = Subject.Issuer, ["sub"] = Subject.Sub },
        ["decision"] = Decision.ToJson(),
        ["opening"] = Opening.ToJson(),
        ["session_key"] = SessionKey.ToJwk(),
        ["software"] = new JsonObject { ["name"] = "relay", ["version"] = SoftwareVersion, ["sha256"] = SoftwareSha256 },
        ["guacd"] = new JsonObject { ["version"] = GuacdVersion },
        ["clock"] = new JsonObject { ["wall_us"] = ClockWallUs, ["sync_ms"] = ClockSyncMs },
        ["times"] = new JsonObject { ["opened_us"] = OpenedUs, ["connected_us"] = ConnectedUs, ["ended_us"] = EndedUs },
        ["end"] = new JsonObject { ["reason"] = EndReason, ["status"] = EndStatus },
        ["totals"] = Totals.ToJson(),
        ["coverage"] = new JsonObject
        {
            ["heartbeats"] = Coverage.Heartbeats, ["session_ms"] = Coverage.SessionMs,
            ["covered_ms"] = Coverage.CoveredMs, ["max_gap_ms"] = Coverage.MaxGapMs,
        },
        ["gaps"] = new JsonArray([.. Gaps.Select(g => new JsonObject { ["after_segment"] = g.AfterSegment, ["reason"] = g.Reason })]),
        ["recovered"] = Recovered is { } r
            ? new JsonObject { ["reason"] = r.Reason, ["bound"] = r.Bound, ["from_segment"] = r.FromSegment }
            : null,
        ["segments"] = new JsonObject { ["count"] = SegmentCount, ["root"] = SegmentRoot, ["head"] = SegmentHead },
        ["recording"] = new JsonObject
        {
            ["bucket"] = Recording.Bucket, ["key"] = Recording.Key, ["bytes"] = Recording.Bytes, ["sha256"] = Recording.Sha256,
            ["raw_bytes"] = RawBytes, ["raw_sha256"] = RawSha256, ["instructions"] = Instructions,
        },
        ["index"] = new JsonObject { ["bucket"] = Index.Bucket, ["key"] = Index.Key, ["bytes"] = Index.Bytes, ["sha256"] = Index.Sha256 },
        ["retention"] = new JsonObject { ["mode"] = Retention.Mode, ["until_us"] = Retention.UntilUs },
        ["not_captured"] = new JsonArray([.. InstructionClasses.LeftOut.Select(c => JsonValue.Create(c))]),
        ["tracks"] = new JsonArray(),
        ["supplements"] = new JsonArray([.. Supplements.Select(s => new JsonObject { ["name"] = "manifest", ["key"] = s.Key, ["bytes"] = s.Bytes, ["sha256"] = s.Sha256 })]),
    };
}
