using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using OpenOva.Relay.Reports;
using OpenOva.Relay.Reports.Pdf;

namespace OpenOva.Relay.Tests.Reports;

/// <summary>The real renderer, named by RELAY_TEST_WEASYPRINT.</summary>
[Trait("Kind", "Real")]
public sealed class WeasyPrintPdfTests
{
    [Fact]
    public async Task Render_SampleReport_PagesAttachmentsAndDeclaration()
    {
        var command = Environment.GetEnvironmentVariable("RELAY_TEST_WEASYPRINT");
        Assert.SkipWhen(string.IsNullOrEmpty(command), "weasyprint-missing: set RELAY_TEST_WEASYPRINT to the command");
        using var folder = new TemporaryFolder();
        var result = await SampleResult.WriteAsync(folder.Path);
        var pdf = new WeasyPrintPdf(new ReportsOptions { WeasyPrint = command! }, TimeProvider.System, NullLogger<WeasyPrintPdf>.Instance);

        var path = await pdf.RenderAsync(result.Folder, ["report.json", "population.csv"], CancellationToken.None);

        // WeasyPrint leaves the structure uncompressed, so the file itself says what it holds.
        var bytes = Encoding.Latin1.GetString(await File.ReadAllBytesAsync(path));
        Assert.StartsWith("%PDF-1.7", bytes, StringComparison.Ordinal);
        Assert.InRange(Count(bytes, "/Type /Page\n"), 5, 60);
        Assert.Contains("/EmbeddedFiles", bytes, StringComparison.Ordinal);
        Assert.Contains("report.json", bytes, StringComparison.Ordinal);
        Assert.Contains("population.csv", bytes, StringComparison.Ordinal);
        Assert.Contains("pdfaid:part", bytes, StringComparison.Ordinal);
        Assert.Contains("/Title (SOX session evidence, acme", bytes, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Render_LongerThanTheLimit_TypedFailureAndNoProcessLeft()
    {
        using var folder = new TemporaryFolder();
        var command = await ScriptAsync(folder, "exec sleep 600");
        var pdf = new WeasyPrintPdf(new ReportsOptions { WeasyPrint = command, PdfTimeLimit = TimeSpan.FromMilliseconds(300) }, TimeProvider.System, NullLogger<WeasyPrintPdf>.Instance);
        var started = Stopwatch.GetTimestamp();

        var failed = await Assert.ThrowsAsync<ReportFailedException>(() => pdf.RenderAsync(folder.Path, [], CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30)));

        Assert.Equal(ReportFailure.PdfTimeLimit, failed.Failure);
        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task Render_RendererFails_TypedFailure()
    {
        using var folder = new TemporaryFolder();
        var pdf = new WeasyPrintPdf(new ReportsOptions { WeasyPrint = await ScriptAsync(folder, "yes | head -c 1000000 >&2; exit 3") }, TimeProvider.System, NullLogger<WeasyPrintPdf>.Instance);

        var failed = await Assert.ThrowsAsync<ReportFailedException>(() => pdf.RenderAsync(folder.Path, [], CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30)));

        Assert.Equal(ReportFailure.PdfRendererFailed, failed.Failure);
    }

    [Fact]
    public async Task Render_NoSuchCommand_TypedFailure()
    {
        using var folder = new TemporaryFolder();
        var pdf = new WeasyPrintPdf(new ReportsOptions { WeasyPrint = Path.Combine(folder.Path, "absent") }, TimeProvider.System, NullLogger<WeasyPrintPdf>.Instance);

        var failed = await Assert.ThrowsAsync<ReportFailedException>(() => pdf.RenderAsync(folder.Path, [], CancellationToken.None));

        Assert.Equal(ReportFailure.PdfRendererMissing, failed.Failure);
    }

    private static async Task<string> ScriptAsync(TemporaryFolder folder, string text)
    {
        var path = Path.Combine(folder.Path, "renderer");
        await File.WriteAllTextAsync(path, $"#!/bin/sh\n{text}\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }

    private static int Count(string text, string part)
    {
        var count = 0;
        for (var at = text.IndexOf(part, StringComparison.Ordinal); at >= 0; at = text.IndexOf(part, at + 1, StringComparison.Ordinal)) count++;
        return count;
    }
}
