using System.Xml;
using System.Xml.Linq;

namespace OpenOva.Relay.Tests.Reports;

/// <summary>The result of a small ledger, byte for byte as it stands in the repository, and the page as a page.</summary>
[Trait("Kind", "Fast")]
public sealed class GoldenTests
{
    private static readonly string[] Names =
    [
        "exceptions.csv", "population.csv", "report.html", "report.json", "tests/T01a-differences.csv", "tests/T01a.csv", "tests/T02.csv", "tests/T03.csv", "tests/T04.csv",
        "tests/T05.csv", "tests/T06.csv", "tests/T07.csv",
    ];

    [Fact]
    public async Task Result_SampleLedger_AsInTheRepository()
    {
        using var folder = new TemporaryFolder();
        var result = await SampleResult.WriteAsync(folder.Path);
        var golden = Path.Combine(Repository(), "reports/sox/golden");

        // RELAY_UPDATE_GOLDEN=1 writes them anew; the commit says what changed and why.
        if (Environment.GetEnvironmentVariable("RELAY_UPDATE_GOLDEN") == "1")
        {
            Directory.CreateDirectory(Path.Combine(golden, "tests"));
            foreach (var name in Names) File.Copy(Path.Combine(result.Folder, name), Path.Combine(golden, name), overwrite: true);
        }

        Assert.Equal(Names.Order(StringComparer.Ordinal), result.Files.Select(f => f.Path["result/".Length..]).Order(StringComparer.Ordinal));
        Assert.All(Names, name => Assert.Equal(File.ReadAllText(Path.Combine(golden, name)), File.ReadAllText(Path.Combine(result.Folder, name))));
    }

    [Fact]
    public async Task Page_Parsed_WellFormedAccessibleAndSelfContained()
    {
        using var folder = new TemporaryFolder();
        var result = await SampleResult.WriteAsync(folder.Path);

        var page = Parse(await File.ReadAllTextAsync(Path.Combine(result.Folder, "report.html")));

        Assert.Equal("en", page.Root!.Attribute("lang")!.Value);
        Assert.DoesNotContain(page.Descendants(), e => e.Name.LocalName is "script" or "link" or "img" or "iframe" or "object");
        Assert.DoesNotContain(page.Descendants().Attributes(), a => a.Name.LocalName is "src" or "style" || a.Name.LocalName.StartsWith("on", StringComparison.Ordinal));
        var css = page.Descendants("style").Single().Value;
        Assert.DoesNotContain("url(", css.Replace("attr(href url)", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain("@import", css, StringComparison.Ordinal);
        Assert.All(page.Descendants("table"), table => Assert.NotEmpty(table.Descendants("caption").Single().Value));
        Assert.All(page.Descendants("th"), th => Assert.Contains(th.Attribute("scope")!.Value, (string[])["col", "row"]));
        var ids = page.Descendants().Attributes("id").Select(a => a.Value).ToList();
        Assert.Equal(ids.Count, ids.Distinct().Count());
        Assert.All(page.Descendants("a").Attributes("href"), href => Assert.Contains(href.Value[1..], ids));
        var levels = page.Descendants().Where(e => e.Name.LocalName is "h1" or "h2" or "h3" or "h4").Select(e => e.Name.LocalName[1] - '0').ToList();
        Assert.Equal(1, levels[0]);
        Assert.Single(levels, 1);
        Assert.All(levels.Zip(levels.Skip(1)), pair => Assert.True(pair.Second <= pair.First + 1));
    }

    [Fact]
    public async Task Page_Text_SaysWhatItMustAndNeverMore()
    {
        using var folder = new TemporaryFolder();
        var result = await SampleResult.WriteAsync(folder.Path);

        var text = string.Join(' ', Parse(await File.ReadAllTextAsync(Path.Combine(result.Folder, "report.html"))).Root!.Element("body")!.DescendantNodes().OfType<XText>().Select(t => t.Value));

        Assert.DoesNotContain("compliant", text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain('%', text);
        Assert.Contains("Records supporting", text, StringComparison.Ordinal);
        Assert.Contains("supporting", text, StringComparison.Ordinal);
        Assert.Contains(result.Summary.Parameters.Fingerprint, text, StringComparison.Ordinal);
        Assert.Contains(result.Summary.Parameters.HeadRoot, text, StringComparison.Ordinal);
        Assert.All(result.Summary.Controls, control => Assert.Contains(control.Control.Paraphrase, text, StringComparison.Ordinal));
        Assert.Contains(LeafBook.Id(22), text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Page_HostileNames_StayText()
    {
        using var folder = new TemporaryFolder();
        const string hostile = "<script>alert(1)</script>&\"'";
        var book = new LeafBook().Good(1).Decide(2, alter: d => d["subject"]!["sub"] = hostile).Open(2, d => d["connection"]!["protocol"] = hostile).End(2);

        var result = await SampleResult.WriteAsync(folder.Path, book);

        var page = Parse(await File.ReadAllTextAsync(Path.Combine(result.Folder, "report.html")));
        Assert.Empty(page.Descendants("script"));
        Assert.Contains(hostile, page.Root!.Value, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Result_EmptyPeriod_NothingPasses()
    {
        using var folder = new TemporaryFolder();

        var result = await SampleResult.WriteAsync(folder.Path, new LeafBook().Add("service.started", []));

        Assert.DoesNotContain(result.Summary.Tests, t => t.Outcome == Relay.Reports.Evaluation.Outcome.Pass);
        Assert.DoesNotContain(result.Summary.Controls, c => c.Outcome == Relay.Reports.Evaluation.Outcome.Pass);
    }

    private static XDocument Parse(string html)
    {
        using var reader = XmlReader.Create(new StringReader(html), new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore });
        return XDocument.Load(reader);
    }

    private static string Repository()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "OpenOva.Relay.sln"))) folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("not within the repository");
        return folder;
    }
}
