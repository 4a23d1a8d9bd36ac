using OpenOva.Relay.Evidence.Keys;

namespace OpenOva.Relay.Evidence.Ledger;

/// <summary>The members that verification reads of an event's data (README.md section 4.2). A leaf without them is not right, whoever reads it.</summary>
public static class LedgerEventForms
{
    /// <summary>Checks the data of the types that verification reads; others pass.</summary>
    /// <exception cref="EvidenceFormatException">A member is missing or of another type.</exception>
    public static void Check(LedgerLeaf leaf)
    {
        var data = leaf.Data;
        _ = leaf.Type switch
        {
            LedgerEventTypes.AccessDecided => (object)(data.String("decision"), data.Boolean("allowed")),
            LedgerEventTypes.SessionOpened => (data.String("session"), data.String("decision"), data.Boolean("recording_required")),
            LedgerEventTypes.RecordingOpened => (data.String("session"), data.Count("epoch"), EcPublicKey.FromJwk(data.Object("session_key"))),
            LedgerEventTypes.SessionEnded => (data.String("session"), data.Boolean("connected"), data.Boolean("recorded")),
            LedgerEventTypes.RecordingChain => (data.String("session"), data.Count("epoch"), data.Count("number"), data.Digest("head")),
            LedgerEventTypes.RecordingSealed or LedgerEventTypes.RecordingSupplemented => (data.String("session"), data.Digest("manifest_sha256")),
            _ => leaf,
        };
    }
}
