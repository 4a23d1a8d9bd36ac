using System.Text.Json.Nodes;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Evidence.Verification;
using OpenOva.Relay.Ledger;
using OpenOva.Relay.Messaging;

namespace OpenOva.Relay.Recordings;

/// <summary>A sealed recording was read back from the store and checked.</summary>
internal sealed record RecordingVerified(string Organisation, string Session, bool Held, long VerifiedUs);

/// <summary>Verifies each sealed recording from the store, and answers <c>verified</c> with what was found, good or bad.</summary>
internal sealed class VerifySealedRecording(
    RecordingVerification verification, RelayDatabase database, LedgerStage ledger, LedgerSequencer sequencer, Outbox outbox, TimeProvider time,
    ILogger<VerifySealedRecording> logger) : IRelayConsumer<RecordingSealed>
{
    public async Task ConsumeAsync(Delivery<RecordingSealed> delivery, CancellationToken cancellation)
    {
        var message = delivery.Message;
        var row = await RecordingQueries.FindAsync(database, message.Organisation, message.Session, cancellation)
            ?? throw new InvalidOperationException($"session {message.Session} has no sealed recording");

        // The checks compare with the ledger, so what was staged with the seal must have its number first, whichever replica gives it.
        await sequencer.SettleAsync(row.Organisation, cancellation);
        var checks = await verification.VerifyAsync(row, cancellation);
        var failures = checks.Where(c => c.Outcome != CheckOutcome.Held).Select(c => $"{c.Name} {c.OutcomeName}: {c.Detail}").ToList();
        await delivery.CompleteAsync(transaction => NoteAsync(transaction, row, failures.Count == 0, checks), cancellation);
        if (failures.Count == 0) logger.Verified(row.Session);
        else logger.NotVerified(row.Session, string.Join("; ", failures));
    }

    private async Task NoteAsync(RelayTransaction transaction, RecordingRow row, bool held, IReadOnlyList<Check> checks)
    {
        var now = time.GetUnixMicroseconds();
        var present = await RecordingQueries.VerifiedAsync(transaction, row.Organisation, row.Session, row.ManifestSha256, now, held) == 1;
        await ledger.AddAsync(transaction, row.Organisation, LedgerEventTypes.RecordingVerified, new JsonObject
        {
            ["session"] = row.Session,
            ["manifest_sha256"] = row.ManifestSha256,
            ["held"] = held,
            ["by"] = "relay",
            ["checks"] = new JsonArray([.. checks.Select(c => new JsonObject { ["name"] = c.Name[(c.Name.LastIndexOf('/') + 1)..], ["outcome"] = c.OutcomeName })]),
        });
        if (present) await outbox.AddAsync(transaction, new RecordingVerified(row.Organisation, row.Session, held, now), row.Organisation);
    }
}
