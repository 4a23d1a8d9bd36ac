using System.Reflection;
using OpenOva.Relay.Evidence.Ledger;

namespace OpenOva.Relay.Tests.Contract;

/// <summary>
/// The members of each ledger event, as the format's page lists them, against <c>events.txt</c>, which may only grow: what an old leaf means is read by it. The tests
/// of the whole service hold what is written against that page. A new member is added to the file by hand, sorted, in the commit that adds it to the event; one that
/// is marked <c>?</c> is not always there, and one that is not may not become so.
/// </summary>
[Trait("Kind", "Fast")]
public sealed class EventFreezeTests
{
    /// <summary>Types that no test makes happen; why stands beside each.</summary>
    private static readonly string[] Unexercised = [];

    private static readonly string[] Frozen = File.ReadAllLines(SourceTree.Find("tests/OpenOva.Relay.Tests/Contract/events.txt"));
    private static readonly string[] Present = [.. Rows().SelectMany(row => row[1..].Select(member => $"{row[0]} {member}")).Order(StringComparer.Ordinal)];

    [Fact]
    public void Members_OnceGiven_AreKept() =>
        Assert.True(!Frozen.Except(Present).Any(), $"Gone from the events: restore{Environment.NewLine}{string.Join(Environment.NewLine, Frozen.Except(Present))}");

    [Fact]
    public void Members_Grown_AreWrittenDown() =>
        Assert.True(!Present.Except(Frozen).Any(), $"New in the events: add to events.txt{Environment.NewLine}{string.Join(Environment.NewLine, Present.Except(Frozen))}");

    [Fact]
    public void Members_File_IsSortedAndSaysNothingTwice() => Assert.Equal(Frozen.Distinct().Order(StringComparer.Ordinal), Frozen);

    [Fact]
    public void Types_Persisted_EachHaveMembers() =>
        Assert.Equal(LedgerEventTypes.All.Order(StringComparer.Ordinal), Rows().Select(row => row[0]).Order(StringComparer.Ordinal));

    [Fact]
    public void Types_Persisted_AreNamedByATestOrListedHere()
    {
        var folder = Path.GetDirectoryName(SourceTree.Find("tests/Directory.Build.props"))!;
        var tests = Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/Contract/", StringComparison.Ordinal) && !file.Contains("/obj/", StringComparison.Ordinal))
            .Select(File.ReadAllText).ToList();
        var untested = Constants().Where(type => !tests.Any(text => text.Contains($"\"{type.Value}\"", StringComparison.Ordinal)
            || text.Contains($"LedgerEventTypes.{type.Name}", StringComparison.Ordinal))).Select(type => type.Value);

        Assert.Equal(Unexercised.Order(StringComparer.Ordinal), untested.Order(StringComparer.Ordinal));
    }

    private static IEnumerable<(string Name, string Value)> Constants() =>
        typeof(LedgerEventTypes).GetFields(BindingFlags.Public | BindingFlags.Static).Where(field => field.IsLiteral).Select(field => (field.Name, (string)field.GetValue(null)!));

    private static IEnumerable<string[]> Rows() =>
        File.ReadLines(SourceTree.Find("src/OpenOva.Relay.Evidence/README.md"))
            .SkipWhile(line => !line.StartsWith("### 4.5", StringComparison.Ordinal))
            .TakeWhile(line => !line.StartsWith("## 5.", StringComparison.Ordinal))
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(line => line.Split('`').Where((_, i) => i % 2 == 1).ToArray());
}
