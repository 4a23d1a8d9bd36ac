using System.Security.Cryptography.X509Certificates;

namespace OpenOva.Relay.Evidence.Verification;

/// <summary>A head that somebody else kept: a compact JWS. From a folder of many, those that a bundle cannot be held against are passed over.</summary>
public sealed record KnownHead(byte[] Jws, bool FromFolder = false);

/// <summary>What a verifier has from elsewhere than from what it verifies.</summary>
public sealed record Reliance
{
    /// <summary>The root key's fingerprint; null: the verdict is UNANCHORED at best.</summary>
    public string? Fingerprint { get; init; }

    /// <summary>Heads that somebody else kept.</summary>
    public IReadOnlyList<KnownHead> KnownHeads { get; init; } = [];

    /// <summary>Roots of time-stamping authorities; null: stamps are not counted.</summary>
    public X509Certificate2Collection? TimestampAuthorities { get; init; }
}
