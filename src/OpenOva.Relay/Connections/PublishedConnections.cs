namespace OpenOva.Relay.Connections;

/// <summary>
/// What was last published, so that each change is published once, and again where publishing failed. Not thread-safe: reloads run one
/// at a time.
/// </summary>
internal sealed class PublishedConnections
{
    private Dictionary<(string Organisation, string Name), State> _published = [];
    private HashSet<ResourceProblem> _problems = [];

    /// <summary>The changes from what was published to <paramref name="snapshot"/>, and what makes them published.</summary>
    public (IReadOnlyList<ConnectionChange> Changes, Action Commit) ChangesTo(CatalogSnapshot snapshot)
    {
        var now = snapshot.Entries.ToDictionary(
            entry => (entry.Connection.Organisation, entry.Connection.Name), entry => new State(entry.Connection.Digest, entry.Connection.TargetIdentity, entry.Stale));
        var problems = snapshot.Problems.Where(problem => problem.Kind != ResourceKind.Policy).ToHashSet();
        List<ConnectionChange> changes = [];

        foreach (var (key, state) in now)
        {
            var before = _published.GetValueOrDefault(key);
            if (before is null)
                changes.Add(Change(ConnectionChangeKind.Added, key, state, null));
            else if (before.Digest != state.Digest)
                changes.Add(Change(ConnectionChangeKind.Changed, key, state, before.Digest));
            else if (before.Stale is not null && state.Stale is null)
                changes.Add(Change(ConnectionChangeKind.Restored, key, state, before.Digest));
        }
        foreach (var (key, before) in _published.Where(entry => !now.ContainsKey(entry.Key)))
            changes.Add(new ConnectionChange(ConnectionChangeKind.Removed, key.Organisation, key.Name, null, before.Digest, null, null));
        foreach (var problem in problems.Where(problem => !_problems.Contains(problem)))
        {
            var inUse = problem is { Organisation: { } organisation, Name: { } name } ? now.GetValueOrDefault((organisation, name)) : null;
            changes.Add(new ConnectionChange(
                ConnectionChangeKind.Invalid, problem.Organisation, problem.Name, inUse?.Digest, null, inUse?.TargetIdentity, problem));
        }
        return (changes, () => (_published, _problems) = (now, problems));
    }

    private static ConnectionChange Change(ConnectionChangeKind kind, (string Organisation, string Name) key, State state, string? previous) =>
        new(kind, key.Organisation, key.Name, state.Digest, previous, state.TargetIdentity, null);

    private sealed record State(string Digest, TargetIdentity TargetIdentity, ResourceProblem? Stale);
}
