using OpenOva.Relay.Database;

namespace OpenOva.Relay.Ledger.Exports;

/// <summary>What there is of an organisation's ledger, and what of it has arrived at one exporter's end.</summary>
internal sealed class ExportRow
{
    public string Organisation { get; init; } = "";

    /// <summary>Leaves that are numbered.</summary>
    public long Size { get; init; }

    /// <summary>Leaves under the newest head; zero: there is none.</summary>
    public long NewestHead { get; init; }

    public long NextSeq { get; init; }

    public long HeadSize { get; init; }

    public ExportPosition Position => new(NextSeq, HeadSize);
}

/// <summary>The exporters' SQL.</summary>
internal static class ExportQueries
{
    public static Task<IReadOnlyList<ExportRow>> PositionsAsync(RelayDatabase database, string exporter, CancellationToken cancellation) =>
        database.QueryAsync<ExportRow>(
            """
            SELECT h.organisation, h.size, COALESCE(e.next_seq, 0) AS next_seq, COALESCE(e.head_size, 0) AS head_size,
                COALESCE((SELECT MAX(c.size) FROM ledger_checkpoints c WHERE c.organisation = h.organisation), 0) AS newest_head
            FROM ledger_heads h LEFT JOIN ledger_exports e ON e.organisation = h.organisation AND e.exporter = @exporter
            ORDER BY h.organisation
            """,
            new { exporter },
            cancellation);

    /// <summary>Heads above one size and up to another, smallest first.</summary>
    public static Task<IReadOnlyList<CheckpointRow>> HeadsAsync(
        RelayDatabase database, string organisation, long above, long upTo, int most, CancellationToken cancellation) =>
        database.QueryAsync<CheckpointRow>(
            """
            SELECT organisation, size, root, time_us, jws FROM ledger_checkpoints
            WHERE organisation = @organisation AND size > @above AND size <= @upTo ORDER BY size LIMIT @most
            """,
            new { organisation, above, upTo, most },
            cancellation);

    public static Task<long> HeadsAboveAsync(RelayDatabase database, string organisation, long above, CancellationToken cancellation) =>
        database.ExecuteScalarAsync<long>(
            "SELECT COUNT(*) FROM ledger_checkpoints WHERE organisation = @organisation AND size > @above", new { organisation, above }, cancellation);

    /// <summary>When the oldest of the heads above a size was signed; null: there is none.</summary>
    public static Task<long?> HeadTimeAsync(RelayDatabase database, string organisation, long above, CancellationToken cancellation) =>
        database.ExecuteScalarAsync<long?>(
            "SELECT MIN(time_us) FROM ledger_checkpoints WHERE organisation = @organisation AND size > @above", new { organisation, above }, cancellation);

    /// <summary>When a leaf's event was caused; null: there is no such leaf.</summary>
    public static Task<long?> LeafTimeAsync(RelayDatabase database, string organisation, long seq, CancellationToken cancellation) =>
        database.ExecuteScalarAsync<long?>(
            "SELECT time_us FROM ledger_leaves WHERE organisation = @organisation AND seq = @seq", new { organisation, seq }, cancellation);

    public static Task<int> MoveAsync(RelayTransaction transaction, string exporter, string organisation, ExportPosition to) => transaction.ExecuteAsync(
        """
        INSERT INTO ledger_exports (exporter, organisation, next_seq, head_size, moved_us) VALUES (@exporter, @organisation, @next, @head, relay_now_us())
        ON CONFLICT (exporter, organisation) DO UPDATE SET next_seq = excluded.next_seq, head_size = excluded.head_size, moved_us = excluded.moved_us
        """,
        new { exporter, organisation, next = to.NextSequence, head = to.HeadSize });
}
