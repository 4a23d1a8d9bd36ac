using OpenOva.Relay.Evidence.Tests.Corpus;
using OpenOva.Relay.Evidence.Verification;

namespace OpenOva.Relay.Evidence.Tests.Verification;

[Trait("Kind", "Fast")]
public sealed class SampleBundleTests
{
    [Fact]
    public async Task Sample_Untouched_IsHeldWitnessedComplete()
    {
        using var keys = new SampleKeys();
        var sample = await SampleBundle.CreateAsync(keys);
        var bundle = await sample.PackAsync();

        var verdict = BundleVerifier.Verify(new MemoryStream(bundle), keys.Fingerprint, sample.KnownHeads);

        Assert.All(verdict.Checks, c => Assert.True(c.Outcome == (c.Name == CheckNames.Timestamps ? CheckOutcome.NotMade : CheckOutcome.Held), $"{c.Name}: {c.OutcomeName}: {c.Detail}"));
        Assert.Equal(9 + 2 * 7, verdict.Checks.Count);
        Assert.Equal(("HELD", "witnessed", "COMPLETE", 0), (verdict.Integrity, verdict.Strength, verdict.Completeness, verdict.ExitCode));
        Assert.Empty(verdict.Open);
    }
}
