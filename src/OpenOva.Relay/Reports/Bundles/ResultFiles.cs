using OpenOva.Relay.Evidence;
using OpenOva.Relay.Evidence.Bundle;
using OpenOva.Relay.Reports.Controls;
using OpenOva.Relay.Reports.Evaluation;
using OpenOva.Relay.Reports.Html;
using OpenOva.Relay.Reports.Results;

namespace OpenOva.Relay.Reports.Bundles;

/// <summary>The files under <c>result/</c>: what depends on leaves, parameters, catalogue and engine alone.</summary>
internal sealed class ResultFiles
{
    private const string Prefix = "result/";
    private readonly SortedDictionary<string, string> _paths = new(StringComparer.Ordinal);

    private ResultFiles(ReportSummary summary, IReadOnlySet<SubjectEvidence> subjects, IReadOnlyList<string> recorded) =>
        (Summary, Subjects, Recorded) = (summary, subjects, recorded);

    public ReportSummary Summary { get; }

    public IReadOnlySet<SubjectEvidence> Subjects { get; }

    /// <summary>Sessions of the population that have a sealed recording; empty unless they were asked for.</summary>
    public IReadOnlyList<string> Recorded { get; }

    /// <summary>The folder that holds report.html and its attachments.</summary>
    public string Folder { get; private init; } = "";

    public IEnumerable<BundleFile> Files => _paths.Select(path => new BundleFile(path.Key, () => File.OpenRead(path.Value)));

    /// <summary>Evaluates and writes.</summary>
    /// <param name="leaves">From these.</param>
    /// <param name="parameters">With these.</param>
    /// <param name="catalogue">For these controls.</param>
    /// <param name="folder">Exists; receives the files.</param>
    /// <param name="listRecorded">Whether <see cref="Recorded"/> is wanted.</param>
    /// <param name="cancellation">Ends it.</param>
    public static async Task<ResultFiles> WriteAsync(
        LeafFiles leaves, ReportParameters parameters, Catalogue catalogue, string folder, bool listRecorded, CancellationToken cancellation)
    {
        var result = Path.Combine(folder, "result");
        Directory.CreateDirectory(Path.Combine(result, "tests"));
        using var tables = new ResultTables(folder);
        var recorded = new List<string>();
        var evaluation = await Task.Run(
            () => leaves.Evaluate(
                parameters,
                (session, findings) =>
                {
                    tables.Add(session, findings);
                    if (listRecorded && session.Seal is not null) recorded.Add(session.Session);
                },
                cancellation),
            cancellation);
        tables.Add(evaluation.Reconciliation);
        recorded.Sort(StringComparer.Ordinal);
        var summary = ReportSummary.Of(parameters, catalogue, evaluation, tables.Exceptions);
        var files = new ResultFiles(summary, evaluation.Subjects, recorded) { Folder = result };
        foreach (var (name, write) in tables.Files(evaluation.Reconciliation)) await files.AddAsync(name, to => write(to, cancellation));
        await files.AddAsync("report.json", to => to.WriteAsync(ReportJson.Encode(summary), cancellation).AsTask());
        var page = await ReportHtml.RenderAsync(summary);
        await files.AddAsync("report.html", to => to.WriteAsync(page, cancellation).AsTask());
        return files;
    }

    /// <summary>One digest over all files: of the lines "digest, two spaces, path", as sha256sum writes them, sorted by path.</summary>
    public async Task<string> DigestAsync(CancellationToken cancellation)
    {
        var lines = new System.Text.StringBuilder();
        foreach (var (path, file) in _paths)
        {
            await using var stream = File.OpenRead(file);
            lines.Append(Convert.ToHexStringLower(await System.Security.Cryptography.SHA256.HashDataAsync(stream, cancellation))).Append("  ").Append(path).Append('\n');
        }

        return Digests.Hex(lines.ToString());
    }

    private async Task AddAsync(string name, Func<Stream, Task> write)
    {
        var path = Path.Combine(Folder, name);
        await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write);
        await write(file);
        _paths.Add(Prefix + name, path);
    }
}
