using System.Diagnostics;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Reports.Evaluation;
using OpenOva.Relay.Reports.Results;

namespace OpenOva.Relay.Tests.Reports;

/// <summary>Many sessions: the time goes with their number, the memory hardly does. RELAY_TEST_SESSIONS sets the number.</summary>
[Trait("Kind", "Soak")]
public sealed class ReportScaleTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Evaluation_ManySessions_MemoryStaysFlat()
    {
        var sessions = int.Parse(Environment.GetEnvironmentVariable("RELAY_TEST_SESSIONS") ?? "200000", System.Globalization.CultureInfo.InvariantCulture);
        using var folder = new TemporaryFolder();
        using var tables = new ResultTables(folder.Path);
        var evaluation = new LedgerEvaluation(Evaluated.Parameters(sessions * 7L, toUs: LeafBook.StartUs + 120 * LeafBook.DayUs), new HashSet<string>(), tables.Add);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var evaluating = TimeSpan.Zero;
        var sequence = 0L;
        for (var n = 1; n <= sessions; n++)
        {
            var book = new LeafBook { NowUs = LeafBook.StartUs + n * 10_000_000L }.Good(n + 10_000_000);
            foreach (var leaf in book.Leaves)
            {
                var numbered = leaf with { Sequence = sequence++ };
                var started = Stopwatch.GetTimestamp();
                evaluation.Add(numbered);
                evaluating += Stopwatch.GetElapsedTime(started);
            }
        }

        var finishing = Stopwatch.GetTimestamp();
        evaluation.Finish();
        foreach (var (_, write) in tables.Files(evaluation.Reconciliation)) await write(Stream.Null, CancellationToken.None);
        var held = GC.GetTotalMemory(forceFullCollection: true) - before;
        output.WriteLine($"{sessions} sessions: evaluated in {evaluating.TotalSeconds:F1} s, finished in {Stopwatch.GetElapsedTime(finishing).TotalSeconds:F1} s, {held / 1024 / 1024} MiB held");

        Assert.Equal(sessions, evaluation.Sessions);
        Assert.Empty(evaluation.Reconciliation.Differences);
        // 7 tables of at most 8 MiB, and some 100 bytes for each session that was.
        Assert.InRange(held, 0, (64L << 20) + sessions * 200L);
    }
}
