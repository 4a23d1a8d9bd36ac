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
        var pieces = row is null ? 0 : await DeleteAsync(row, cancellation);
        await delivery.CompleteAsync(
            async transaction =>
            {
                if (row is null) return;
                await RecordingQueries.LiveDeletedAsync(transaction, row.Organisation, row.Session, time.GetUnixMicroseconds());
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

    private async Task<int> DeleteAsync(RecordingRow row, CancellationToken cancellation)
    {
        // The live pieces stand in the sealed object's folder under live/.
        var folder = $"live/{row.ObjectKey[..(row.ObjectKey.LastIndexOf('/') + 1)]}";
        var deleted = 0;
        await foreach (var live in store.ListAsync(row.EvidenceBucket, folder, cancellation))
        {
            // Two tries of one put may have left two versions.
            while (await store.HeadAsync(row.EvidenceBucket, live.Key, cancellation) is { } stored)
                await store.DeleteVersionAsync(row.EvidenceBucket, live.Key, stored.VersionId, bypassGovernance: false, cancellation);
            deleted++;
        }

        return deleted;
    }
}
