namespace OpenOva.Relay.Evidence.Keys;

/// <summary>The <c>typ</c> of each kind of signed statement. Persisted: may only grow.</summary>
public static class JwsTypes
{
    /// <summary>The list of an organisation's signing keys, signed by its root key.</summary>
    public const string KeyHistory = "relay-key-history+jws";

    /// <summary>One segment of a recording.</summary>
    public const string Segment = "relay-segment+jws";

    /// <summary>A sealed recording.</summary>
    public const string Manifest = "relay-manifest+jws";

    /// <summary>A head of the ledger.</summary>
    public const string Checkpoint = "relay-checkpoint+jws";

    /// <summary>A bundle's list of files.</summary>
    public const string Bundle = "relay-bundle+jws";
}
