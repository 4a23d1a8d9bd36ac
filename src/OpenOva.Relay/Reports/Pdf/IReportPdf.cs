namespace OpenOva.Relay.Reports.Pdf;

/// <summary>Turns a report's page into a PDF with files attached.</summary>
internal interface IReportPdf
{
    /// <summary>False: this installation makes no PDFs.</summary>
    bool IsConfigured { get; }

    /// <summary>Renders.</summary>
    /// <param name="folder">Holds report.html and the attachments; report.pdf is written there.</param>
    /// <param name="attachments">Names in <paramref name="folder"/>.</param>
    /// <param name="cancellation">Ends the renderer.</param>
    /// <returns>The path of report.pdf.</returns>
    /// <exception cref="ReportFailedException">The renderer is missing, failed, or took too long.</exception>
    Task<string> RenderAsync(string folder, IReadOnlyList<string> attachments, CancellationToken cancellation);
}
