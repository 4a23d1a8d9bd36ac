using OpenOva.Relay.Evidence.Keys;
using OpenOva.Relay.Evidence.Ledger;

namespace OpenOva.Relay.Evidence.Verification;

/// <summary>What the ledger says of one recording: all that its verification compares.</summary>
public sealed class RecordingEvents
{
    private readonly List<ReferredEvent> _referred = [];

    /// <summary>An event that a manifest refers to. The last three only where it is recording.opened.</summary>
    public sealed record ReferredEvent(string Id, string Type, string DataDigest, string? Session, long? Epoch, string? SessionKey);

    /// <summary>The manifest digests of its recording.sealed and recording.supplemented events.</summary>
    public List<string> SealedManifests { get; } = [];

    /// <summary>Its recording.chain events.</summary>
    public List<(long Epoch, long Number, string Head)> Chain { get; } = [];

    /// <summary>The events with an id; there should be one.</summary>
    public IEnumerable<ReferredEvent> Referred(string id) => _referred.Where(r => r.Id == id);

    /// <summary>Takes an event of this session, or one that its manifest refers to.</summary>
    /// <exception cref="EvidenceFormatException">A member that verification reads is missing or of another type.</exception>
    public void Add(LedgerLeaf leaf)
    {
        switch (leaf.Type)
        {
            case LedgerEventTypes.AccessDecided or LedgerEventTypes.RecordingOpened:
                Refer(leaf);
                break;
            case LedgerEventTypes.RecordingSealed or LedgerEventTypes.RecordingSupplemented:
                SealedManifests.Add(leaf.Data.Digest("manifest_sha256"));
                break;
            case LedgerEventTypes.RecordingChain:
                Chain.Add((leaf.Data.Count("epoch"), leaf.Data.Count("number"), leaf.Data.Digest("head")));
                break;
            default:
                break;
        }
    }

    /// <summary>Takes an event, of whatever type, whose id the manifest names.</summary>
    /// <exception cref="EvidenceFormatException">A member that verification reads is missing or of another type.</exception>
    public void Refer(LedgerLeaf leaf) => _referred.Add(leaf.Type == LedgerEventTypes.RecordingOpened
        ? new(leaf.Id, leaf.Type, leaf.DataDigest(), leaf.Data.String("session"), leaf.Data.Count("epoch"),
            EcPublicKey.FromJwk(leaf.Data.Object("session_key")).Thumbprint)
        : new(leaf.Id, leaf.Type, leaf.DataDigest(), null, null, null));
}
