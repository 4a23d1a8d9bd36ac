using System.Text;
using System.Text.Json.Nodes;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence;
using OpenOva.Relay.Evidence.Keys;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Evidence.Recording;
using OpenOva.Relay.Evidence.Spool;
using OpenOva.Relay.Ledger;
using OpenOva.Relay.Messaging;
using OpenOva.Relay.ObjectStorage;

namespace OpenOva.Relay.Recordings;

/// <summary>A recording was sealed. Consumers verify it from the store.</summary>
internal sealed record RecordingSealed(string Organisation, string Session, string ManifestSha256);

/// <summary>
/// Makes one object, index and signed manifest of a spooled session and puts them into the store; then the ledger names the manifest. Safe to run again after
/// any break: objects are put if absent, and the row is inserted once.
/// </summary>
internal sealed class RecordingSealer(
    SpoolLog spool, IObjectStore store, ObjectStorageOptions buckets, RelayDatabase database, LedgerStage ledger, Outbox outbox, OrganisationKeys keys,
    RecordingsOptions options, string scratchFolder, TimeProvider time, ILogger<RecordingSealer> logger)
{
    private const int MaxManifestBytes = 1 << 20;
    private const int MaxAttempts = 16;

    // What the store does not enforce is never claimed.
    private string Lock => store.Capabilities.LockEnforced ? options.LockMode.ToString().ToUpperInvariant() : "NONE";

    /// <summary>Seals.</summary>
    /// <param name="session">Where its frames are.</param>
    /// <param name="knownEnd">How the session ended, where its recorder's replica still lives; it counts if the spool could not take it.</param>
    /// <param name="atEnd">What else is written with the seal, in the same transaction.</param>
    /// <param name="cancellation">Ends the sealing; it is run again later.</param>
    public async Task<RecordingRow> SealAsync(
        SpooledSession session, RecordedEnd? knownEnd, Func<RelayTransaction, ReplayedSession, RecordingRow, Task> atEnd, CancellationToken cancellation)
    {
        Directory.CreateDirectory(scratchFolder);
        var scratch = Path.Combine(scratchFolder, $"{session.Id:n}.guac.gz");
        await using var file = new FileStream(scratch, FileMode.Create, FileAccess.ReadWrite, FileShare.None, 128 * 1024, FileOptions.DeleteOnClose | FileOptions.Asynchronous);
        await using var writer = new SealedObjectWriter(file);
        var tree = new MerkleFrontier();
        var (replay, ring) = await ReplayAsync(session, writer, tree, cancellation);
        var descriptor = replay.Descriptor;
        var index = await writer.FinishAsync(descriptor.Organisation, descriptor.Session);
        await file.FlushAsync(cancellation);
        var sealing = new Sealing(descriptor, replay, knownEnd, index, tree, writer.Instructions, ring);
        var row = await PutAsync(sealing, file, cancellation);
        await database.TransactAsync(
            async transaction =>
            {
                if (!await RecordingQueries.InsertAsync(transaction, row)) return;
                await ledger.AddAsync(transaction, row.Organisation, LedgerEventTypes.RecordingSealed, SealedEvent(sealing, row));
                await atEnd(transaction, replay, row);
                await outbox.AddAsync(transaction, new RecordingSealed(row.Organisation, row.Session, row.ManifestSha256), row.Organisation);
            },
            cancellation);
        logger.Sealed(row.Session, row.RecordedBytes, index.Segments.Count, row.Recovered);
        return row;
    }

    private async Task<(ReplayedSession Replay, KeyRing Ring)> ReplayAsync(SpooledSession session, SealedObjectWriter writer, MerkleFrontier tree, CancellationToken cancellation)
    {
        var organisation = RecordingDescriptor.Parse(spool.Read(session.All().First()).Payload).Organisation;
        var ring = await keys.OfAsync(organisation, cancellation);
        var replay = await new SpoolReplay(spool, ring.Signing).RunAsync(
            session,
            async (compact, raw) =>
            {
                tree.Append(MerkleHash.Leaf(Encoding.ASCII.GetBytes(compact)));
                await writer.WriteAsync(compact, raw, cancellation);
            },
            cancellation);
        return (replay, ring);
    }

    // A try that was broken off may have left objects under the first keys. Where they are the same, the next try goes on with them; where a manifest is among
    // them, that one is the recording's; where they differ (another tail signature), they are left alone and the next keys are used.
    private async Task<RecordingRow> PutAsync(Sealing sealing, FileStream file, CancellationToken cancellation)
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var recordingKeys = RecordingKeys.Of(sealing.Descriptor, attempt);
            var row = await FindSealedAsync(sealing, recordingKeys, cancellation) ?? await TryPutAsync(sealing, recordingKeys, file, cancellation);
            if (row is not null) return row;
        }

        throw new ObjectChecksumException(sealing.Descriptor.Bucket, RecordingKeys.Of(sealing.Descriptor).Object, $"{MaxAttempts} seals were broken off before");
    }

    private async Task<RecordingRow?> FindSealedAsync(Sealing sealing, RecordingKeys recordingKeys, CancellationToken cancellation)
    {
        var bucket = sealing.Descriptor.Bucket;
        if (await store.HeadAsync(buckets.EvidenceBucket, recordingKeys.Manifest, cancellation) is not { } storedManifest) return null;
        var file = await store.GetBytesAsync(buckets.EvidenceBucket, recordingKeys.Manifest, MaxManifestBytes, cancellation);
        var read = Jws.Parse(file, JwsTypes.Manifest, recordingKeys.Manifest).ReadPayload(recordingKeys.Manifest);
        var storedObject = await store.HeadAsync(bucket, recordingKeys.Object, cancellation) ?? throw new ObjectNotFoundException(bucket, recordingKeys.Object);
        var storedIndex = await store.HeadAsync(bucket, recordingKeys.Index, cancellation) ?? throw new ObjectNotFoundException(bucket, recordingKeys.Index);
        return Row(sealing, recordingKeys, storedObject, storedIndex, storedManifest, read.Count("sealed_us"), read.Object("retention").Count("until_us"));
    }

    private async Task<RecordingRow?> TryPutAsync(Sealing sealing, RecordingKeys recordingKeys, FileStream file, CancellationToken cancellation)
    {
        var (descriptor, index) = (sealing.Descriptor, sealing.Index);
        var sealedUs = time.GetUnixMicroseconds();
        var days = Math.Max(descriptor.RetentionDays, options.MinimumRetentionDays);
        var untilUs = sealedUs + days * 86_400_000_000L;
        var locked = Term(options.LockMode, untilUs, days);
        var encodedIndex = index.Encode();
        file.Position = 0;
        var storedObject = await PutOnceAsync(descriptor.Bucket, recordingKeys.Object, file, index.ObjectSha256, locked, cancellation);
        if (storedObject.Sha256 != index.ObjectSha256) return null;
        var storedIndex = await PutOnceAsync(descriptor.Bucket, recordingKeys.Index, new MemoryStream(encodedIndex), Digests.Hex(encodedIndex), locked, cancellation);
        if (storedIndex.Sha256 != Digests.Hex(encodedIndex)) return null;
        var jws = await Manifest(sealing, recordingKeys, encodedIndex, sealedUs, untilUs).SignAsync(sealing.Ring.Signing, cancellation);
        var manifest = Encoding.ASCII.GetBytes(jws.Compact);
        var storedManifest = await PutOnceAsync(
            buckets.EvidenceBucket, recordingKeys.Manifest, new MemoryStream(manifest), Digests.Hex(manifest), Term(RetentionMode.Compliance, untilUs, days), cancellation);
        return storedManifest.Sha256 == Digests.Hex(manifest)
            ? Row(sealing, recordingKeys, storedObject, storedIndex, storedManifest, sealedUs, untilUs)
            : await FindSealedAsync(sealing, recordingKeys, cancellation);
    }

    private async Task<StoredObject> PutOnceAsync(string bucket, string key, Stream content, string sha256, Retention? retention, CancellationToken cancellation)
    {
        try
        {
            return await store.PutIfAbsentAsync(bucket, key, content, sha256, retention, cancellation);
        }
        catch (ObjectAlreadyExistsException)
        {
            return await store.HeadAsync(bucket, key, cancellation) ?? throw new ObjectNotFoundException(bucket, key);
        }
    }

    private RecordingManifest Manifest(Sealing sealing, RecordingKeys recordingKeys, byte[] encodedIndex, long sealedUs, long untilUs)
    {
        var (descriptor, replay, index) = (sealing.Descriptor, sealing.Replay, sealing.Index);
        return new RecordingManifest
        {
            Organisation = descriptor.Organisation,
            Session = descriptor.Session,
            Epoch = descriptor.Epoch,
            SealedUs = sealedUs,
            Connection = descriptor.Connection,
            Subject = descriptor.Subject,
            Decision = descriptor.Decision,
            Opening = descriptor.Opening,
            SessionKey = descriptor.SessionKey,
            SoftwareVersion = descriptor.SoftwareVersion,
            SoftwareSha256 = descriptor.SoftwareSha256,
            GuacdVersion = replay.GuacdVersion,
            ClockWallUs = replay.SyncMs is null ? null : replay.ConnectedUs,
            ClockSyncMs = replay.SyncMs,
            OpenedUs = descriptor.OpenedUs,
            ConnectedUs = replay.ConnectedUs,
            EndedUs = replay.EndedUs,
            EndReason = (replay.End ?? sealing.KnownEnd)?.Reason ?? "REPLICA_LOST",
            EndStatus = (replay.End ?? sealing.KnownEnd)?.Status ?? 0,
            Totals = replay.Totals,
            Coverage = replay.Coverage,
            Gaps = replay.Gaps,
            Recovered = RecoveryOf(sealing),
            SegmentCount = index.Segments.Count,
            SegmentRoot = Convert.ToHexStringLower(sealing.Tree.Root()),
            SegmentHead = replay.Head,
            Recording = new(descriptor.Bucket, recordingKeys.Object, index.ObjectBytes, index.ObjectSha256),
            RawBytes = index.RawBytes,
            RawSha256 = index.RawSha256,
            Instructions = sealing.Instructions,
            Index = new(descriptor.Bucket, recordingKeys.Index, encodedIndex.Length, Digests.Hex(encodedIndex)),
            Retention = new(Lock, untilUs),
        };
    }

    private Recovery? RecoveryOf(Sealing sealing)
    {
        var replay = sealing.Replay;
        if (replay.ServiceFrom is not { } from) return null;
        // Its replica still lives and saw the recorder fail: what was delivered was written before.
        if (replay.End is null && sealing.KnownEnd is not null) return new("recorder-failed", "process-killed", from);
        if (replay.End is not null) return new("spool-damaged", "disk-lost", from);
        // The same start of the machine: what was written is still there. Another: what was synced is.
        var sameStart = replay.Descriptor.BootId.Length > 0 && replay.Descriptor.BootId == spool.BootId;
        return new("replica-lost", sameStart ? "process-killed" : "power-lost", from);
    }

    private JsonObject SealedEvent(Sealing sealing, RecordingRow row) => new()
    {
        ["session"] = row.Session,
        ["epoch"] = row.Epoch,
        ["manifest_sha256"] = row.ManifestSha256,
        ["state"] = row.Recovered ? "recovered" : "complete",
        ["recorded_bytes"] = row.RecordedBytes,
        ["gaps"] = sealing.Replay.Gaps.Count,
        ["bound"] = RecoveryOf(sealing)?.Bound,
        ["coverage"] = new JsonObject
        {
            ["heartbeats"] = sealing.Replay.Coverage.Heartbeats,
            ["session_ms"] = sealing.Replay.Coverage.SessionMs,
            ["covered_ms"] = sealing.Replay.Coverage.CoveredMs,
            ["max_gap_ms"] = sealing.Replay.Coverage.MaxGapMs,
        },
        ["retention_until_us"] = row.RetentionUntilUs,
        ["lock"] = Lock,
    };

    private RecordingRow Row(
        Sealing sealing, RecordingKeys recordingKeys, StoredObject storedObject, StoredObject storedIndex, StoredObject storedManifest, long sealedUs, long untilUs) => new()
    {
        Organisation = sealing.Descriptor.Organisation,
        Session = sealing.Descriptor.Session,
        Epoch = sealing.Descriptor.Epoch,
        Bucket = sealing.Descriptor.Bucket,
        ObjectKey = recordingKeys.Object,
        ObjectVersion = storedObject.VersionId,
        IndexKey = recordingKeys.Index,
        IndexVersion = storedIndex.VersionId,
        EvidenceBucket = buckets.EvidenceBucket,
        ManifestKey = recordingKeys.Manifest,
        ManifestVersion = storedManifest.VersionId,
        ManifestSha256 = storedManifest.Sha256,
        RecordedBytes = sealing.Index.RawBytes,
        ObjectBytes = storedObject.Bytes,
        Recovered = sealing.Replay.ServiceFrom is not null,
        RetentionUntilUs = untilUs,
        SealedUs = sealedUs,
    };

    private static Retention? Term(RetentionMode mode, long untilUs, int days) => days == 0 ? null : new(mode, RowClock.FromUnixMicroseconds(untilUs));

    private sealed record Sealing(
        RecordingDescriptor Descriptor, ReplayedSession Replay, RecordedEnd? KnownEnd, RecordingIndex Index, MerkleFrontier Tree, long Instructions, KeyRing Ring);
}
