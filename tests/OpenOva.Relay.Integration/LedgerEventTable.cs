using OpenOva.Relay.Evidence.Ledger;

namespace OpenOva.Relay.Integration;

/// <summary>Section 4.5 of the evidence format, which auditors' programs are written from: what the service writes must be what stands there.</summary>
internal static class LedgerEventTable
{
    private static readonly Dictionary<string, string[]> Rows = Read();

    public static IReadOnlyCollection<string> Types => Rows.Keys;

    /// <summary>Holds an event that the service made against its row.</summary>
    public static LedgerLeaf Check(LedgerLeaf leaf)
    {
        Assert.True(Rows.TryGetValue(leaf.Type, out var row), $"{leaf.Type} does not stand in the table of events");
        var members = leaf.Data.Names.ToHashSet(StringComparer.Ordinal);
        var unknown = members.Except(row!.Select(member => member.TrimEnd('?')), StringComparer.Ordinal).ToList();
        var missing = row!.Where(member => !member.EndsWith('?')).Except(members, StringComparer.Ordinal).ToList();
        Assert.True(unknown.Count == 0 && missing.Count == 0, $"{leaf.Type}: not in the table of events: {string.Join(' ', unknown)}; in the table alone: {string.Join(' ', missing)}");
        return leaf;
    }

    private static Dictionary<string, string[]> Read() =>
        File.ReadLines(Find("src/OpenOva.Relay.Evidence/README.md"))
            .SkipWhile(line => !line.StartsWith("### 4.5", StringComparison.Ordinal))
            .TakeWhile(line => !line.StartsWith("## 5.", StringComparison.Ordinal))
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(line => line.Split('`').Where((_, i) => i % 2 == 1).ToArray())
            .ToDictionary(names => names[0], names => names[1..], StringComparer.Ordinal);

    private static string Find(string path)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, path))) return Path.Combine(folder.FullName, path);
        }

        throw new FileNotFoundException(path);
    }
}
