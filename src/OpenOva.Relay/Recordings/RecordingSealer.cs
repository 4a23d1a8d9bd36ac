using System.Text;
using System.Text.Json.Nodes;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence;
using OpenOva.Relay.Evidence.Keys;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Evidence.Recording;
using OpenOva.Relay.Ledger;
using OpenOva.Relay.Messaging;
using OpenOva.Relay.ObjectStorage;

namespace OpenOva.Relay.Recordings;

/// <summary>A recording was sealed. Consumers verify it from the store.</summary>
internal sealed record RecordingSealed(string Organisation, string Session, string ManifestSha256);

/// <summary>
/// Makes one object, index and signed manifest of a session and puts them into the store; then the ledger names the manifest. Safe to run again after any
/// break, and by several replicas: one seals at a time, objects are put if absent, and what was sealed before is supplemented where there is more, never replaced.
/// </summary>
internal sealed class RecordingSealer(
    string? bootId, IObjectStore store, ObjectStorageOptions buckets, RelayDatabase database, LedgerStage ledger, Outbox outbox, OrganisationKeys keys,
    SealClaims claims, RecordingsOptions options, string scratchFolder, TimeProvider time, ILogger<RecordingSealer> logger)
{
    private const int MaxManifestBytes = 1 << 20;
    private const int MaxAttempts = 16;

    // What the store does not enforce is never claimed.
    private string Lock => store.Capabilities.LockEnforced ? options.LockMode.ToString().ToUpperInvariant() : "NONE";

    /// <summary>Seals.</summary>
    /// <param name="source">Where its segments come from.</param>
    /// <param name="knownEnd">How the session ended, where that is known otherwise than from the source.</param>
    /// <param name="atEnd">What else is written with the seal, in the same transaction.</param>
    /// <param name="cancellation">Ends the sealing; it is run again later.</param>
    /// <returns>The recording as it stands now: sealed here, or before by another hand that had as much of it.</returns>
    /// <exception cref="SealClaimedException">Another replica seals it now.</exception>
    public async Task<RecordingRow> SealAsync(
        ISegmentSource source, RecordedEnd? knownEnd, Func<RelayTransaction, ReplayedSession, RecordingRow, Task> atEnd, CancellationToken cancellation)
    {
        var claim = await claims.TakeAsync(source.Organisation, source.Session.ToString("D"), cancellation);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var keeping = KeepAsync(claim, over.Token);
        try
        {
            return await SealAsync(source, claim, knownEnd, atEnd, cancellation);
        }
        finally
        {
            await over.CancelAsync();
            await keeping;
            await ReleaseAsync(claim);
        }
    }

    private async Task<RecordingRow> SealAsync(
        ISegmentSource source, SealClaim claim, RecordedEnd? knownEnd, Func<RelayTransaction, ReplayedSession, RecordingRow, Task> atEnd, CancellationToken cancellation)
    {
        var before = await RecordingQueries.FindAsync(database, claim.Organisation, claim.Session, cancellation);
        Directory.CreateDirectory(scratchFolder);
        var scratch = Path.Combine(scratchFolder, $"{source.Session:n}.guac.gz");
        await using var file = new FileStream(scratch, FileMode.Create, FileAccess.ReadWrite, FileShare.None, 128 * 1024, FileOptions.DeleteOnClose | FileOptions.Asynchronous);
        await using var writer = new SealedObjectWriter(file);
        var tree = new MerkleFrontier();
        var (replay, ring) = await ReplayAsync(source, writer, tree, cancellation);
        var descriptor = replay.Descriptor;
        var index = await writer.FinishAsync(descriptor.Organisation, descriptor.Session);
        await file.FlushAsync(cancellation);
        if (before is not null && before.RecordedBytes >= index.RawBytes) return before;
        var sealing = new Sealing(descriptor, replay, knownEnd, index, tree, writer.Instructions, ring, bootId, await SupplementedAsync(before, cancellation));
        var row = await PutAsync(sealing, file, cancellation);
        await database.TransactAsync(
            async transaction =>
            {
                await claims.GuardAsync(transaction, claim);
                if (before is null)
                {
                    await RecordingQueries.InsertAsync(transaction, row);
                    if (replay.FromLivePieces) await NoteChainAsync(transaction, sealing);
                    await ledger.AddAsync(transaction, row.Organisation, LedgerEventTypes.RecordingSealed, sealing.Event(row, Lock));
                }
                else
                {
                    await RecordingQueries.SupplementAsync(transaction, before, row);
                    await ledger.AddAsync(transaction, row.Organisation, LedgerEventTypes.RecordingSupplemented, sealing.Event(row, Lock));
                }

                await atEnd(transaction, replay, row);
                await outbox.AddAsync(transaction, new RecordingSealed(row.Organisation, row.Session, row.ManifestSha256), row.Organisation);
            },
            cancellation);
        if (before is null) logger.Sealed(row.Session, row.RecordedBytes, index.Segments.Count, row.Recovered);
        else logger.Supplemented(row.Session, row.RecordedBytes - before.RecordedBytes);
        return row;
    }

    private async Task<ObjectReference?> SupplementedAsync(RecordingRow? before, CancellationToken cancellation)
    {
        if (before is null) return null;
        var stored = await store.HeadAsync(before.EvidenceBucket, before.ManifestKey, cancellation) ?? throw new ObjectNotFoundException(before.EvidenceBucket, before.ManifestKey);
        return new ObjectReference(before.EvidenceBucket, before.ManifestKey, stored.Bytes, before.ManifestSha256);
    }

    // A big recording takes longer to put than a claim runs.
    private async Task KeepAsync(SealClaim claim, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            await Task.Delay(SealClaims.Duration / 4, time, over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (over.IsCancellationRequested) return;
            try
            {
                await claims.RenewAsync(claim, over);
            }
            catch (Exception exception) when (exception is DatabaseUnavailableException or OperationCanceledException)
            {
                // A claim that lapses meanwhile is found out when the seal is noted.
            }
        }
    }

    private async Task ReleaseAsync(SealClaim claim)
    {
        try
        {
            await claims.ReleaseAsync(claim, CancellationToken.None);
        }
        catch (DatabaseUnavailableException)
        {
            // It lapses by itself.
        }
    }

    // Where the chain stood that the session's own key signed: a supplement must go on from there.
    private async Task NoteChainAsync(RelayTransaction transaction, Sealing sealing)
    {
        if (sealing.Replay.ServiceFrom is not > 0) return;
        await ledger.AddAsync(transaction, sealing.Descriptor.Organisation, LedgerEventTypes.RecordingChain, new JsonObject
        {
            ["session"] = sealing.Descriptor.Session,
            ["epoch"] = sealing.Descriptor.Epoch,
            ["number"] = sealing.Replay.ServiceFrom - 1,
            ["head"] = sealing.Replay.Head,
        });
    }

    private async Task<(ReplayedSession Replay, KeyRing Ring)> ReplayAsync(ISegmentSource source, SealedObjectWriter writer, MerkleFrontier tree, CancellationToken cancellation)
    {
        var ring = await keys.OfAsync(source.Organisation, cancellation);
        var replay = await source.ReplayAsync(
            ring.Signing,
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
        // Another source had another part of the session: that manifest was put under these keys, and this one takes the next.
        if (read.Object("recording").Digest("sha256") != sealing.Index.ObjectSha256) return null;
        var storedObject = await store.HeadAsync(bucket, recordingKeys.Object, cancellation) ?? throw new ObjectNotFoundException(bucket, recordingKeys.Object);
        var storedIndex = await store.HeadAsync(bucket, recordingKeys.Index, cancellation) ?? throw new ObjectNotFoundException(bucket, recordingKeys.Index);
        return Row(sealing, recordingKeys, storedObject, storedIndex, storedManifest, read.Count("sealed_us"), read.Object("retention").Count("until_us"));
    }

    private async Task<RecordingRow?> TryPutAsync(Sealing sealing, RecordingKeys recordingKeys, FileStream file, CancellationToken cancellation)
    {
        var (descriptor, index) = (sealing.Descriptor, sealing.Index);
        var sealedUs = sealing.Ring.TimeToSign(time.GetUnixMicroseconds());
        var days = Math.Max(descriptor.RetentionDays, options.MinimumRetentionDays);
        var untilUs = sealedUs + days * 86_400_000_000L;
        var locked = Term(options.LockMode, untilUs, days);
        var encodedIndex = index.Encode();
        file.Position = 0;
        var storedObject = await PutOnceAsync(descriptor.Bucket, recordingKeys.Object, file, index.ObjectSha256, locked, cancellation);
        if (storedObject.Sha256 != index.ObjectSha256) return null;
        var storedIndex = await PutOnceAsync(descriptor.Bucket, recordingKeys.Index, new MemoryStream(encodedIndex), Digests.Hex(encodedIndex), locked, cancellation);
        if (storedIndex.Sha256 != Digests.Hex(encodedIndex)) return null;
        if (locked is not null)
        {
            untilUs = Math.Min(untilUs, await ProlongAsync(descriptor.Bucket, storedObject, locked, cancellation));
            untilUs = Math.Min(untilUs, await ProlongAsync(descriptor.Bucket, storedIndex, locked, cancellation));
        }

        var jws = await sealing.Manifest(recordingKeys, encodedIndex, sealedUs, new(Lock, untilUs)).SignAsync(sealing.Ring.Signing, cancellation);
        var manifest = Encoding.ASCII.GetBytes(jws.Compact);
        var storedManifest = await PutOnceAsync(
            buckets.EvidenceBucket, recordingKeys.Manifest, new MemoryStream(manifest), Digests.Hex(manifest), Term(RetentionMode.Compliance, untilUs, days), cancellation);
        return storedManifest.Sha256 == Digests.Hex(manifest)
            ? Row(sealing, recordingKeys, storedObject, storedIndex, storedManifest, sealedUs, untilUs)
            : await FindSealedAsync(sealing, recordingKeys, cancellation);
    }

    // A try that broke off may have put it, locked from its own time on: its lock is prolonged. Where that may not be, the manifest promises no more than the
    // store keeps.
    private async Task<long> ProlongAsync(string bucket, StoredObject stored, Retention wanted, CancellationToken cancellation)
    {
        if (stored.Retention is not { } kept || kept.Until >= wanted.Until) return wanted.Until.ToUnixMicroseconds();
        try
        {
            await store.ExtendRetentionAsync(bucket, stored.Key, stored.VersionId, wanted, cancellation);
            return wanted.Until.ToUnixMicroseconds();
        }
        catch (Exception exception) when (exception is ObjectStoreIdentityException or ObjectStoreDeniedException or ObjectLockedException)
        {
            logger.LockNotProlonged(stored.Key, exception.Message);
            return kept.Until.ToUnixMicroseconds();
        }
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
        LiveKept = sealing.Replay is { FromLivePieces: true, Gaps.Count: > 0 },
    };

    private static Retention? Term(RetentionMode mode, long untilUs, int days) => days == 0 ? null : new(mode, RowClock.FromUnixMicroseconds(untilUs));
}
