using System.Collections.Frozen;

namespace OpenOva.Relay.Connections;

/// <summary>A connection in use. <see cref="Stale"/> says that its declaration has since become invalid, and why.</summary>
internal sealed record CatalogEntry(Connection Connection, ConnectionProblem? Stale);

/// <summary>All connections at one moment; never half of a reload.</summary>
internal sealed class CatalogSnapshot
{
    public static readonly CatalogSnapshot Empty = new(FrozenDictionary<(string, string), CatalogEntry>.Empty, []);

    private readonly FrozenDictionary<(string Organisation, string Name), CatalogEntry> _entries;

    private CatalogSnapshot(FrozenDictionary<(string Organisation, string Name), CatalogEntry> entries, IReadOnlyList<ConnectionProblem> problems)
    {
        _entries = entries;
        Problems = problems;
    }

    /// <summary>Every document that is not taken, in the order of files and lines.</summary>
    public IReadOnlyList<ConnectionProblem> Problems { get; }

    public IEnumerable<CatalogEntry> Entries => _entries.Values;

    public CatalogEntry? Find(string organisation, string name) => _entries.GetValueOrDefault((organisation, name));

    /// <summary>True where a document declares the connection, but no version of it was ever good.</summary>
    public bool IsInvalid(string organisation, string name) =>
        Find(organisation, name) is null && Problems.Any(problem => problem.Organisation == organisation && problem.Name == name);

    /// <summary>
    /// The next snapshot. An invalid document keeps its last good version in use; where a document does not even say which connection it
    /// is, every connection that its file gave before and nothing declares now is kept.
    /// </summary>
    public CatalogSnapshot Next(IEnumerable<ConnectionFile> files)
    {
        Dictionary<(string, string), CatalogEntry> entries = [];
        HashSet<(string, string)> declared = [];
        List<ConnectionProblem> problems = [];
        foreach (var file in files.OrderBy(file => file.File, StringComparer.Ordinal))
        {
            foreach (var (connection, problem, line) in Declarations(file))
            {
                var key = connection is not null ? (connection.Organisation, connection.Name) : (problem!.Organisation!, problem.Name!);
                if (!declared.Add(key))
                {
                    problems.Add(new ConnectionProblem(
                        file.File, line, 1, "metadata.name", $"{key.Item2} is declared before in this organisation", key.Item1, key.Item2));
                }
                else if (connection is not null)
                {
                    entries[key] = new CatalogEntry(connection, null);
                }
                else
                {
                    problems.Add(problem!);
                    if (_entries.TryGetValue(key, out var lastGood))
                        entries[key] = lastGood with { Stale = problem };
                }
            }
            problems.AddRange(file.Problems.Where(problem => problem.Name is null));
        }

        foreach (var file in files.Where(file => file.HasNameless))
        {
            foreach (var (key, lastGood) in _entries.Where(entry => entry.Value.Connection.File == file.File && !declared.Contains(entry.Key)))
                entries[key] = lastGood with { Stale = file.Problems.First(problem => problem.Name is null) };
        }
        return new CatalogSnapshot(
            entries.ToFrozenDictionary(), [.. problems.OrderBy(problem => problem.File, StringComparer.Ordinal).ThenBy(problem => problem.Line)]);
    }

    private static IEnumerable<(Connection? Connection, ConnectionProblem? Problem, long Line)> Declarations(ConnectionFile file) =>
        file.Connections.Select(entry => ((Connection?)entry.Connection, (ConnectionProblem?)null, entry.Line))
            .Concat(file.Problems.Where(problem => problem.Name is not null).Select(problem => ((Connection?)null, (ConnectionProblem?)problem, problem.Line)))
            .OrderBy(declaration => declaration.Item3);
}
