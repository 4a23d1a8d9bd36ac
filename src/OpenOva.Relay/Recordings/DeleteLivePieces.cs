using System.Text.Json.Nodes;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Ledger;
using OpenOva.Relay.Messaging;
using OpenOva.Relay.ObjectStorage;

namespace OpenOva.Relay.Recordings;

/// <summary>Deletes the live pieces of a recording, by version id, once its sealed object was read back and verified; never before, and with an event.</summary>
internal sealed class DeleteLivePieces(IObjectStore store, RelayDatabase database, LedgerStage ledger, TimeProvider time) : IRelayConsumer<RecordingVerified>
{
    public async Task ConsumeAsync(Delivery<RecordingVerified> delivery, CancellationToken cancellation)
    {
        var message = delivery.Message;
        // Pieces that did not fit the chain stay for a person to look at.
        var row = message.Held ? await RecordingQueries.FindAsync(database, message.Organisation, message.Session, cancellation) : null;
        if (row is { LiveKept: true }) row = null;
        var pieces = row is null ? 0 : await CountAsync(row, cancellation);
        if (row is not null) await DeleteAsync(row, cancellation);
        await delivery.CompleteAsync(
            async transaction =>
            {
                if (row is null) return;
                // Verified again: they were gone before, and the ledger says so.
                if (await RecordingQueries.LiveDeletedAsync(transaction, row.Organisation, row.Session, time.GetUnixMicroseconds()) == 0) return;
                await ledger.AddAsync(transaction, row.Organisation, LedgerEventTypes.RecordingLiveDeleted,
                    new JsonObject { ["session"] = row.Session, ["epoch"] = row.Epoch, ["pieces"] = pieces });
            },
            cancellation);
    }

    /// <summary>Deletes what a replica that came back put after the others had been deleted.</summary>
    public async Task DeleteLateAsync(RecordingRow row, CancellationToken cancellation)
    {
        if (row is { VerifiedUs: not null, LiveKept: false }) await DeleteAsync(row, cancellation);
    }

    // Noted before the first is deleted.
    private async Task<long> CountAsync(RecordingRow row, CancellationToken cancellation)
    {
        var found = 0;
        await foreach (var _ in store.ListAsync(row.EvidenceBucket, Folder(row), cancellation)) found++;
        return await database.TransactAsync(transaction => RecordingQueries.LivePiecesAsync(transaction, row.Organisation, row.Session, found), cancellation);
    }

    private async Task DeleteAsync(RecordingRow row, CancellationToken cancellation)
    {
        await foreach (var live in store.ListAsync(row.EvidenceBucket, Folder(row), cancellation))
        {
            // Two tries of one put may have left two versions.
            while (await store.HeadAsync(row.EvidenceBucket, live.Key, cancellation) is { } stored)
                await store.DeleteVersionAsync(row.EvidenceBucket, live.Key, stored.VersionId, bypassGovernance: false, cancellation);
        }
    }

    // The live pieces stand in the sealed object's folder under live/.
    private static string Folder(RecordingRow row) => $"live/{row.ObjectKey[..(row.ObjectKey.LastIndexOf('/') + 1)]}";
}
