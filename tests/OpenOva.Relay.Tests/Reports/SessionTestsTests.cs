using System.Text.Json.Nodes;
using OpenOva.Relay.Reports.Evaluation;

namespace OpenOva.Relay.Tests.Reports;

/// <summary>Each condition of T02 to T07, spoilt once: it is found under its code, and nothing else is.</summary>
[Trait("Kind", "Fast")]
public sealed class SessionTestsTests
{
    private static readonly AssurancePolicy Policy = new("2026-01", 2, [new(LeafBook.Issuer, "1", 1), new(LeafBook.Issuer, "2", 2)]);

    // What this installation cannot evidence, whatever the session: present in every session in good order.
    private static readonly string[] AlwaysMissing = ["T05/no-conflicting-duty", "T07/timestamp"];

    /// <summary>name, how a ledger is spoilt, test, clause, outcome, code.</summary>
    public static TheoryData<string, string, string, string, string?> Spoilt => new()
    {
        { "no-subject", "T02", "subject-named", "FAIL", "E02a" },
        { "other-subject-decided", "T02", "same-as-decided", "FAIL", "E02a" },
        { "no-acr", "T03", "claims-present", "NOT_EVIDENCED", "E03b" },
        { "no-auth-time", "T03", "authentication-recent", "NOT_EVIDENCED", "E03b" },
        { "unknown-acr", "T03", "assurance-level", "NOT_EVIDENCED", "E03b" },
        { "weak-acr", "T03", "assurance-level", "FAIL", "E03a" },
        { "stale-auth", "T03", "authentication-recent", "FAIL", "E03c" },
        { "auth-after-start", "T03", "authentication-recent", "FAIL", "E03c" },
        { "no-decision", "T04", "allowed-decision", "FAIL", "E04a" },
        { "denied-decision", "T04", "allowed-decision", "FAIL", "E04a" },
        { "decided-after-start", "T04", "before-start", "FAIL", "E04b" },
        { "undated-decision", "T04", "before-start", "NOT_EVIDENCED", "E04b" },
        { "other-subject-decided", "T04", "same-person", "FAIL", "E04e" },
        { "other-digest", "T04", "same-connection", "FAIL", "E04e" },
        { "no-digest", "T04", "same-connection", "NOT_EVIDENCED", "E04e" },
        { "jit-unevidenced", "T04", "approved", "NOT_EVIDENCED", "E04a" },
        { "jit-none", "T04", "approved", "FAIL", "E04a" },
        { "jit-late", "T04", "approval-before-start", "FAIL", "E04b" },
        { "jit-self", "T04", "approver-not-user", "FAIL", "E04c" },
        { "jit-window", "T04", "within-window", "FAIL", "E04d" },
        { "jit-overrun", "T04", "within-window", "FAIL", "E04d" },
        { "jit-role", "T04", "approver-entitled", "FAIL", "E04f" },
        { "jit-role-unsaid", "T04", "approver-entitled", "NOT_EVIDENCED", "E04f" },
        { "not-sealed", "T06", "sealed", "FAIL", "E06a" },
        { "unrecorded", "T06", "sealed", "FAIL", "E06a" },
        { "low-coverage", "T06", "coverage", "FAIL", "E06b" },
        { "long-gap", "T06", "max-gap", "FAIL", "E06b" },
        { "declared-gap", "T06", "no-declared-gap", "FAIL", "E06b" },
        { "no-coverage", "T06", "coverage", "NOT_EVIDENCED", "E06b" },
        { "disk-lost", "T06", "complete", "FAIL", "E06b" },
        { "recovered-unbounded", "T06", "complete", "NOT_EVIDENCED", "E06b" },
        { "open", "T06", "sealed", "NOT_EVIDENCED", "E06a" },
        { "object-differs", "T07", "recomputed", "FAIL", "E07a" },
        { "object-differs-later", "T07", "recomputed", "FAIL", "E07a" },
        { "chain-broken", "T07", "recomputed", "FAIL", "E07b" },
        { "other-manifest", "T07", "recomputed", "FAIL", "E07a" },
        { "never-verified", "T07", "recomputed", "NOT_EVIDENCED", null },
        { "no-lock", "T07", "lock", "NOT_EVIDENCED", "E07d" },
        { "retention-over", "T07", "lock", "FAIL", "E07d" },
    };

    [Theory]
    [MemberData(nameof(Spoilt))]
    public void Test_OneThingSpoilt_FoundUnderItsCode(string spoilt, string test, string clause, string outcome, string? code)
    {
        var evaluated = Evaluated.Of(Spoil(spoilt), Policy);

        var found = evaluated.Clause(test, 2, clause);

        Assert.Equal((outcome, code), (found.Outcome.Name(), found.Code));
        Assert.NotNull(found.Reason);
        Assert.NotEqual(Outcome.Pass, evaluated.Finding(test, 2).Outcome);
        Assert.NotEmpty(evaluated.Finding(test, 2).Leaves);
    }

    [Theory]
    [MemberData(nameof(Spoilt))]
    public void Test_OneThingSpoilt_NeighboursUntouched(string spoilt, string test, string clause, string outcome, string? code)
    {
        _ = (test, clause, outcome, code);
        var evaluated = Evaluated.Of(Spoil(spoilt), Policy);

        foreach (var neighbour in (int[])[1, 3]) Assert.Equal(AlwaysMissing, NotPassed(evaluated, neighbour));
    }

    [Theory]
    [InlineData("weak-acr", "T03/assurance-level")]
    [InlineData("stale-auth", "T03/authentication-recent")]
    [InlineData("low-coverage", "T06/coverage")]
    [InlineData("long-gap", "T06/max-gap")]
    [InlineData("object-differs", "T07/recomputed")]
    [InlineData("other-digest", "T04/same-connection")]
    [InlineData("no-lock", "T07/lock")]
    [InlineData("decided-after-start", "T04/before-start")]
    public void Test_OneThingSpoilt_NothingElseFound(string spoilt, string only) =>
        Assert.Equal(AlwaysMissing.Append(only).Order(StringComparer.Ordinal), NotPassed(Evaluated.Of(Spoil(spoilt), Policy), 2));

    [Fact]
    public void Tests_GoodSession_PassWhatCanBeEvidenced()
    {
        var evaluated = Evaluated.Of(new LeafBook().Good(1), Policy);

        Assert.Equal(AlwaysMissing, NotPassed(evaluated, 1));
        Assert.Equal(["PASS", "PASS", "PASS", "NOT_EVIDENCED", "PASS", "NOT_EVIDENCED"], evaluated.Evaluation.Tallies.Keys.Select(t => evaluated.Finding(t, 1).Outcome.Name()));
        Assert.Empty(evaluated.Differences);
    }

    [Fact]
    public void Authentication_NoPolicy_NotEvidencedForEverySession()
    {
        var evaluated = Evaluated.Of(new LeafBook().Good(1).Good(2));

        Assert.Equal(2, evaluated.Evaluation.Tallies["T03"].Counts[Outcome.NotEvidenced]);
        Assert.Equal(0, evaluated.Evaluation.Tallies["T03"].Counts[Outcome.Pass]);
    }

    [Theory]
    [InlineData("process-killed")]
    [InlineData("power-lost")]
    public void Recorded_RecoveredWithinBound_Passes(string bound)
    {
        var book = new LeafBook().Decide(1).Open(1).Record(1).Connect(1).End(1).Seal(1, d => (d["state"], d["bound"]) = ("recovered", bound)).Verify(1);

        Assert.Equal(Outcome.Pass, Evaluated.Of(book).Finding("T06", 1).Outcome);
    }

    [Fact]
    public void Recorded_SupplementedByAReplicaThatCameBack_IsJudgedByTheLongerRecording()
    {
        var book = new LeafBook().Decide(1).Open(1).Record(1).Connect(1).End(1).Seal(1, d => (d["state"], d["bound"]) = ("recovered", "disk-lost"))
            .Supplement(1, d => (d["state"], d["bound"], d["manifest_sha256"]) = ("recovered", "process-killed", LeafBook.Connection))
            .Verify(1, alter: d => d["manifest_sha256"] = LeafBook.Connection);

        var evaluated = Evaluated.Of(book);

        Assert.Equal(Outcome.Pass, evaluated.Finding("T06", 1).Outcome);
        Assert.Equal(Outcome.Pass, evaluated.Clause("T07", 1, "recomputed").Outcome);
        Assert.Empty(evaluated.Differences);
    }

    [Theory]
    [InlineData(99_000, "PASS")]
    [InlineData(98_999, "FAIL")]
    public void Recorded_CoverageAtLimit_CountsExactly(long covered, string expected)
    {
        var book = new LeafBook().Decide(1).Open(1).Record(1).Connect(1).End(1).Seal(1, d => (d["coverage"]!["session_ms"], d["coverage"]!["covered_ms"]) = (100_000, covered)).Verify(1);

        Assert.Equal(expected, Evaluated.Of(book).Clause("T06", 1, "coverage").Outcome.Name());
    }

    [Fact]
    public void Recorded_NeverConnected_NotApplicableAndStillInPopulation()
    {
        var evaluated = Evaluated.Of(new LeafBook().Decide(1).Open(1).End(1, connected: false, recorded: false));

        Assert.Equal(Outcome.NotApplicable, evaluated.Finding("T06", 1).Outcome);
        Assert.Equal(Outcome.NotApplicable, evaluated.Finding("T07", 1).Outcome);
        Assert.Equal(1, evaluated.Evaluation.Tallies["T06"].Counts.Total);
    }

    [Fact]
    public void Recorded_NotRequired_NotApplicableByRule()
    {
        var evaluated = Evaluated.Of(new LeafBook().Decide(1).Open(1, d => d["recording_required"] = false).Connect(1).End(1, recorded: false));

        Assert.Equal(("NOT_APPLICABLE", "Recording was not required when the session was opened."), (evaluated.Finding("T06", 1).Outcome.Name(), evaluated.Finding("T06", 1).Clauses[0].Reason));
    }

    private static List<string> NotPassed(Evaluated evaluated, int session) =>
    [
        .. evaluated.Evaluation.Tallies.Keys.SelectMany(test => evaluated.Finding(test, session).Clauses
            .Where(c => c.Outcome is not (Outcome.Pass or Outcome.NotApplicable)).Select(c => $"{test}/{c.Name}")).Order(StringComparer.Ordinal),
    ];

    private static LeafBook Spoil(string how)
    {
        var book = new LeafBook().Good(1);
        SpoilSecond(book, how);
        return book.Good(3);
    }

    private static LeafBook SpoilSecond(LeafBook book, string how) => how switch
    {
        "no-subject" => Finished(book.Decide(2).Open(2, d => d.Remove("subject"))),
        "other-subject-decided" => Finished(book.Decide(2, alter: d => d["subject"]!["sub"] = "somebody-else").Open(2)),
        "no-acr" => Finished(book.Decide(2, alter: d => d["inputs"]!["acr"] = null).Open(2)),
        "no-auth-time" => Finished(book.Decide(2, alter: d => d["inputs"]!["auth_time_us"] = null).Open(2)),
        "unknown-acr" => Finished(book.Decide(2, alter: d => d["inputs"]!["acr"] = "7").Open(2)),
        "weak-acr" => Finished(book.Decide(2, alter: d => d["inputs"]!["acr"] = "1").Open(2)),
        "stale-auth" => Finished(book.Decide(2, alter: d => d["inputs"]!["auth_time_us"] = book.NowUs - 13 * 3_600_000_000L).Open(2)),
        "auth-after-start" => Finished(book.Decide(2, alter: d => d["inputs"]!["auth_time_us"] = book.NowUs + 120_000_000).Open(2)),
        "no-decision" => Finished(book.Open(2)),
        "denied-decision" => Finished(book.Decide(2, allowed: false).Open(2)),
        "decided-after-start" => Finished(book.Decide(2, alter: d => d["inputs"]!["time_us"] = book.NowUs + 60_000_000).Open(2)),
        "undated-decision" => Finished(book.Decide(2, alter: d => d["inputs"]!["time_us"] = null).Open(2)),
        "other-digest" => Finished(book.Decide(2).Open(2, d => d["connection"]!["digest"] = LeafBook.Manifest)),
        "no-digest" => Finished(book.Decide(2).Open(2, d => d["connection"]!["digest"] = null)),
        "jit-unevidenced" => Finished(book.Decide(2).Open(2, Jit)),
        "jit-none" => Finished(book.Decide(2, alter: d => d["inputs"]!["approval"] = null).Open(2, Jit)),
        "jit-late" => Approved(book, a => a["decided_us"] = book.NowUs + 60_000_000),
        "jit-self" => Approved(book, a => a["approver"]!["sub"] = "person-2"),
        "jit-window" => Approved(book, a => a["window_from_us"] = book.NowUs + 60_000_000),
        "jit-overrun" => Approved(book, a => a["window_to_us"] = book.NowUs + 2_000_000),
        "jit-role" => Approved(book, a => a["approver_role_held"] = false),
        "jit-role-unsaid" => Approved(book, a => a.Remove("approver_role_held")),
        "not-sealed" => book.Decide(2).Open(2).Record(2).Connect(2).End(2),
        "unrecorded" => book.Decide(2).Open(2).Connect(2).End(2, recorded: false),
        "low-coverage" => Sealed(book, d => d["coverage"]!["covered_ms"] = 50_000),
        "long-gap" => Sealed(book, d => d["coverage"]!["max_gap_ms"] = 5_001),
        "declared-gap" => Sealed(book, d => d["gaps"] = 1),
        "no-coverage" => Sealed(book, d => d.Remove("coverage")),
        "disk-lost" => Sealed(book, d => (d["state"], d["bound"]) = ("recovered", "disk-lost")),
        "recovered-unbounded" => Sealed(book, d => d["state"] = "recovered"),
        "open" => book.Decide(2).Open(2).Record(2).Connect(2),
        "object-differs" => Unverified(book).Verify(2, held: false),
        "object-differs-later" => Finished(book.Decide(2).Open(2)).Good(9).Verify(2, held: false).Verify(2),
        "chain-broken" => Unverified(book).Verify(2, held: false, failed: "chain"),
        "other-manifest" => Unverified(book).Verify(2, alter: d => d["manifest_sha256"] = LeafBook.Connection),
        "never-verified" => Unverified(book),
        "no-lock" => Sealed(book, d => d["lock"] = "NONE"),
        "retention-over" => Sealed(book, d => d["retention_until_us"] = book.NowUs),
        _ => throw new ArgumentOutOfRangeException(nameof(how), how, null),
    };

    private static void Jit(JsonObject opening) => opening["jit"] = true;

    private static LeafBook Unverified(LeafBook book) => book.Decide(2).Open(2).Record(2).Connect(2).End(2).Seal(2);

    private static LeafBook Finished(LeafBook book) => book.Record(2).Connect(2).End(2).Seal(2).Verify(2);

    private static LeafBook Sealed(LeafBook book, Alter alter) => book.Decide(2).Open(2).Record(2).Connect(2).End(2).Seal(2, alter).Verify(2);

    private static LeafBook Approved(LeafBook book, Alter alter)
    {
        var approval = new JsonObject
        {
            ["approver"] = new JsonObject { ["issuer"] = LeafBook.Issuer, ["sub"] = "approver" },
            ["decided_us"] = book.NowUs - 60_000_000,
            ["window_from_us"] = book.NowUs - 60_000_000,
            ["window_to_us"] = book.NowUs + 3_600_000_000,
            ["approver_role_held"] = true,
        };
        alter(approval);
        return Finished(book.Decide(2, alter: d => d["inputs"]!["approval"] = approval).Open(2, Jit));
    }
}
