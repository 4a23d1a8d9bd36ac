using System.Text;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Evidence.Stamps;

namespace OpenOva.Relay.Ledger.Stamps;

/// <summary>A stamp as it is kept.</summary>
internal sealed class StampRow
{
    public string Organisation { get; init; } = "";

    public long Size { get; init; }

    public string Jws { get; init; } = "";

    public long LeafIndex { get; init; }

    public long LeafCount { get; init; }

    public string Path { get; init; } = "";

    public byte[] Token { get; init; } = [];

    public long GenTimeUs { get; init; }

    public long StampedUs { get; init; }

    public LedgerStamp ToStamp() => new(
        Checkpoint.Parse(Encoding.ASCII.GetBytes(Jws), $"checkpoint {Size}"), LeafIndex, LeafCount,
        [.. Path.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(Convert.FromHexString)], Token);
}

/// <summary>The stamps' SQL.</summary>
internal static class StampQueries
{
    private const string Columns = "organisation, size, jws, leaf_index, leaf_count, path, token, gen_time_us, stamped_us";

    /// <summary>When the newest stamp was asked for; null: never.</summary>
    public static Task<long?> NewestAsync(RelayDatabase database, CancellationToken cancellation) =>
        database.ExecuteScalarAsync<long?>("SELECT MAX(stamped_us) FROM ledger_stamps", null, cancellation);

    /// <summary>Each organisation's newest head, where it is not stamped yet.</summary>
    public static Task<IReadOnlyList<CheckpointRow>> UnstampedHeadsAsync(RelayDatabase database, CancellationToken cancellation) =>
        database.QueryAsync<CheckpointRow>(
            """
            SELECT c.organisation, c.size, c.root, c.time_us, c.jws FROM ledger_checkpoints c
            WHERE c.size = (SELECT MAX(n.size) FROM ledger_checkpoints n WHERE n.organisation = c.organisation)
                AND NOT EXISTS (SELECT 1 FROM ledger_stamps s WHERE s.organisation = c.organisation AND s.size = c.size)
            """,
            null,
            cancellation);

    public static Task<int> InsertAsync(RelayTransaction transaction, StampRow row) => transaction.ExecuteAsync(
        $"INSERT INTO ledger_stamps ({Columns}) VALUES (@Organisation, @Size, @Jws, @LeafIndex, @LeafCount, @Path, @Token, @GenTimeUs, @StampedUs)", row);

    public static Task<IReadOnlyList<StampRow>> UnstoredAsync(RelayDatabase database, int most, CancellationToken cancellation) =>
        database.QueryAsync<StampRow>($"SELECT {Columns} FROM ledger_stamps WHERE stored_us IS NULL ORDER BY stamped_us, organisation LIMIT @most", new { most }, cancellation);

    public static Task<int> StoredAsync(RelayDatabase database, string organisation, long size, CancellationToken cancellation) => database.ExecuteAsync(
        "UPDATE ledger_stamps SET stored_us = relay_now_us() WHERE organisation = @organisation AND size = @size", new { organisation, size }, cancellation);

    /// <summary>Stamps over heads from one size to another, smallest first; at most so many.</summary>
    public static Task<IReadOnlyList<StampRow>> BetweenAsync(
        RelayDatabase database, string organisation, long from, long to, int most, CancellationToken cancellation) =>
        database.QueryAsync<StampRow>(
            $"SELECT {Columns} FROM ledger_stamps WHERE organisation = @organisation AND size >= @from AND size <= @to ORDER BY size LIMIT @most",
            new { organisation, from, to, most },
            cancellation);
}
