using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Reports.Evaluation;

namespace OpenOva.Relay.Tests.Reports;

/// <summary>T01a: every kind of difference planted and listed, and totals that balance otherwise.</summary>
[Trait("Kind", "Fast")]
public sealed class ReconciliationTests
{
    public static TheoryData<string, string, string> Differing => new()
    {
        { "grant-without-opening", "E01a", "An allowed decision has no session." },
        { "opening-without-grant", "E01b", "A session was opened without an unused allowed decision." },
        { "grant-used-twice", "E01b", "A session was opened without an unused allowed decision." },
        { "recorded-not-sealed", "E01a", "A session ended as recorded, and no recording was sealed." },
        { "recorder-not-in-end", "E01a", "A recorder was opened, and the end does not say so." },
        { "sealed-not-recorded", "E01b", "A recording was sealed of a session that did not end as recorded." },
        { "sealed-not-opened", "E01b", "A recording was sealed that no recorder had opened." },
        { "viewed-not-sealed", "E01b", "A recording was viewed that was not sealed." },
        { "end-without-opening", "E01b", "An event belongs to a session that was never opened." },
        { "ended-twice", "E01b", "An event of a session stands twice." },
        { "ended-twice-later", "E01b", "An event of a session stands twice." },
        { "opened-twice", "E01b", "An event of a session stands twice." },
        { "unreadable", "E01b", "An event cannot be read." },
        { "gap", "E01c", "Leaf numbers have a gap." },
        { "short", "E01c", "The leaves do not reach the head." },
    };

    [Theory]
    [MemberData(nameof(Differing))]
    public void Reconciliation_OneDifference_ListedUnderItsCode(string how, string code, string reason)
    {
        var evaluated = Evaluate(how);

        Assert.Contains((code, reason), evaluated.Differences.Select(d => (d.Code, d.Reason)));
        Assert.Contains(evaluated.Evaluation.Reconciliation.Rows, row => row.Outcome == Outcome.Fail);
    }

    [Theory]
    [InlineData("grant-without-opening")]
    [InlineData("recorded-not-sealed")]
    [InlineData("viewed-not-sealed")]
    [InlineData("end-without-opening")]
    [InlineData("ended-twice")]
    [InlineData("gap")]
    public void Reconciliation_OneDifference_NoOther(string how) => Assert.Single(Evaluate(how).Differences);

    [Fact]
    public void Reconciliation_SessionsInOrder_TotalsBalance()
    {
        var evaluated = Evaluated.Of(new LeafBook().Good(1).Good(2).Good(3, "rdp").View(1).Decide(4, allowed: false));

        var rows = evaluated.Evaluation.Reconciliation.Rows.Select(r => (r.Day, r.Protocol, r.Grants, r.Openings, r.Ends, r.RecordedEnds, r.Sealed, r.Views, r.Outcome));
        Assert.Equal(
            [("2026-03-02", "rdp", 1, 1, 1, 1, 1, 0, Outcome.Pass), ("2026-03-02", "ssh", 2L, 2L, 2L, 2L, 2L, 1L, Outcome.Pass)], rows);
    }

    [Fact]
    public void Reconciliation_OpenAtHead_NotEvidencedAndInPopulation()
    {
        var evaluated = Evaluated.Of(new LeafBook().Good(1).Decide(2).Open(2).Record(2));

        Assert.Equal(("E01d", Outcome.NotEvidenced), evaluated.Differences.Select(d => (d.Code, d.Outcome)).Single());
        Assert.Equal((2, 1), (evaluated.Evaluation.Sessions, evaluated.Evaluation.OpenAtHead));
        Assert.Equal(Outcome.NotEvidenced, evaluated.Evaluation.Reconciliation.Rows.Single().Outcome);
    }

    [Fact]
    public void Reconciliation_SessionOverMidnight_NoDifference()
    {
        var book = new LeafBook { NowUs = LeafBook.StartUs + 16 * 3_600_000_000L - 500_000 };
        book.Decide(1).Open(1).Record(1).Connect(1).End(1).Seal(1).Verify(1);

        var evaluated = Evaluated.Of(book);

        Assert.Empty(evaluated.Differences);
        Assert.Equal("2026-03-03", Assert.Single(evaluated.Evaluation.Reconciliation.Rows).Day);
    }

    [Fact]
    public void Reconciliation_OutsidePeriod_CountsNothing()
    {
        var book = new LeafBook { NowUs = LeafBook.StartUs - LeafBook.DayUs };
        book.Good(1);
        book.NowUs = LeafBook.StartUs + LeafBook.DayUs + 1;
        book.Good(2).End(2);

        var evaluated = Evaluated.Of(book);

        Assert.Equal(0, evaluated.Evaluation.Sessions);
        Assert.Empty(evaluated.Differences);
        Assert.Empty(evaluated.Evaluation.Reconciliation.Rows);
    }

    [Fact]
    public void Reconciliation_RangeAfterOpening_CountedAsBeforeRange()
    {
        var leaves = new LeafBook().Good(1).Good(2).Leaves.ToList();

        var evaluated = Evaluated.Of([.. leaves.Skip(4)], Evaluated.Parameters(leaves.Count, firstLeaf: 4));

        Assert.Equal((1, 3), (evaluated.Evaluation.Sessions, evaluated.Evaluation.BeforeRange));
        Assert.Empty(evaluated.Differences);
    }

    [Fact]
    public void Evaluation_UnknownEventTypes_Ignored()
    {
        var evaluated = Evaluated.Of(new LeafBook().Add("something.new", new() { ["session"] = 7 }).Good(1));

        Assert.Empty(evaluated.Differences);
        Assert.Equal(1, evaluated.Evaluation.Sessions);
    }

    [Fact]
    public void Evaluation_InterleavedSessions_EveryOneCountedOnceInEveryTest()
    {
        var book = new LeafBook();
        for (var n = 1; n <= 40; n++) book.Decide(n).Open(n).Record(n).Connect(n);
        for (var n = 40; n >= 1; n--) book.End(n).Seal(n).Verify(n, held: n % 10 != 0);

        var evaluated = Evaluated.Of(book);

        Assert.All(evaluated.Evaluation.Tallies.Values, tally => Assert.Equal(40, tally.Counts.Total));
        Assert.Equal(4, evaluated.Evaluation.Tallies["T07"].Counts[Outcome.Fail]);
    }

    private static Evaluated Evaluate(string how)
    {
        var book = new LeafBook().Good(1);
        List<LedgerLeaf>? leaves = null;
        var size = 0;
        switch (how)
        {
            case "grant-without-opening": book.Decide(2); break;
            case "opening-without-grant": book.Open(2).Connect(2).End(2, recorded: false); break;
            case "grant-used-twice": book.Good(2).Open(3, d => d["decision"] = LeafBook.Id(1_002)).End(3, recorded: false); break;
            case "recorded-not-sealed": book.Decide(2).Open(2).Record(2).End(2); break;
            case "recorder-not-in-end": book.Decide(2).Open(2).Record(2).End(2, recorded: false); break;
            case "sealed-not-recorded": book.Decide(2).Open(2).Record(2).Seal(2).End(2, recorded: false); break;
            case "sealed-not-opened": book.Decide(2).Open(2).Seal(2).End(2); break;
            case "viewed-not-sealed": book.Decide(2).Open(2).View(2).End(2, recorded: false); break;
            case "end-without-opening": book.End(7); break;
            case "ended-twice": book.Decide(2).Open(2).Record(2).End(2).End(2).Seal(2).Verify(2); break;
            case "ended-twice-later": book.Good(2).Good(3).End(2); break;
            case "opened-twice": book.Good(2).Decide(2).Open(2); break;
            case "unreadable": book.End(2, alter: d => d.Remove("connected")); break;
            case "gap":
                leaves = [.. book.Good(2).Add("service.stopped", []).Leaves];
                size = leaves.Count + 1;
                leaves.Add(leaves[^1] with { Sequence = leaves.Count });
                leaves.RemoveAt(leaves.Count - 2);
                break;
            case "short":
                leaves = [.. book.Good(2).Leaves];
                size = leaves.Count + 3;
                break;
            default: throw new ArgumentOutOfRangeException(nameof(how), how, null);
        }

        return leaves is null ? Evaluated.Of(book) : Evaluated.Of(leaves, Evaluated.Parameters(size));
    }
}
