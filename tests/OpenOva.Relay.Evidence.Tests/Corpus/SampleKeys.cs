using OpenOva.Relay.Evidence.Keys;

namespace OpenOva.Relay.Evidence.Tests.Corpus;

/// <summary>The keys of a sample organisation: a root, a signing key that was rotated out, the present one, and those of somebody else.</summary>
public sealed class SampleKeys : IDisposable
{
    public P256SigningKey Root { get; } = P256SigningKey.Create();

    public P256SigningKey Old { get; } = P256SigningKey.Create();

    public P256SigningKey Present { get; } = P256SigningKey.Create();

    public P256SigningKey ForeignRoot { get; } = P256SigningKey.Create();

    public P256SigningKey Foreign { get; } = P256SigningKey.Create();

    public P256SigningKey FirstSession { get; } = P256SigningKey.Create();

    public P256SigningKey SecondSession { get; } = P256SigningKey.Create();

    public string Fingerprint => Root.PublicKey.Thumbprint;

    public async Task<KeyHistory> HistoryAsync(P256SigningKey? root = null, P256SigningKey? present = null) => await KeyHistory.SignAsync(
        SampleBundle.Organisation, 2, SampleBundle.RotatedUs,
        [
            new(Old.PublicKey, SampleBundle.BeginUs - 86_400_000_000, SampleBundle.RotatedUs),
            new((present ?? Present).PublicKey, SampleBundle.RotatedUs, null),
        ],
        root ?? Root, CancellationToken.None);

    public void Dispose()
    {
        foreach (var key in (P256SigningKey[])[Root, Old, Present, ForeignRoot, Foreign, FirstSession, SecondSession]) key.Dispose();
    }
}
