using OpenOva.Relay.Evidence.Tests.Corpus;
using OpenOva.Relay.Evidence.Verification;

namespace OpenOva.Relay.Evidence.Tests.Verification;

[Trait("Kind", "Fast")]
public sealed class TamperCorpusTests
{
    [Fact]
    public async Task EveryCase_Verified_EndsAsExpected()
    {
        using var keys = new SampleKeys();
        var cases = await TamperCorpus.CreateAsync(keys);
        var wrong = new List<string>();
        foreach (var c in cases)
        {
            using var bundle = new MemoryStream(c.Bundle);
            var verdict = BundleVerifier.Verify(bundle, c.Trust, c.KnownHeads);
            string Of(CheckOutcome outcome) => string.Join(", ", verdict.Checks.Where(k => k.Outcome == outcome).Select(k => CorpusCase.Short(k.Name)));
            var found = (verdict.ExitCode, verdict.Integrity, verdict.Completeness, Of(CheckOutcome.Failed), Of(CheckOutcome.Missing));
            var expected = (c.Exit, c.Integrity, c.Completeness, c.Failed, c.Missing);
            if (!Equals(Sorted(found), Sorted(expected)))
                wrong.Add($"{c.Name}: {Sorted(found)}, not {Sorted(expected)}: {string.Join(" | ", verdict.Checks.Where(k => k.Outcome is CheckOutcome.Failed or CheckOutcome.Missing).Select(k => k.Detail))}");
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.Distinct(cases.Select(c => c.Name));
        Assert.True(cases.Count > 150, $"{cases.Count} cases");
    }

    private static (int, string, string, string, string) Sorted((int Exit, string Integrity, string Completeness, string Failed, string Missing) x) =>
        (x.Exit, x.Integrity, x.Completeness, Sorted(x.Failed), Sorted(x.Missing));

    private static string Sorted(string names) => string.Join(", ", names.Split(", ").Order(StringComparer.Ordinal));
}
