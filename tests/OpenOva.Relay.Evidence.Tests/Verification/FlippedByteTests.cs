using System.Collections.Concurrent;
using OpenOva.Relay.Evidence.Bundle;
using OpenOva.Relay.Evidence.Tests.Corpus;
using OpenOva.Relay.Evidence.Verification;

namespace OpenOva.Relay.Evidence.Tests.Verification;

/// <summary>No byte of a bundle can change unnoticed, and the checks that fail name the part.</summary>
public abstract class FlippedByteTests
{
    private protected static async Task FlipAsync(int step)
    {
        using var keys = new SampleKeys();
        var sample = await SampleBundle.CreateAsync(keys);
        var bundle = await sample.PackAsync();
        var entries = BundleContainer.Open(new MemoryStream(bundle)).Entries;
        var wrong = new ConcurrentBag<string>();
        var positions = Enumerable.Range(0, (bundle.Length + step - 1) / step).Select(i => i * step);
        Parallel.ForEach(positions, new ParallelOptions { MaxDegreeOfParallelism = 2 }, at =>
        {
            var flipped = bundle.ToArray();
            flipped[at] ^= (byte)(1 << at % 8);
            var verdict = BundleVerifier.Verify(new MemoryStream(flipped), keys.Fingerprint, sample.KnownHeads);
            var failed = verdict.Checks.Where(c => c.Outcome == CheckOutcome.Failed).Select(c => CorpusCase.Short(c.Name)).Order(StringComparer.Ordinal).ToList();
            var expected = Expected(entries, at);
            if (verdict.ExitCode != 1 || !expected.All(failed.Contains)) wrong.Add($"byte {at}: exit {verdict.ExitCode}, failed {string.Join(", ", failed)}, not {string.Join(", ", expected)}");
            var name = entries.FirstOrDefault(e => at >= e.DataOffset && at < e.DataOffset + e.Bytes)?.Name;
            if (name is not null && !verdict.Checks.Any(c => c.Name == CheckNames.Files && c.Detail.Contains(name, StringComparison.Ordinal))) wrong.Add($"byte {at}: files does not name {name}");
        });
        Assert.True(wrong.IsEmpty, string.Join('\n', wrong.Take(20)));
    }

    // A CRC-32 stands in both headers, so a flip in one of them breaks the container; a flip in an entry's data breaks files and the entry's own check.
    private static string[] Expected(IReadOnlyList<ZipEntry> entries, int at)
    {
        if (entries.FirstOrDefault(e => at >= e.DataOffset && at < e.DataOffset + e.Bytes) is not { } entry) return ["container"];
        var recording = entry.Name.Contains(SampleBundle.First, StringComparison.Ordinal) ? "1/" : "2/";
        return entry.Name.Split('/')[^1] switch
        {
            "bundle.jws" => ["files"],
            "history.jws" => ["files", "keys"],
            "checkpoint.jws" => ["files", "checkpoint"],
            "range.json" or "leaves.jsonl" => ["files", "ledger"],
            "manifest.jws" => ["files", recording + "manifest"],
            "index.json" => ["files", recording + "index"],
            "recording.guac.gz" => ["files", recording + "object"],
            _ => ["files"],
        };
    }
}

/// <summary>A sample of the bytes.</summary>
[Trait("Kind", "Fast")]
public sealed class SomeFlippedBytesTests : FlippedByteTests
{
    [Fact]
    public async Task EverySixtyFirstByte_Flipped_FailsAndNamesThePart() => await FlipAsync(61);
}

/// <summary>All of them; the second verifier meets all of them too, in the tests of relay-verify.</summary>
[Trait("Kind", "Soak")]
public sealed class AllFlippedBytesTests : FlippedByteTests
{
    [Fact]
    public async Task EveryByte_Flipped_FailsAndNamesThePart() => await FlipAsync(1);
}
