using System.Collections.Frozen;
using OpenOva.Relay.Connections.Policies;

namespace OpenOva.Relay.Connections;

/// <summary>A connection in use. <see cref="Stale"/> says that its declaration has since become invalid, and why.</summary>
internal sealed record CatalogEntry(Connection Connection, ResourceProblem? Stale);

/// <summary>A resource in use, of whichever kind.</summary>
internal sealed record ResourceInUse(DeclaredResource Resource, ResourceProblem? Stale);

/// <summary>All connections, and the policies that guard them, at one moment; never half of a reload.</summary>
internal sealed class CatalogSnapshot
{
    public static readonly CatalogSnapshot Empty = new(FrozenDictionary<ResourceKey, ResourceInUse>.Empty, [], new UnguardedOrganisations());

    private readonly FrozenDictionary<ResourceKey, ResourceInUse> _inUse;
    private readonly FrozenDictionary<(string Organisation, string Name), CatalogEntry> _connections;
    private readonly FrozenDictionary<string, EnvironmentPolicy[]> _policies;
    private readonly UnguardedOrganisations _unguarded;

    private CatalogSnapshot(FrozenDictionary<ResourceKey, ResourceInUse> inUse, IReadOnlyList<ResourceProblem> problems, UnguardedOrganisations unguarded)
    {
        _inUse = inUse;
        _unguarded = unguarded;
        Problems = problems;
        _connections = inUse.Values
            .Where(used => used.Resource is Connection)
            .ToFrozenDictionary(used => (used.Resource.Organisation, used.Resource.Name), used => new CatalogEntry((Connection)used.Resource, used.Stale));
        _policies = inUse.Values
            .Select(used => used.Resource).OfType<EnvironmentPolicy>()
            .GroupBy(policy => policy.Organisation, StringComparer.Ordinal)
            .ToFrozenDictionary(group => group.Key, group => group.OrderBy(policy => policy.Name, StringComparer.Ordinal).ToArray(), StringComparer.Ordinal);
    }

    /// <summary>Every document that is not taken, in the order of files and lines.</summary>
    public IReadOnlyList<ResourceProblem> Problems { get; }

    /// <summary>The connections.</summary>
    public IEnumerable<CatalogEntry> Entries => _connections.Values;

    /// <summary>Connections and policies.</summary>
    public IEnumerable<ResourceInUse> InUse => _inUse.Values;

    public CatalogEntry? Find(string organisation, string name) => _connections.GetValueOrDefault((organisation, name));

    /// <summary>True where a document declares the connection, but no version of it was ever good.</summary>
    public bool IsInvalid(string organisation, string name) =>
        Find(organisation, name) is null && Problems.Any(problem => problem.Key == new ResourceKey(ResourceKind.Connection, organisation, name));

    /// <summary>The policies that guard a connection: those of its organisation that select it, by name.</summary>
    public IReadOnlyList<EnvironmentPolicy> PoliciesFor(Connection connection) =>
        _policies.TryGetValue(connection.Organisation, out var policies) ? [.. policies.Where(policy => policy.Selector.Selects(connection))] : [];

    /// <summary>
    /// True where a document that is, or may be, a policy of this organisation is not taken and no earlier version of it is in use. What it guards cannot be
    /// told then, so nothing of the organisation may be opened: a typing error in a policy must not open what the policy closes.
    /// </summary>
    public bool PoliciesInvalid(string organisation) => _unguarded.Contains(organisation);

    /// <summary>
    /// The next snapshot. An invalid document keeps its last good version in use; where a document does not even say which resource it
    /// is, every resource that its file gave before and nothing declares now is kept.
    /// </summary>
    public CatalogSnapshot Next(IEnumerable<ResourceFile> files)
    {
        Dictionary<ResourceKey, ResourceInUse> inUse = [];
        HashSet<ResourceKey> declared = [];
        List<ResourceProblem> problems = [];
        var unguarded = new UnguardedOrganisations();
        var ordered = files.OrderBy(file => file.File, StringComparer.Ordinal).ToArray();
        foreach (var file in ordered)
        {
            foreach (var (key, resource, found, line) in Declarations(file))
            {
                var problem = found;
                if (!declared.Add(key))
                    problem = new ResourceProblem(
                        file.File, line, 1, "metadata.name", $"{key.Name} is declared before in this organisation", key.Kind, key.Organisation, key.Name);
                else if (resource is not null)
                    inUse[key] = new ResourceInUse(resource, null);
                else if (_inUse.TryGetValue(key, out var lastGood))
                    inUse[key] = lastGood with { Stale = problem };
                else
                    unguarded.Add(problem!);
                if (problem is null)
                    continue;
                problems.Add(problem);
                // Of two policies of one name the later is not in use, whatever the earlier says.
                if (problem != found)
                    unguarded.Add(problem);
            }
        }
        foreach (var file in ordered)
            KeepWhatMayBeMeant(file, inUse, declared, problems, unguarded);
        return new CatalogSnapshot(
            inUse.ToFrozenDictionary(), [.. problems.OrderBy(problem => problem.File, StringComparer.Ordinal).ThenBy(problem => problem.Line)], unguarded);
    }

    private void KeepWhatMayBeMeant(
        ResourceFile file, Dictionary<ResourceKey, ResourceInUse> inUse, HashSet<ResourceKey> declared, List<ResourceProblem> problems,
        UnguardedOrganisations unguarded)
    {
        var nameless = file.Problems.Where(problem => problem.Key is null).ToArray();
        problems.AddRange(nameless);
        List<ResourceKind> kept = [];
        foreach (var (key, lastGood) in _inUse.Where(used => used.Value.Resource.File == file.File && !declared.Contains(used.Key)))
        {
            if (nameless.FirstOrDefault(problem => problem.MayBe(key.Kind)) is not { } problem)
                continue;
            inUse[key] = lastGood with { Stale = problem };
            kept.Add(key.Kind);
        }
        // Each that was kept may be what one of them declared before. Where there are more of them than that, at least one is new.
        var maybe = nameless.Where(problem => problem.MayBe(ResourceKind.Policy)).ToArray();
        if (maybe.Length <= kept.Count && maybe.Count(problem => problem.Kind is not null) <= kept.Count(kind => kind == ResourceKind.Policy))
            return;
        foreach (var problem in maybe)
            unguarded.Add(problem);
    }

    private static IEnumerable<(ResourceKey Key, DeclaredResource? Resource, ResourceProblem? Problem, long Line)> Declarations(ResourceFile file) =>
        file.Resources.Select(entry => (entry.Resource.Key, (DeclaredResource?)entry.Resource, (ResourceProblem?)null, entry.Line))
            .Concat(file.Problems.Where(problem => problem.Key is not null)
                .Select(problem => (problem.Key!.Value, (DeclaredResource?)null, (ResourceProblem?)problem, problem.Line)))
            .OrderBy(declaration => declaration.Item4);
}
