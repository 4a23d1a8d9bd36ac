using OpenOva.Relay.ObjectStorage.S3;

namespace OpenOva.Relay.ObjectStorage;

/// <summary>Section <c>Relay:ObjectStorage</c>.</summary>
internal sealed class ObjectStorageOptions
{
    public const string Section = "Relay:ObjectStorage";

    /// <summary>Where the embedded store keeps its buckets, absolute or relative to <c>Relay:Data</c>. Default <c>objects</c>.</summary>
    public string Directory { get; set; } = "objects";

    /// <summary>Recordings of sessions, unless a connection names another bucket. Default <c>guacamole-recordings</c>, as the platform has it.</summary>
    public string RecordingsBucket { get; set; } = "guacamole-recordings";

    /// <summary>Recordings of calls. Default <c>livekit-recordings</c>, as the platform has it.</summary>
    public string CallsBucket { get; set; } = "livekit-recordings";

    /// <summary>Manifests, checkpoints, bundles and the live pieces of open recordings. Default <c>relay-evidence</c>.</summary>
    public string EvidenceBucket { get; set; } = "relay-evidence";

    /// <summary>Further buckets that connections may name in <c>recording.bucket</c>. Default: none.</summary>
    public IList<string> OtherBuckets { get; } = [];

    /// <summary>The S3 endpoint that keeps the objects. Default: none, and the directory keeps them.</summary>
    public S3Options S3 { get; } = new();

    /// <summary>All bucket names, each once.</summary>
    public IReadOnlyList<string> Buckets => [.. OtherBuckets.Prepend(EvidenceBucket).Prepend(CallsBucket).Prepend(RecordingsBucket).Distinct()];
}
