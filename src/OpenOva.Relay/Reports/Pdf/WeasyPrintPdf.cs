using System.ComponentModel;
using System.Diagnostics;

namespace OpenOva.Relay.Reports.Pdf;

/// <summary>
/// WeasyPrint as a process. The PDF declares itself PDF/A-3b (<c>--pdf-variant</c>); nothing here checks that it is.
/// </summary>
internal sealed class WeasyPrintPdf(ReportsOptions options, TimeProvider time, ILogger<WeasyPrintPdf> logger) : IReportPdf
{
    private const string Page = "report.html";
    private const string Pdf = "report.pdf";
    private const int MaxOutputChars = 4000;

    public bool IsConfigured => options.WeasyPrint.Length > 0;

    public async Task<string> RenderAsync(string folder, IReadOnlyList<string> attachments, CancellationToken cancellation)
    {
        using var process = Start(folder, attachments);
        using var limit = new CancellationTokenSource(options.PdfTimeLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        var output = ReadAsync(process.StandardOutput, CancellationToken.None);
        var error = ReadAsync(process.StandardError, CancellationToken.None);
        try
        {
            await process.WaitForExitAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            cancellation.ThrowIfCancellationRequested();
            throw new ReportFailedException(ReportFailure.PdfTimeLimit, $"the renderer took longer than {options.PdfTimeLimit}");
        }

        var path = Path.Combine(folder, Pdf);
        if (process.ExitCode == 0 && File.Exists(path)) return path;
        var said = $"{await error} {await output}".Trim();
        logger.PdfRendererFailed(process.ExitCode, said);
        throw new ReportFailedException(ReportFailure.PdfRendererFailed, $"the renderer ended with {process.ExitCode}");
    }

    private Process Start(string folder, IReadOnlyList<string> attachments)
    {
        var start = new ProcessStartInfo(options.WeasyPrint)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
        };
        foreach (var argument in (string[])["--pdf-variant", "pdf/a-3b", .. attachments.SelectMany(a => (string[])["-a", a]), Page, Pdf]) start.ArgumentList.Add(argument);
        try
        {
            var process = Process.Start(start) ?? throw new ReportFailedException(ReportFailure.PdfRendererMissing, "the renderer did not start");
            process.StandardInput.Close();
            return process;
        }
        catch (Exception exception) when (exception is Win32Exception or FileNotFoundException)
        {
            throw new ReportFailedException(ReportFailure.PdfRendererMissing, $"{options.WeasyPrint} cannot be started", exception);
        }
    }

    // Both pipes are drained to their end, so that the renderer never waits for its reader; only the beginning is kept.
    private static async Task<string> ReadAsync(StreamReader from, CancellationToken cancellation)
    {
        var kept = new System.Text.StringBuilder();
        var buffer = new char[4096];
        int read;
        while ((read = await from.ReadAsync(buffer, cancellation)) > 0)
            kept.Append(buffer, 0, Math.Min(read, MaxOutputChars - Math.Min(kept.Length, MaxOutputChars)));
        return kept.ToString();
    }
}
