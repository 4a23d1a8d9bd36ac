using System.Reflection;
using System.Text;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.Extensions.Logging.Abstractions;
using OpenOva.Relay.Reports.Results;

namespace OpenOva.Relay.Reports.Html;

/// <summary>The report's style sheet, which stands within the page.</summary>
internal sealed class ReportStyle
{
    public static ReportStyle Embedded { get; } = new();

    private ReportStyle()
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream("reports/report.css")!, Encoding.UTF8);
        Css = reader.ReadToEnd().ReplaceLineEndings("\n");
    }

    public string Css { get; }
}

/// <summary>Renders a report to one self-contained page: no script, nothing loaded from elsewhere.</summary>
internal static class ReportHtml
{
    public static async Task<byte[]> RenderAsync(ReportSummary summary)
    {
        // The components get what they show by injection: their parameters would have to be public types.
        await using var services = new ServiceCollection().AddSingleton(summary).AddSingleton(ReportStyle.Embedded).BuildServiceProvider();
        await using var renderer = new HtmlRenderer(services, NullLoggerFactory.Instance);
        var page = await renderer.Dispatcher.InvokeAsync(async () => (await renderer.RenderComponentAsync<ReportPage>(ParameterView.Empty)).ToHtmlString());
        return Encoding.UTF8.GetBytes($"<!DOCTYPE html>\n{page.ReplaceLineEndings("\n")}");
    }
}
