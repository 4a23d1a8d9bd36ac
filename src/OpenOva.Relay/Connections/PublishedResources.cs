namespace OpenOva.Relay.Connections;

/// <summary>
/// What was last published, so that each change is published once, and again where publishing failed. Not thread-safe: reloads run one
/// at a time.
/// </summary>
internal sealed class PublishedResources
{
    private Dictionary<ResourceKey, ResourceInUse> _published = [];
    private HashSet<ResourceProblem> _problems = [];
    private bool _isFirst = true;

    /// <summary>The changes from what was published to <paramref name="snapshot"/>, and what makes them published.</summary>
    public (ResourceChanges Changes, Action Commit) ChangesTo(CatalogSnapshot snapshot)
    {
        var now = snapshot.InUse.ToDictionary(used => used.Resource.Key);
        var problems = snapshot.Problems.ToHashSet();
        List<ResourceChange> changes = [];

        foreach (var (key, used) in now)
        {
            var before = _published.GetValueOrDefault(key);
            if (KindOf(before, used) is { } kind)
                changes.Add(ResourceChange.Of(kind, key, used.Resource, before?.Resource.Digest));
        }
        foreach (var (key, before) in _published.Where(entry => !now.ContainsKey(entry.Key)))
            changes.Add(ResourceChange.Of(ResourceChangeKind.Removed, key, null, before.Resource.Digest));
        foreach (var problem in snapshot.Problems.Where(problem => !_problems.Contains(problem)))
        {
            var inUse = problem.Key is { } key ? now.GetValueOrDefault(key)?.Resource : null;
            changes.Add(new ResourceChange(ResourceChangeKind.Invalid, problem.Kind, problem.Organisation, problem.Name, inUse, null, problem));
        }
        var declared = _isFirst ? now.Keys.Concat(problems.Select(problem => problem.Key).OfType<ResourceKey>()).ToHashSet() : null;
        return (new ResourceChanges(changes, declared), () => (_published, _problems, _isFirst) = (now, problems, false));
    }

    private static ResourceChangeKind? KindOf(ResourceInUse? before, ResourceInUse now)
    {
        if (before is null)
            return ResourceChangeKind.Added;
        if (before.Resource.Digest != now.Resource.Digest)
            return ResourceChangeKind.Changed;
        if (before.Stale is not null && now.Stale is null)
            return ResourceChangeKind.Restored;
        return before.Resource is Connection old && now.Resource is Connection connection && old.LabelText != connection.LabelText ? ResourceChangeKind.Relabelled : null;
    }
}
