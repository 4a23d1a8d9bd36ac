using OpenOva.Relay.Evidence.Bundle;

namespace OpenOva.Relay.Evidence.Tests.Corpus;

/// <summary>Every tampering that somebody has thought of, and what must come of it. All verifiers must agree on all of it.</summary>
public static partial class TamperCorpus
{
    private const string Held = "HELD";
    private const string Failed = "FAILED";
    private const string Incomplete = "INCOMPLETE";
    private const string Unanchored = "UNANCHORED";
    private const string Complete = "COMPLETE";
    private const string Open = "OPEN";
    private const string None = "NOT_EVIDENCED";

    private delegate Task<byte[]> Tamper(SampleBundle sample);

    /// <summary>How a case is verified: <c>Heads</c> the sample's earlier heads, <c>OwnHead</c> its present checkpoint as it was, <c>Trusts</c> whose root.</summary>
    private sealed record Source(CorpusCase Expected, Tamper Make, bool Heads = true, bool OwnHead = false, string Trusts = "own", Func<SampleBundle, Task<byte[]>>? Head = null);

    public static async Task<IReadOnlyList<CorpusCase>> CreateAsync(SampleKeys keys)
    {
        var cases = new List<CorpusCase>();
        foreach (var source in Containers().Concat(Outers()).Concat(Ledgers()).Concat(Recordings()).Concat(Insiders()).Concat(Supplements()).Concat(Reconciliations()))
        {
            var sample = await SampleBundle.CreateAsync(keys);
            var heads = new List<byte[]>(source.Heads ? sample.KnownHeads : []);
            if (source.OwnHead) heads.Add(sample.Files[BundlePath.Checkpoint]);
            if (source.Head is { } head) heads.Add(await head(sample));
            cases.Add(source.Expected with
            {
                Bundle = await source.Make(sample),
                KnownHeads = heads,
                Trust = source.Trusts switch { "own" => keys.Fingerprint, "other" => keys.ForeignRoot.PublicKey.Thumbprint, _ => null },
            });
        }

        return cases;
    }

    private static CorpusCase Expect(string name, int exit, string integrity, string completeness, string failed = "", string missing = "") =>
        new(name, exit, integrity, completeness, failed, missing);

    private static Tamper Files(Action<SortedDictionary<string, byte[]>> change) => sample =>
    {
        change(sample.Files);
        return sample.PackAsync();
    };

    private static Tamper Packed(Func<SampleBundle, byte[], Task<byte[]>> change) => async sample => await change(sample, await sample.PackAsync());

    private static Tamper Packed(Func<byte[], byte[]> change) => async sample => change(await sample.PackAsync());

    private static Tamper Entries(Action<List<(string Name, byte[] Data)>> change) => Packed(bundle =>
    {
        var files = Forgery.Unzip(bundle);
        change(files);
        return Forgery.Zip(files);
    });
}
