using System.Text.Json.Nodes;
using OpenOva.Relay.Configuration;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Evidence.Verification;
using OpenOva.Relay.Ledger;
using OpenOva.Relay.ObjectStorage;

namespace OpenOva.Relay.Recordings;

/// <summary>Reads a sealed recording back from the store and makes every check that an auditor's verifier makes of it.</summary>
internal sealed class RecordingVerification(IObjectStore store, RelayDatabase database, OrganisationKeys keys, DataDirectory data, TimeProvider time)
{
    private const int MaxManifestBytes = 1 << 20;
    private const int MaxIndexBytes = 256 << 20;

    /// <summary>Makes the checks.</summary>
    /// <exception cref="ObjectStoreUnavailableException">The store cannot answer now: nothing was found out.</exception>
    public async Task<IReadOnlyList<Check>> VerifyAsync(RecordingRow row, CancellationToken cancellation)
    {
        var ring = await keys.OfAsync(row.Organisation, cancellation);
        var manifest = await ReadAsync(row.EvidenceBucket, row.ManifestKey, row.ManifestVersion, MaxManifestBytes, cancellation);
        var index = await ReadAsync(row.Bucket, row.IndexKey, row.IndexVersion, MaxIndexBytes, cancellation);
        var events = await EventsAsync(row, manifest, cancellation);
        var checks = new CheckList();
        checks.Add(CheckNames.Keys, CheckOutcome.Held, "this service's own");
        checks.Add(CheckNames.Ledger, CheckOutcome.Held, "this service's own");

        // The verifier reads twice and synchronously: from a copy, so that no thread and no connection waits for the store meanwhile.
        await using var copy = await CopyAsync(row, cancellation);
        var parts = new RecordingParts(() => manifest, () => index, () => copy is null ? null : File.OpenRead(copy.Name));
        await Task.Run(() => new RecordingVerifier(row.Organisation, row.Session, parts, ring.History, events, 0, checks).Verify(), cancellation);
        return [.. checks.All.Skip(2)];
    }

    private async Task<RecordingEvents> EventsAsync(RecordingRow row, byte[]? manifest, CancellationToken cancellation)
    {
        var events = new RecordingEvents();
        foreach (var leaf in await LedgerQueries.LeavesOfSessionAsync(database, row.Organisation, row.Session, cancellation))
            events.Add(LedgerLeaf.Parse(leaf.Leaf, $"leaf {leaf.Seq}"));
        if (manifest is null) return events;
        try
        {
            var id = Evidence.Keys.Jws.Parse(manifest, Evidence.Keys.JwsTypes.Manifest, "manifest").ReadPayload("manifest").Object("decision").String("id");
            if (await LedgerQueries.LeafByIdAsync(database, row.Organisation, id, cancellation) is { } decision)
                events.Add(LedgerLeaf.Parse(decision.Leaf, $"leaf {decision.Seq}"));
        }
        catch (EvidenceFormatException)
        {
            // The manifest check reads it again and says what is wrong.
        }

        return events;
    }

    private async Task<byte[]?> ReadAsync(string bucket, string key, string version, int limit, CancellationToken cancellation)
    {
        try
        {
            await using var opened = await store.GetVersionAsync(bucket, key, version, null, cancellation);
            if (opened.Length > limit) return [];
            using var bytes = new MemoryStream();
            await opened.Content.CopyToAsync(bytes, cancellation);
            return bytes.ToArray();
        }
        catch (ObjectNotFoundException)
        {
            return null;
        }
    }

    private async Task<FileStream?> CopyAsync(RecordingRow row, CancellationToken cancellation)
    {
        var folder = data.At("scratch");
        Directory.CreateDirectory(folder);
        try
        {
            await using var opened = await store.GetVersionAsync(row.Bucket, row.ObjectKey, row.ObjectVersion, null, cancellation);
            var copy = new FileStream(
                Path.Combine(folder, $"verify-{row.Session}-{time.NewRowId()}"), FileMode.CreateNew, FileAccess.Write, FileShare.Read, 128 * 1024,
                FileOptions.DeleteOnClose | FileOptions.Asynchronous);
            try
            {
                await opened.Content.CopyToAsync(copy, cancellation);
                await copy.FlushAsync(cancellation);
                return copy;
            }
            catch
            {
                await copy.DisposeAsync();
                throw;
            }
        }
        catch (ObjectNotFoundException)
        {
            return null;
        }
    }
}
