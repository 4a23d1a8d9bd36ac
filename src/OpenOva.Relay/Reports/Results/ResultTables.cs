using System.Globalization;
using OpenOva.Relay.Reports.Evaluation;

namespace OpenOva.Relay.Reports.Results;

/// <summary>The tables of a result: the population, one table for each test, and the exceptions. Rows are sorted by the leaf that opened the session.</summary>
internal sealed class ResultTables : IDisposable
{
    private const string TestHeader = "session,opening_leaf,outcome,codes,clauses,detail,evidence_leaves,manifest_sha256";

    private readonly SortedLines _population;
    private readonly SortedLines _exceptions;
    private readonly SortedDictionary<string, SortedLines> _tests = new(StringComparer.Ordinal);

    /// <param name="folder">Exists; receives temporary files.</param>
    public ResultTables(string folder)
    {
        _population = new SortedLines(folder, "population");
        _exceptions = new SortedLines(folder, "exceptions");
        foreach (var test in EvidenceTests.BySession) _tests.Add(test.Id, new SortedLines(folder, test.Id));
    }

    public long Exceptions => _exceptions.Count;

    public void Add(SessionEvidence session, IReadOnlyList<SessionFinding> findings)
    {
        _population.Add(session.OpeningLeaf, Population(session, findings));
        foreach (var finding in findings)
        {
            _tests[finding.Test].Add(session.OpeningLeaf, Row(finding));
            foreach (var clause in finding.Clauses.Where(clause => clause.Outcome is Outcome.Fail or Outcome.AcceptedException))
                _exceptions.Add(session.OpeningLeaf, Exception(finding, clause));
        }
    }

    /// <summary>Adds what does not reconcile to the exceptions; once, at the end.</summary>
    public void Add(Reconciliation reconciliation)
    {
        foreach (var difference in reconciliation.Differences.Where(d => d.Outcome == Outcome.Fail))
        {
            var id = $"T01a-{difference.Code}-{difference.Leaf.ToString(CultureInfo.InvariantCulture)}";
            _exceptions.Add(difference.Leaf, CsvText.Line(
                id, "T01a", difference.Code, Severity(difference.Code), difference.Session, CsvText.Number(difference.Leaf), difference.Reason, difference.Detail,
                CsvText.Number(difference.Leaf), "", "open", "", "", "", "", ""));
        }
    }

    /// <summary>Name below <c>result/</c>, and what writes it.</summary>
    public IEnumerable<(string Name, Func<Stream, CancellationToken, Task> Write)> Files(Reconciliation reconciliation)
    {
        yield return ("population.csv", Write(
            "session,opening_leaf,opened,issuer,sub,connection,protocol,connection_digest,decision,recording_required,gateway_client,state,connected,recorded,end_reason,ended,"
            + $"sealed_leaf,manifest_sha256,{string.Join(',', _tests.Keys.Select(t => t.ToLowerInvariant()))}", _population));
        yield return ("exceptions.csv", Write(
            "id,test,code,severity,session,opening_leaf,reason,detail,evidence_leaves,manifest_sha256,status,owner,root_cause,remediation,due,risk_acceptance", _exceptions));
        foreach (var (test, lines) in _tests) yield return ($"tests/{test}.csv", Write(TestHeader, lines));
        yield return ("tests/T01a.csv", (to, cancellation) => WriteAsync(to, "day,protocol,grants,openings,ends,recorded_ends,sealed,views,differences,outcome",
            reconciliation.Rows.Select(row => CsvText.Line(
                row.Day, row.Protocol, CsvText.Number(row.Grants), CsvText.Number(row.Openings), CsvText.Number(row.Ends), CsvText.Number(row.RecordedEnds),
                CsvText.Number(row.Sealed), CsvText.Number(row.Views), CsvText.Number(row.Differences), row.Outcome.Name())), cancellation));
        yield return ("tests/T01a-differences.csv", (to, cancellation) => WriteAsync(to, "leaf,code,outcome,day,protocol,session,reason,detail",
            reconciliation.Differences.Select(d => CsvText.Line(
                CsvText.Number(d.Leaf), d.Code, d.Outcome.Name(), d.Day, d.Protocol, d.Session, d.Reason, d.Detail)), cancellation));
    }

    public void Dispose()
    {
        _population.Dispose();
        _exceptions.Dispose();
        foreach (var lines in _tests.Values) lines.Dispose();
    }

    private static string Population(SessionEvidence session, IReadOnlyList<SessionFinding> findings) => CsvText.Line(
    [
        session.Session, CsvText.Number(session.OpeningLeaf), CsvText.Time(session.OpenedUs), session.Subject?.Issuer, session.Subject?.Sub, session.Connection.Name,
        session.Connection.Protocol, session.Connection.Digest, session.DecisionId, CsvText.Flag(session.RecordingRequired), session.GatewayClient,
        session.End is null ? "open" : "ended", session.End is { } end ? CsvText.Flag(end.Connected) : "", session.End is { } ended ? CsvText.Flag(ended.Recorded) : "",
        session.End?.Reason, CsvText.Time(session.End?.EndedUs ?? session.End?.TimeUs), CsvText.Number(session.Seal?.Leaf), session.Seal?.ManifestSha256,
        .. findings.OrderBy(f => f.Test, StringComparer.Ordinal).Select(f => f.Outcome.Name()),
    ]);

    private static string Row(SessionFinding finding) => CsvText.Line(
        finding.Session.Session, CsvText.Number(finding.Session.OpeningLeaf), finding.Outcome.Name(),
        string.Join(' ', finding.Clauses.Select(c => c.Code).OfType<string>().Distinct()), string.Join("; ", finding.Clauses),
        string.Join("; ", finding.Clauses.Where(c => c.Outcome != Outcome.Pass).Select(c => c.Detail is null ? c.Reason : $"{c.Reason} [{c.Detail}]")),
        CsvText.Numbers(finding.Leaves), finding.Session.Seal?.ManifestSha256);

    private static string Exception(SessionFinding finding, Clause clause) => CsvText.Line(
        $"{finding.Test}-{clause.Code}-{clause.Name}-{finding.Session.Session}", finding.Test, clause.Code, Severity(clause.Code!), finding.Session.Session,
        CsvText.Number(finding.Session.OpeningLeaf), clause.Reason, clause.Detail, CsvText.Numbers(finding.Leaves), finding.Session.Seal?.ManifestSha256, "open", "", "", "", "", "");

    private static string Severity(string code) => EvidenceTests.IsCritical(code) ? "critical" : "by asset";

    private static Func<Stream, CancellationToken, Task> Write(string header, SortedLines lines) => async (to, cancellation) =>
    {
        await WriteAsync(to, header, [], cancellation);
        await lines.WriteToAsync(to, cancellation);
    };

    private static async Task WriteAsync(Stream to, string header, IEnumerable<string> lines, CancellationToken cancellation)
    {
        await using var writer = new StreamWriter(to, new System.Text.UTF8Encoding(false), leaveOpen: true);
        await writer.WriteAsync($"{header}{CsvText.LineEnd}".AsMemory(), cancellation);
        foreach (var line in lines) await writer.WriteAsync(line.AsMemory(), cancellation);
    }
}
