using OpenOva.Relay.Database;

namespace OpenOva.Relay.Connections;

/// <summary>
/// What the ledger was last told of each resource, so that it is told each change once: every replica sees each, and each start sees every resource added. It also
/// knows what changed while no replica ran.
/// </summary>
internal static class ResourceRegister
{
    private const string ConnectionKind = "connection";

    /// <summary>
    /// The change as the ledger is to be told of it, since it may know of an earlier version than this process does; null where it leaves the resource as the ledger
    /// was last told. Stage the event in the same transaction. A document that names no resource is always news.
    /// </summary>
    public static async Task<ResourceChange?> AsNewsAsync(RelayTransaction transaction, ResourceChange change)
    {
        if (change is not { Organisation: not null, Name: not null, What: { } what })
            return change;
        var now = new
        {
            Kind = KindName(what), change.Organisation, change.Name, change.Digest, Problem = change.Problem?.ToString(), change.Labels,
        };
        var known = await transaction.QuerySingleOrDefaultAsync<Row>(
            "SELECT digest, problem, labels FROM resource_register WHERE kind = @Kind AND organisation = @Organisation AND name = @Name", now);
        if (NewsOf(change, known, now.Problem) is not { } kind)
            return null;
        await transaction.ExecuteAsync(
            """
            INSERT INTO resource_register (kind, organisation, name, digest, problem, labels, changed_us)
            VALUES (@Kind, @Organisation, @Name, @Digest, @Problem, @Labels, relay_now_us())
            ON CONFLICT (kind, organisation, name) DO UPDATE
            SET digest = EXCLUDED.digest, problem = EXCLUDED.problem, labels = EXCLUDED.labels, changed_us = EXCLUDED.changed_us
            """,
            now);
        return change with { Kind = kind, PreviousDigest = known?.Digest };
    }

    /// <summary>What the ledger believes to be declared and is not among <paramref name="declared"/>: it went while no process ran.</summary>
    public static async Task<IReadOnlyList<ResourceChange>> GoneAsync(RelayTransaction transaction, IReadOnlySet<ResourceKey> declared)
    {
        var known = await transaction.QueryAsync<Row>(
            "SELECT kind, organisation, name, digest FROM resource_register WHERE digest IS NOT NULL OR problem IS NOT NULL ORDER BY kind, organisation, name");
        return [.. known
            .Select(row => (Key: new ResourceKey(row.Kind == ConnectionKind ? ResourceKind.Connection : ResourceKind.Policy, row.Organisation, row.Name), row.Digest))
            .Where(row => !declared.Contains(row.Key))
            .Select(row => ResourceChange.Of(ResourceChangeKind.Removed, row.Key, null, row.Digest))];
    }

    private static ResourceChangeKind? NewsOf(ResourceChange change, Row? known, string? problem)
    {
        if (known is null or { Digest: null, Problem: null })
            return change.Kind == ResourceChangeKind.Removed ? null : change.Problem is null ? ResourceChangeKind.Added : ResourceChangeKind.Invalid;
        if (change.Kind == ResourceChangeKind.Removed)
            return ResourceChangeKind.Removed;
        if (problem is not null)
            return known.Problem == problem && known.Digest == change.Digest ? null : ResourceChangeKind.Invalid;
        if (known.Digest is null)
            return ResourceChangeKind.Added;
        if (known.Digest != change.Digest)
            return ResourceChangeKind.Changed;
        if (known.Problem is not null)
            return ResourceChangeKind.Restored;
        return known.Labels == change.Labels ? null : ResourceChangeKind.Relabelled;
    }

    private static string KindName(ResourceKind kind) => kind == ResourceKind.Policy ? "policy" : ConnectionKind;

    private sealed class Row
    {
        public string Kind { get; init; } = "";
        public string Organisation { get; init; } = "";
        public string Name { get; init; } = "";
        public string? Digest { get; init; }
        public string? Problem { get; init; }
        public string Labels { get; init; } = "";
    }
}
