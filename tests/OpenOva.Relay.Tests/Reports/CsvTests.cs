using System.Text;
using OpenOva.Relay.Reports.Results;

namespace OpenOva.Relay.Tests.Reports;

[Trait("Kind", "Fast")]
public sealed class CsvTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("", "")]
    [InlineData(null, "")]
    [InlineData("a,b", "\"a,b\"")]
    [InlineData("say \"no\"", "\"say \"\"no\"\"\"")]
    [InlineData("two\nlines", "\"two\nlines\"")]
    [InlineData("=HYPERLINK(\"http://x\")", "\"'=HYPERLINK(\"\"http://x\"\")\"")]
    [InlineData("+1", "\"'+1\"")]
    [InlineData("-1", "\"'-1\"")]
    [InlineData("@SUM(A1)", "\"'@SUM(A1)\"")]
    [InlineData("\t=1", "\"'\t=1\"")]
    [InlineData("\r=1", "\"'\r=1\"")]
    [InlineData("a=1", "a=1")]
    public void Line_Field_QuotedAndDefused(string? field, string expected) => Assert.Equal($"x,{expected}\n", CsvText.Line("x", field));

    [Theory]
    [InlineData(1 << 20)]
    [InlineData(64)]
    [InlineData(1)]
    public async Task SortedLines_AnyRunLength_SortedAndStable(int runChars)
    {
        using var folder = new TemporaryFolder();
        using var lines = new SortedLines(folder.Path, "t", runChars);
        var expected = new List<(long Key, string Line)>();
        var random = new Random(7);
        for (var i = 0; i < 500; i++)
        {
            expected.Add((random.Next(100), $"é{i}\n"));
            lines.Add(expected[^1].Key, expected[^1].Line);
        }

        using var written = new MemoryStream();
        await lines.WriteToAsync(written, CancellationToken.None);

        Assert.Equal(string.Concat(expected.OrderBy(l => l.Key).Select(l => l.Line)), Encoding.UTF8.GetString(written.ToArray()));
    }
}
