using OpenOva.Relay.Evidence.Keys;
using OpenOva.Relay.Evidence.Ledger;

namespace OpenOva.Relay.Evidence.Verification;

/// <summary>What the ledger says of one recording: all that its verification compares.</summary>
public sealed class RecordingEvents
{
    /// <summary>id to type and data digest, for the events that the manifest refers to.</summary>
    public Dictionary<string, (string Type, string DataDigest)> Referred { get; } = new(StringComparer.Ordinal);

    /// <summary>Thumbprints of the session keys that recording.opened events name, by event id.</summary>
    public Dictionary<string, string> SessionKeys { get; } = new(StringComparer.Ordinal);

    /// <summary>The manifest digests of its recording.sealed events.</summary>
    public List<string> SealedManifests { get; } = [];

    /// <summary>Its recording.chain events.</summary>
    public List<(long Epoch, long Number, string Head)> Chain { get; } = [];

    /// <summary>Takes an event of this session, or one that its manifest refers to.</summary>
    /// <exception cref="EvidenceFormatException">A member that verification reads is missing or of another type.</exception>
    public void Add(LedgerLeaf leaf)
    {
        switch (leaf.Type)
        {
            case LedgerEventTypes.AccessDecided:
                Referred[leaf.Id] = (leaf.Type, leaf.DataDigest());
                break;
            case LedgerEventTypes.RecordingOpened:
                Referred[leaf.Id] = (leaf.Type, leaf.DataDigest());
                SessionKeys[leaf.Id] = EcPublicKey.FromJwk(leaf.Data.Object("session_key")).Thumbprint;
                break;
            case LedgerEventTypes.RecordingSealed:
                SealedManifests.Add(leaf.Data.Digest("manifest_sha256"));
                break;
            case LedgerEventTypes.RecordingChain:
                Chain.Add((leaf.Data.Count("epoch"), leaf.Data.Count("number"), leaf.Data.Digest("head")));
                break;
            default:
                break;
        }
    }
}
