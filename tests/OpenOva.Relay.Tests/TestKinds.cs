using System.Text.RegularExpressions;

namespace OpenOva.Relay.Tests;

/// <summary>
/// A test class carries one kind; where its tests differ in kind, each of them carries one instead.
/// Reads the sources of tests rather than their assemblies, so that one run sees all projects whether they are built or not. Top-level
/// declarations start in the first column:
/// <code>
/// [Trait("Kind", "Fast")]
/// public sealed class LeasesOnSqliteTests() : LeasesTests(TestDatabaseKind.Sqlite)
/// </code>
/// </summary>
internal static partial class TestKinds
{
    private static readonly string[] Kinds = ["Fast", "Real", "Browser", "Soak"];

    public static List<string> Faults(IReadOnlyList<string> sources)
    {
        var classes = sources.SelectMany(Classes).ToList();

        // A class that holds tests, or derives from one that does, is a test class.
        var tests = classes.Where(declared => declared.Tests > 0).Select(declared => declared.Name).ToHashSet(StringComparer.Ordinal);
        while (classes.Any(declared => declared.Base is { } parent && tests.Contains(parent) && tests.Add(declared.Name)))
        {
        }

        var faults = new List<string>();

        // Parts of a partial class count together.
        foreach (var group in classes.Where(declared => tests.Contains(declared.Name)).GroupBy(declared => declared.Name))
        {
            var kinds = group.SelectMany(declared => declared.Kinds).ToList();
            var isAbstract = group.Any(declared => declared.IsAbstract);
            var tested = group.Sum(declared => declared.Tests);
            var ownKinds = group.SelectMany(declared => declared.TestKinds).ToList();
            if (kinds.Count > 0 && ownKinds.Count > 0) faults.Add($"{group.Key} has a kind of its own and its tests have too");
            else if (tested > 0 && ownKinds.Count == tested) faults.AddRange(ownKinds.Except(Kinds).Select(kind => $"{group.Key} has the unknown kind {kind}"));
            else if (isAbstract && kinds.Count > 0) faults.Add($"{group.Key} is abstract and has a kind");
            else if (!isAbstract && kinds.Count != 1) faults.Add($"{group.Key} has {kinds.Count} kinds");
            else faults.AddRange(kinds.Except(Kinds).Select(kind => $"{group.Key} has the unknown kind {kind}"));
        }

        return faults;
    }

    private static IEnumerable<TestClass> Classes(string source)
    {
        var pending = new List<string>();
        TestClass? current = null;
        foreach (var line in source.Split('\n').Select(line => line.TrimEnd('\r')))
        {
            if (line.Length > 0 && char.IsWhiteSpace(line[0]))
            {
                if (current is null) continue;
                if (TestMethod().IsMatch(line)) current.Tests++;
                if (IndentedAttribute().IsMatch(line)) current.TestKinds.AddRange(Kind().Matches(line).Select(match => match.Groups[1].Value));
                continue;
            }

            if (line.Length == 0 || line.StartsWith("//", StringComparison.Ordinal)) continue;
            pending.AddRange(Kind().Matches(line).Select(match => match.Groups[1].Value));
            if (Declaration().Match(line) is { Success: true } declaration)
            {
                if (current is not null) yield return current;
                var parent = declaration.Groups[3].Success ? declaration.Groups[3].Value : null;
                current = new TestClass(declaration.Groups[2].Value, declaration.Groups[1].Value.Contains("abstract", StringComparison.Ordinal), parent, [.. pending]);
                pending.Clear();
            }
        }

        if (current is not null) yield return current;
    }

    [GeneratedRegex(@"^\s+\[(?:\w+, )?(?:Fact|Theory)\b")]
    private static partial Regex TestMethod();

    // A Trait within InlineData's text does not count.
    [GeneratedRegex(@"^\s+\[(?:Fact|Theory|Trait)\b")]
    private static partial Regex IndentedAttribute();

    [GeneratedRegex("Trait\\(\"Kind\", \"(\\w+)\"\\)")]
    private static partial Regex Kind();

    // modifiers, name, type parameters, primary constructor, first base type
    [GeneratedRegex(@"((?:\b(?:public|internal|sealed|abstract|static|partial|file)\s+)+)class\s+(\w+)(?:<[^>]*>)?(?:\s*\([^)]*\))?(?:\s*:\s*(\w+))?")]
    private static partial Regex Declaration();

    private sealed record TestClass(string Name, bool IsAbstract, string? Base, IReadOnlyList<string> Kinds)
    {
        public int Tests { get; set; }

        public List<string> TestKinds { get; } = [];
    }
}
