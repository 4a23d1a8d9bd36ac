using System.Security.Cryptography.X509Certificates;
using System.Text;
using OpenOva.Relay.Evidence.Bundle;
using OpenOva.Relay.Evidence.Verification;
using OpenOva.Relay.Identity;
using OpenOva.Relay.ObjectStorage;
using OpenOva.Relay.Reports;
using OpenOva.Relay.Tests.Ledger;

namespace OpenOva.Relay.Tests.Reports;

[Trait("Kind", "Fast")]
public sealed class ReportBundleTests
{
    [Fact]
    public async Task Bundle_ReportMade_VerifiesOfflineAgainstTheFingerprint()
    {
        await using var rig = await ReportsRig.StartAsync();
        await rig.WriteAsync(new LeafBook().Good(1).Good(2));
        var earlier = await rig.Checkpoints.MakeAsync(LeafBook.Organisation, CancellationToken.None);
        await rig.WriteAsync(new LeafBook { NowUs = LeafBook.StartUs + 60_000_000 }.Good(3));
        var row = await rig.RequestAsync();

        await rig.DeliverAsync(row);

        var ready = await rig.FindAsync(row);
        Assert.Equal((ReportStates.Ready, 100), (ready.State, ready.Percent));
        var bundle = await rig.BundleAsync(ready.BundleKey!);
        var fingerprint = (await rig.Keys.OfAsync(LeafBook.Organisation, CancellationToken.None)).History.Fingerprint;
        var verdict = BundleVerifier.Verify(bundle, fingerprint, [Encoding.ASCII.GetBytes(earlier.Jws.Compact)]);
        Assert.Equal((0, "HELD", "COMPLETE"), (verdict.ExitCode, verdict.Integrity, verdict.Completeness));
        Assert.Equal((bundle.Length, ready.BundleSha256), (ready.BundleBytes!.Value, Evidence.Digests.Hex(bundle.ToArray())));
        Assert.Equal($"acme/reports/2026/03/02/{row.ReportId}/bundle.zip", ready.BundleKey);
        Assert.Equal(
            [
                "README.txt", "bundle.jws", "custody.jsonl", "keys/history.jws", "ledger/checkpoint.jws", "ledger/leaves.jsonl", "ledger/range.json", "limitations.md", "persons.csv",
                "report.pdf", "result/exceptions.csv", "result/population.csv", "result/report.html", "result/report.json", "result/tests/T01a-differences.csv",
                "result/tests/T01a.csv", "result/tests/T02.csv", "result/tests/T03.csv", "result/tests/T04.csv", "result/tests/T05.csv", "result/tests/T06.csv",
                "result/tests/T07.csv", "run.json",
            ],
            (await rig.FilesAsync(ready.BundleKey!)).Keys);
        Assert.Equal([LedgerEvent.ReportRequested, LedgerEvent.ReportMade], (await rig.EventTypesAsync()).Where(t => t.StartsWith("report.", StringComparison.Ordinal)));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(rig.Folder, "scratch")));
    }

    [Fact]
    public async Task Bundle_OfAStampedLedger_IsTimestampedForWhoTrustsTheAuthority()
    {
        await using var rig = await ReportsRig.StartAsync();
        await using var authority = await ScriptedAuthority.StartAsync(rig.Clock.GetUtcNow());
        await using var other = await ScriptedAuthority.StartAsync(rig.Clock.GetUtcNow());
        await rig.WriteAsync(new LeafBook().Good(1).Good(2));
        await rig.Checkpoints.MakeAsync(LeafBook.Organisation, CancellationToken.None);
        await rig.StampAsync(authority);
        await rig.WriteAsync(new LeafBook { NowUs = LeafBook.StartUs + 60_000_000 }.Good(3));
        var row = await rig.RequestAsync();

        await rig.DeliverAsync(row);

        var key = (await rig.FindAsync(row)).BundleKey!;
        Assert.Single((await rig.FilesAsync(key)).Keys, name => name.StartsWith(BundlePath.Timestamps, StringComparison.Ordinal));
        var fingerprint = (await rig.Keys.OfAsync(LeafBook.Organisation, CancellationToken.None)).History.Fingerprint;
        foreach (var (file, strength, outcome) in new[] { (null, "operator-signed", CheckOutcome.NotMade), (other.CaFile, "operator-signed", CheckOutcome.NotMade), (authority.CaFile, "timestamped", CheckOutcome.Held) })
        {
            var verdict = BundleVerifier.Verify(await rig.BundleAsync(key), new Reliance
            {
                Fingerprint = fingerprint,
                TimestampAuthorities = file is null ? null : [X509CertificateLoader.LoadCertificateFromFile(file)],
            });
            Assert.Equal((0, strength), (verdict.ExitCode, verdict.Strength));
            Assert.Equal(outcome, verdict.Checks.Single(check => check.Name == CheckNames.Timestamps).Outcome);
        }
    }

    [Fact]
    public async Task Result_MadeTwiceForTheSameHead_ByteIdentical()
    {
        await using var rig = await ReportsRig.StartAsync();
        await rig.WriteAsync(new LeafBook().Good(1).Decide(2).Good(3, "rdp").Decide(4).Open(4).View(3));
        var row = await rig.RequestAsync();
        using var second = new DirectoryObjectStore(Path.Combine(rig.Folder, "second"), rig.Buckets.Buckets, rig.Clock);

        var one = await rig.Maker().MakeAsync(row, CancellationToken.None);
        // The ledger grows and time passes; the head stays pinned.
        await rig.WriteAsync(new LeafBook { NowUs = LeafBook.StartUs + 3_600_000_000 }.Good(5));
        var two = await rig.Maker(second).MakeAsync(await rig.FindAsync(row), CancellationToken.None);

        var first = await rig.FilesAsync(one.Key);
        var again = await rig.FilesAsync(two.Key, second);
        Assert.Equal(one.HeadSize, two.HeadSize);
        Assert.NotEqual(first["run.json"], again["run.json"]);
        var results = first.Keys.Where(name => name.StartsWith("result/", StringComparison.Ordinal)).ToList();
        Assert.Equal(12, results.Count);
        Assert.All(results, name => Assert.Equal(first[name], again[name]));
    }

    [Fact]
    public async Task Result_PersonsKnown_ClearNamesBesideItOnly()
    {
        await using var rig = await ReportsRig.StartAsync();
        await rig.Database.TransactAsync(async transaction =>
        {
            var persons = new Persons(new PersonAccounts(new IdentityOptions(), rig.Clock, (_, _) => Task.CompletedTask), rig.Clock);
            await persons.RememberAsync(transaction, ReportsRig.Auditor(subject: "person-1") with { Profile = new CallerProfile("Ada Example", "ada", "ada@example.org") });
            await persons.RememberAsync(transaction, ReportsRig.Auditor(subject: "not-in-report") with { Profile = new CallerProfile("Bob Example", "bob", null) });
        });
        await rig.WriteAsync(new LeafBook().Good(1).Good(2));

        var made = await rig.Maker().MakeAsync(await rig.RequestAsync(), CancellationToken.None);

        var files = await rig.FilesAsync(made.Key);
        var persons = Encoding.UTF8.GetString(files["persons.csv"]);
        Assert.Contains("Ada Example", persons, StringComparison.Ordinal);
        Assert.DoesNotContain("Bob Example", persons, StringComparison.Ordinal);
        Assert.Contains($"{LeafBook.Issuer},person-2,,", persons, StringComparison.Ordinal);
        foreach (var (name, content) in files.Where(f => f.Key != "persons.csv")) Assert.False(Encoding.UTF8.GetString(content).Contains("Ada Example", StringComparison.Ordinal), name);
        Assert.Contains("person-1", Encoding.UTF8.GetString(files["result/population.csv"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bundle_RecordingsAsked_CopiedAsTheyAreAndMissingOnesListed()
    {
        await using var rig = await ReportsRig.StartAsync();
        await rig.WriteAsync(new LeafBook().Good(1).Good(2));
        await rig.PutRecordingAsync(1);

        var made = await rig.Maker().MakeAsync(await rig.RequestAsync(withRecordings: true), CancellationToken.None);

        var files = await rig.FilesAsync(made.Key);
        Assert.Equal("the object"u8.ToArray(), files[BundlePath.RecordingObject(LeafBook.Id(1))]);
        Assert.Equal("the index"u8.ToArray(), files[BundlePath.RecordingIndex(LeafBook.Id(1))]);
        Assert.Equal("the manifest"u8.ToArray(), files[BundlePath.RecordingManifest(LeafBook.Id(1))]);
        Assert.DoesNotContain(files.Keys, name => name.Contains(LeafBook.Id(2), StringComparison.Ordinal));
        Assert.Contains(LeafBook.Id(2), Encoding.UTF8.GetString(files["limitations.md"]), StringComparison.Ordinal);
        Assert.Contains($"\"included\":1,\"missing\":[\"{LeafBook.Id(2)}\"]", Encoding.UTF8.GetString(files["run.json"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Custody_Lines_ChainedByDigest()
    {
        await using var rig = await ReportsRig.StartAsync();
        await rig.WriteAsync(new LeafBook().Good(1));

        var made = await rig.Maker().MakeAsync(await rig.RequestAsync(), CancellationToken.None);

        var lines = Encoding.UTF8.GetString((await rig.FilesAsync(made.Key))["custody.jsonl"]).TrimEnd('\n').Split('\n');
        Assert.Equal(4, lines.Length);
        for (var i = 1; i < lines.Length; i++) Assert.Contains($"\"previous\":\"{Evidence.Digests.Hex(Encoding.UTF8.GetBytes(lines[i - 1]))}\"", lines[i], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ledger_LeafAltered_NoReportIsMade()
    {
        await using var rig = await ReportsRig.StartAsync();
        await rig.WriteAsync(new LeafBook().Good(1).Good(2));
        var row = await rig.RequestAsync();
        await rig.Checkpoints.MakeAsync(LeafBook.Organisation, CancellationToken.None);
        await rig.Database.ExecuteAsync("UPDATE ledger_leaves SET leaf = (SELECT b.leaf FROM ledger_leaves b WHERE b.seq = 4) WHERE seq = 3");

        await rig.DeliverAsync(row);

        var failed = await rig.FindAsync(row);
        Assert.Equal((ReportStates.Failed, nameof(ReportFailure.LedgerDamaged), null), (failed.State, failed.Failure, failed.BundleKey));
    }

    [Theory]
    [InlineData(1_000_000, 500_000L, 10L, 0)]
    [InlineData(1_000_001, 500_000L, 600_000L, 500_000)]
    [InlineData(1_000_001, 500_000L, 400_000L, 400_000)]
    [InlineData(1_000_001, 500_000L, null, 500_000)]
    [InlineData(1_000_001, null, null, 1_000_001)]
    public void FirstLeaf_BySizeAndEarlierHead_NeverBehindIt(long size, long? fromPeriod, long? earlierHead, long expected) =>
        Assert.Equal(expected, ReportPins.FirstLeaf(size, ReportPins.WholeLedger, fromPeriod, earlierHead));

    private static class LedgerEvent
    {
        public const string ReportRequested = Evidence.Ledger.LedgerEventTypes.ReportRequested;
        public const string ReportMade = Evidence.Ledger.LedgerEventTypes.ReportMade;
    }
}
