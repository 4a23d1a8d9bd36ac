namespace OpenOva.Relay.Evidence.Keys;

/// <summary>
/// A P-256 key that signs. The seam between evidence and where keys live: in memory for a session, in a file in development, in a KMS or behind
/// PKCS#11 in production.
/// </summary>
public interface ISigningKey
{
    /// <summary>The public half.</summary>
    EcPublicKey PublicKey { get; }

    /// <summary>Signs with ECDSA and SHA-256; 64 bytes, r‖s.</summary>
    ValueTask<byte[]> SignAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken);
}
