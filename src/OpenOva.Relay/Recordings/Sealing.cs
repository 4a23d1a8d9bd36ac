using System.Text.Json.Nodes;
using OpenOva.Relay.Evidence;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Evidence.Recording;
using OpenOva.Relay.Ledger;

namespace OpenOva.Relay.Recordings;

/// <summary>One recording on its way to its seal, and the two documents that tell of it.</summary>
/// <param name="Descriptor">What it is of.</param>
/// <param name="Replay">What its source had.</param>
/// <param name="KnownEnd">How the session ended, where that is known otherwise.</param>
/// <param name="Index">Of the sealed object.</param>
/// <param name="Tree">Over the segment headers.</param>
/// <param name="Instructions">In raw.</param>
/// <param name="Ring">The organisation's keys.</param>
/// <param name="BootId">The start of this machine; null where it has no spool.</param>
/// <param name="Supplements">The manifest of a shorter recording that was sealed before.</param>
internal sealed record Sealing(
    RecordingDescriptor Descriptor, ReplayedSession Replay, RecordedEnd? KnownEnd, RecordingIndex Index, MerkleFrontier Tree, long Instructions, KeyRing Ring,
    string? BootId, ObjectReference? Supplements)
{
    /// <summary>The manifest, to be signed.</summary>
    public RecordingManifest Manifest(RecordingKeys recordingKeys, byte[] encodedIndex, long sealedUs, RetentionTerm retention) => new()
    {
        Organisation = Descriptor.Organisation,
        Session = Descriptor.Session,
        Epoch = Descriptor.Epoch,
        SealedUs = sealedUs,
        Connection = Descriptor.Connection,
        Subject = Descriptor.Subject,
        Decision = Descriptor.Decision,
        Opening = Descriptor.Opening,
        SessionKey = Descriptor.SessionKey,
        SoftwareVersion = Descriptor.SoftwareVersion,
        SoftwareSha256 = Descriptor.SoftwareSha256,
        GuacdVersion = Replay.GuacdVersion,
        ClockWallUs = Replay.SyncMs is null ? null : Replay.ConnectedUs,
        ClockSyncMs = Replay.SyncMs,
        OpenedUs = Descriptor.OpenedUs,
        ConnectedUs = Replay.ConnectedUs,
        EndedUs = Replay.EndedUs,
        EndReason = (Replay.End ?? KnownEnd)?.Reason ?? "REPLICA_LOST",
        EndStatus = (Replay.End ?? KnownEnd)?.Status ?? 0,
        Totals = Replay.Totals,
        Coverage = Replay.Coverage,
        Gaps = Replay.Gaps,
        Recovered = Recovery(),
        SegmentCount = Index.Segments.Count,
        SegmentRoot = Convert.ToHexStringLower(Tree.Root()),
        SegmentHead = Replay.Head,
        Recording = new(Descriptor.Bucket, recordingKeys.Object, Index.ObjectBytes, Index.ObjectSha256),
        RawBytes = Index.RawBytes,
        RawSha256 = Index.RawSha256,
        Instructions = Instructions,
        Index = new(Descriptor.Bucket, recordingKeys.Index, encodedIndex.Length, Digests.Hex(encodedIndex)),
        Retention = retention,
        Supplements = Supplements is { } earlier ? [earlier] : [],
    };

    private Recovery? Recovery()
    {
        if (Replay.ServiceFrom is not { } from) return null;
        if (Replay.FromLivePieces) return new("replica-lost", "disk-lost", from);
        // Its replica still lives and saw the recorder fail: what was delivered was written before.
        if (Replay.End is null && KnownEnd is not null) return new("recorder-failed", "process-killed", from);
        if (Replay.End is not null) return new("spool-damaged", "disk-lost", from);
        // The same start of the machine: what was written is still there. Another: what was synced is.
        var sameStart = Replay.Descriptor.BootId.Length > 0 && Replay.Descriptor.BootId == BootId;
        return new("replica-lost", sameStart ? "process-killed" : "power-lost", from);
    }

    /// <summary>The data of the ledger event that names the manifest.</summary>
    public JsonObject Event(RecordingRow row, string lockMode) => new()
    {
        ["session"] = row.Session,
        ["epoch"] = row.Epoch,
        ["manifest_sha256"] = row.ManifestSha256,
        ["state"] = row.Recovered ? "recovered" : "complete",
        ["recorded_bytes"] = row.RecordedBytes,
        ["gaps"] = Replay.Gaps.Count,
        ["bound"] = Recovery()?.Bound,
        ["coverage"] = new JsonObject
        {
            ["heartbeats"] = Replay.Coverage.Heartbeats,
            ["session_ms"] = Replay.Coverage.SessionMs,
            ["covered_ms"] = Replay.Coverage.CoveredMs,
            ["max_gap_ms"] = Replay.Coverage.MaxGapMs,
        },
        ["retention_until_us"] = row.RetentionUntilUs,
        ["supplements"] = Supplements?.Sha256,
        ["lock"] = lockMode,
    };
}
