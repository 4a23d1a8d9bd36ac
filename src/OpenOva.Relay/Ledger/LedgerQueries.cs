using System.Globalization;
using System.Text;
using Dapper;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence.Ledger;

namespace OpenOva.Relay.Ledger;

/// <summary>An event that waits for its number.</summary>
internal sealed class StagedRow
{
    public string Id { get; init; } = "";

    public string Type { get; init; } = "";

    public long TimeUs { get; init; }

    public byte[] Data { get; init; } = [];
}

/// <summary>A numbered event.</summary>
internal sealed class LeafRow
{
    public long Seq { get; init; }

    public byte[] Leaf { get; init; } = [];
}

/// <summary>A numbered event with what is known of it beside its leaf.</summary>
internal sealed class EventRow
{
    public long Seq { get; init; }

    public string Id { get; init; } = "";

    public string Type { get; init; } = "";

    public long TimeUs { get; init; }

    public byte[] Leaf { get; init; } = [];
}

/// <summary>A new leaf to insert.</summary>
internal sealed record NewLeaf(long Seq, string Id, string Type, long TimeUs, string? Session, byte[] Leaf);

/// <summary>A signed head as it is stored.</summary>
internal sealed class CheckpointRow
{
    public string Organisation { get; init; } = "";

    public long Size { get; init; }

    public string Root { get; init; } = "";

    public long TimeUs { get; init; }

    public string Jws { get; init; } = "";
}

/// <summary>The root key under which a ledger was begun, and how far it was told of keys; null: from before that was kept.</summary>
internal sealed class RootRow
{
    public string Fingerprint { get; init; } = "";

    public long? ToldVersion { get; init; }
}

/// <summary>The ledger's SQL.</summary>
internal static class LedgerQueries
{
    // SQLite allows 32,766 parameters a statement and PostgreSQL 65,535.
    private const int RowsAStatement = 500;

    /// <summary>The fingerprint of the root key under which the ledger was begun; null: it has not been.</summary>
    public static Task<string?> RootAsync(RelayDatabase database, string organisation, CancellationToken cancellation) =>
        database.ExecuteScalarAsync<string?>("SELECT fingerprint FROM ledger_roots WHERE organisation = @organisation", new { organisation }, cancellation);

    /// <summary>Notes it, unless another one was noted before; returns the one that counts.</summary>
    public static async Task<RootRow> BeginAsync(RelayTransaction transaction, string organisation, string fingerprint)
    {
        await transaction.ExecuteAsync(
            "INSERT INTO ledger_roots (organisation, fingerprint, told_version) VALUES (@organisation, @fingerprint, 0) ON CONFLICT (organisation) DO NOTHING",
            new { organisation, fingerprint });
        return (await transaction.QuerySingleOrDefaultAsync<RootRow>("SELECT fingerprint, told_version FROM ledger_roots WHERE organisation = @organisation", new { organisation }))!;
    }

    /// <summary>The ledger has been told of all keys of the history up to this version.</summary>
    public static Task<int> ToldAsync(RelayTransaction transaction, string organisation, long version) =>
        transaction.ExecuteAsync("UPDATE ledger_roots SET told_version = @version WHERE organisation = @organisation", new { organisation, version });

    /// <summary>Whether an event of this id was staged, be it numbered since or not.</summary>
    public static async Task<bool> IsKnownAsync(RelayTransaction transaction, string organisation, string id) =>
        await transaction.ExecuteScalarAsync<long>(
            """
            SELECT (SELECT COUNT(*) FROM ledger_staged WHERE organisation = @organisation AND id = @id)
                + (SELECT COUNT(*) FROM ledger_leaves WHERE organisation = @organisation AND id = @id)
            """,
            new { organisation, id }) > 0;

    public static Task<IReadOnlyList<string>> OrganisationsWithStagedAsync(RelayDatabase database, CancellationToken cancellation) =>
        database.QueryAsync<string>("SELECT DISTINCT organisation FROM ledger_staged", null, cancellation);

    public static Task<IReadOnlyList<StagedRow>> StagedAsync(RelayTransaction transaction, string organisation, int most) =>
        transaction.QueryAsync<StagedRow>(
            "SELECT id, type, time_us, data FROM ledger_staged WHERE organisation = @organisation ORDER BY id LIMIT @most", new { organisation, most });

    /// <summary>The id of the newest event that waits for its number; null: none does.</summary>
    public static Task<string?> NewestStagedAsync(RelayDatabase database, string organisation, CancellationToken cancellation) =>
        database.ExecuteScalarAsync<string?>("SELECT MAX(id) FROM ledger_staged WHERE organisation = @organisation", new { organisation }, cancellation);

    /// <summary>Whether any event up to an id still waits for its number.</summary>
    public static async Task<bool> IsStagedUpToAsync(RelayDatabase database, string organisation, string id, CancellationToken cancellation) =>
        await database.ExecuteScalarAsync<string?>(
            "SELECT MIN(id) FROM ledger_staged WHERE organisation = @organisation AND id <= @id", new { organisation, id }, cancellation) is not null;

    public static async Task<long> SizeAsync(RelayTransaction transaction, string organisation) =>
        await transaction.ExecuteScalarAsync<long?>("SELECT size FROM ledger_heads WHERE organisation = @organisation", new { organisation }) ?? 0;

    public static async Task<long> SizeAsync(RelayDatabase database, string organisation, CancellationToken cancellation) =>
        await database.ExecuteScalarAsync<long?>("SELECT size FROM ledger_heads WHERE organisation = @organisation", new { organisation }, cancellation) ?? 0;

    public static Task<int> SetSizeAsync(RelayTransaction transaction, string organisation, long from, long to) =>
        from == 0
            ? transaction.ExecuteAsync("INSERT INTO ledger_heads (organisation, size) VALUES (@organisation, @to)", new { organisation, to })
            : transaction.ExecuteAsync(
                "UPDATE ledger_heads SET size = @to WHERE organisation = @organisation AND size = @from", new { organisation, from, to });

    public static async Task InsertLeavesAsync(RelayTransaction transaction, string organisation, IReadOnlyList<NewLeaf> leaves)
    {
        foreach (var chunk in leaves.Chunk(RowsAStatement))
        {
            var sql = new StringBuilder("INSERT INTO ledger_leaves (organisation, seq, id, type, time_us, session, leaf) VALUES ");
            var values = new DynamicParameters(new { organisation });
            for (var i = 0; i < chunk.Length; i++)
            {
                sql.Append(CultureInfo.InvariantCulture, $"{(i > 0 ? "," : "")}(@organisation,@q{i},@i{i},@y{i},@t{i},@s{i},@l{i})");
                values.Add($"q{i}", chunk[i].Seq);
                values.Add($"i{i}", chunk[i].Id);
                values.Add($"y{i}", chunk[i].Type);
                values.Add($"t{i}", chunk[i].TimeUs);
                values.Add($"s{i}", chunk[i].Session);
                values.Add($"l{i}", chunk[i].Leaf);
            }

            await transaction.ExecuteAsync(sql.ToString(), values);
        }
    }

    public static async Task InsertNodesAsync(RelayTransaction transaction, string organisation, IReadOnlyList<(MerkleNodeId Id, byte[] Hash)> nodes)
    {
        foreach (var chunk in nodes.Chunk(RowsAStatement))
        {
            var sql = new StringBuilder("INSERT INTO ledger_nodes (organisation, level, position, hash) VALUES ");
            var values = new DynamicParameters(new { organisation });
            for (var i = 0; i < chunk.Length; i++)
            {
                sql.Append(CultureInfo.InvariantCulture, $"{(i > 0 ? "," : "")}(@organisation,@l{i},@p{i},@h{i})");
                values.Add($"l{i}", (long)chunk[i].Id.Level);
                values.Add($"p{i}", chunk[i].Id.Index);
                values.Add($"h{i}", chunk[i].Hash);
            }

            await transaction.ExecuteAsync(sql.ToString(), values);
        }
    }

    public static Task<int> UnstageAsync(RelayTransaction transaction, string organisation, string lastId, IReadOnlyList<string> ids)
    {
        // By id and not by range: an event with a smaller id may have been committed since.
        var names = string.Join(',', Enumerable.Range(0, ids.Count).Select(i => string.Create(CultureInfo.InvariantCulture, $"@i{i}")));
        var values = new DynamicParameters(new { organisation, lastId });
        for (var i = 0; i < ids.Count; i++) values.Add($"i{i}", ids[i]);
        return transaction.ExecuteAsync($"DELETE FROM ledger_staged WHERE organisation = @organisation AND id <= @lastId AND id IN ({names})", values);
    }

    /// <summary>The roots of complete subtrees, in the order asked for.</summary>
    public static async Task<IReadOnlyList<byte[]>> NodesAsync(
        Func<string, object, Task<IReadOnlyList<NodeRow>>> query, string organisation, IReadOnlyList<MerkleNodeId> nodes)
    {
        if (nodes.Count == 0) return [];
        // Joined to the list, each node is one look-up by key; a chain of OR has its planning cost more than its look-ups.
        var wanted = string.Join(',', nodes.Select((_, i) => string.Create(CultureInfo.InvariantCulture, $"(@l{i},@p{i})")));
        var values = new DynamicParameters(new { organisation });
        for (var i = 0; i < nodes.Count; i++)
        {
            values.Add($"l{i}", (long)nodes[i].Level);
            values.Add($"p{i}", nodes[i].Index);
        }

        var rows = await query(
            $"""
            WITH wanted (level, position) AS (VALUES {wanted})
            SELECT n.level, n.position, n.hash FROM wanted w JOIN ledger_nodes n ON n.organisation = @organisation AND n.level = w.level AND n.position = w.position
            """,
            values);
        var found = rows.ToDictionary(r => new MerkleNodeId((int)r.Level, r.Position), r => r.Hash);
        return [.. nodes.Select(n => found.TryGetValue(n, out var hash) ? hash : throw new InvalidDataException($"ledger node {n.Level}/{n.Index} of {organisation} is missing"))];
    }

    public static Task<IReadOnlyList<LeafRow>> LeavesAsync(RelayDatabase database, string organisation, long from, long to, int most, CancellationToken cancellation) =>
        database.QueryAsync<LeafRow>(
            "SELECT seq, leaf FROM ledger_leaves WHERE organisation = @organisation AND seq >= @from AND seq < @to ORDER BY seq LIMIT @most",
            new { organisation, from, to, most },
            cancellation);

    /// <summary>
    /// The next leaves from a first one on. What is given out has no gap: a row that is missing ends it with an exception, and never with the rows beyond.
    /// </summary>
    public static async Task<IReadOnlyList<EventRow>> EventsAsync(RelayDatabase database, string organisation, long from, int most, CancellationToken cancellation)
    {
        var rows = await database.QueryAsync<EventRow>(
            "SELECT seq, id, type, time_us, leaf FROM ledger_leaves WHERE organisation = @organisation AND seq >= @from ORDER BY seq LIMIT @most",
            new { organisation, from, most },
            cancellation);
        for (var i = 0; i < rows.Count; i++)
        {
            if (rows[i].Seq != from + i) throw new InvalidDataException($"leaf {from + i} of {organisation} is missing");
        }

        return rows;
    }

    public static Task<IReadOnlyList<LeafRow>> LeavesOfSessionAsync(RelayDatabase database, string organisation, string session, CancellationToken cancellation) =>
        database.QueryAsync<LeafRow>(
            "SELECT seq, leaf FROM ledger_leaves WHERE organisation = @organisation AND session = @session ORDER BY seq", new { organisation, session }, cancellation);

    public static Task<LeafRow?> LeafByIdAsync(RelayDatabase database, string organisation, string id, CancellationToken cancellation) =>
        database.QuerySingleOrDefaultAsync<LeafRow>(
            "SELECT seq, leaf FROM ledger_leaves WHERE organisation = @organisation AND id = @id", new { organisation, id }, cancellation);

    public static Task<CheckpointRow?> NewestCheckpointAsync(RelayDatabase database, string organisation, CancellationToken cancellation) =>
        database.QuerySingleOrDefaultAsync<CheckpointRow>(
            "SELECT organisation, size, root, time_us, jws FROM ledger_checkpoints WHERE organisation = @organisation ORDER BY size DESC LIMIT 1",
            new { organisation },
            cancellation);

    /// <summary>Organisations whose newest checkpoint is behind their ledger, or older than the ledger's newest leaf.</summary>
    public static Task<IReadOnlyList<string>> OrganisationsGrownAsync(RelayDatabase database, CancellationToken cancellation) =>
        database.QueryAsync<string>(
            """
            SELECT h.organisation FROM ledger_heads h WHERE EXISTS (
              SELECT 1 FROM ledger_leaves l WHERE l.organisation = h.organisation AND l.type <> @made
              AND l.seq >= COALESCE((SELECT MAX(c.size) FROM ledger_checkpoints c WHERE c.organisation = h.organisation), 0))
            """,
            new { made = LedgerEventTypes.CheckpointMade },
            cancellation);

    public static Task<IReadOnlyList<CheckpointRow>> UnstoredCheckpointsAsync(RelayDatabase database, int most, CancellationToken cancellation) =>
        database.QueryAsync<CheckpointRow>(
            "SELECT organisation, size, root, time_us, jws FROM ledger_checkpoints WHERE stored_us IS NULL ORDER BY time_us LIMIT @most", new { most }, cancellation);

    /// <summary>False: another replica signed this size first.</summary>
    /// <summary>Whether anything stands behind a head but events that tell of heads.</summary>
    public static async Task<bool> HasGrownAsync(RelayDatabase database, string organisation, long since, CancellationToken cancellation) =>
        await database.ExecuteScalarAsync<long>(
            "SELECT COUNT(*) FROM (SELECT 1 AS grown FROM ledger_leaves WHERE organisation = @organisation AND seq >= @since AND type <> @made LIMIT 1) g",
            new { organisation, since, made = LedgerEventTypes.CheckpointMade },
            cancellation) > 0;

    public static async Task<bool> InsertCheckpointAsync(RelayTransaction transaction, string organisation, long size, string root, long timeUs, string jws) =>
        await transaction.ExecuteAsync(
            """
            INSERT INTO ledger_checkpoints (organisation, size, root, time_us, jws) VALUES (@organisation, @size, @root, @timeUs, @jws)
            ON CONFLICT (organisation, size) DO NOTHING
            """,
            new { organisation, size, root, timeUs, jws }) == 1;

    public static Task<int> CheckpointStoredAsync(RelayDatabase database, string organisation, long size, CancellationToken cancellation) =>
        database.ExecuteAsync(
            "UPDATE ledger_checkpoints SET stored_us = relay_now_us() WHERE organisation = @organisation AND size = @size", new { organisation, size }, cancellation);
}

/// <summary>A complete subtree's root.</summary>
internal sealed class NodeRow
{
    public long Level { get; init; }

    public long Position { get; init; }

    public byte[] Hash { get; init; } = [];
}
