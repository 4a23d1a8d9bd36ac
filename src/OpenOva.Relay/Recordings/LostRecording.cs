using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence.Keys;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Evidence.Recording;
using OpenOva.Relay.Ledger;

namespace OpenOva.Relay.Recordings;

/// <summary>A recording whose replica and spool are gone, as the ledger knows it: the key that signed its segments is taken from there, never from the store.</summary>
internal sealed record LostRecording(RecordingDescriptor Descriptor, long? ConnectedUs, long? SyncMs, string GuacdVersion);

/// <summary>Finds what the ledger says of a lost recording.</summary>
internal sealed class LostRecordings(RelayDatabase database, LedgerSequencer sequencer)
{
    private const string UnknownSha256 = "0000000000000000000000000000000000000000000000000000000000000000";

    /// <summary>Null: no recorder was opened for the session under this epoch.</summary>
    public async Task<LostRecording?> FindAsync(RecordingSubject subject, CancellationToken cancellation)
    {
        await sequencer.SettleAsync(subject.Organisation, cancellation);
        var rows = await LedgerQueries.LeavesOfSessionAsync(database, subject.Organisation, subject.Session, cancellation);
        var leaves = rows.Select(row => LedgerLeaf.Parse(row.Leaf, $"leaf {row.Seq}")).ToList();
        var opened = leaves.LastOrDefault(leaf => leaf.Type == LedgerEventTypes.RecordingOpened && leaf.Data.Count("epoch") == subject.Epoch);
        if (opened is null) return null;
        var connected = leaves.LastOrDefault(leaf => leaf.Type == LedgerEventTypes.SessionConnected && leaf.Data.Count("epoch") == subject.Epoch);
        var software = opened.Data.Has("software") ? opened.Data.Object("software") : (Evidence.Json.EvidenceObject?)null;
        return new LostRecording(
            new RecordingDescriptor
            {
                Organisation = subject.Organisation,
                Session = subject.Session,
                Epoch = subject.Epoch,
                OpenedUs = subject.OpenedUs,
                Connection = subject.Connection,
                Subject = subject.Person,
                Decision = subject.Decision,
                Opening = new EventReference(opened.Id, opened.DataDigest()),
                SessionKey = EcPublicKey.FromJwk(opened.Data.Object("session_key")),
                SoftwareVersion = software?.String("version") ?? "",
                SoftwareSha256 = software?.Digest("sha256") ?? UnknownSha256,
                Bucket = subject.Bucket,
                RetentionDays = subject.RetentionDays,
                BootId = "",
            },
            connected?.Data.Count("connected_us"),
            connected?.Data.NullableInt64("sync_ms"),
            connected?.Data.String("guacd_version") ?? "");
    }
}
