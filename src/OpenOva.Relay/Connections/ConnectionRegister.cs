using OpenOva.Relay.Database;

namespace OpenOva.Relay.Connections;

/// <summary>Tells whether a change is news to the ledger: every replica sees each change, and each start sees every connection added.</summary>
internal static class ConnectionRegister
{
    /// <summary>
    /// True where the change leaves the connection otherwise than the ledger was last told; stage the event in the same transaction then.
    /// A document that names no connection is always news.
    /// </summary>
    public static async Task<bool> IsNewsAsync(RelayTransaction transaction, ConnectionChange change)
    {
        if (change is not { Organisation: not null, Name: not null })
            return true;
        var parameters = new { change.Organisation, change.Name, change.Digest, Problem = change.Problem?.ToString() };
        var known = await transaction.QuerySingleOrDefaultAsync<Row>(
            "SELECT digest, problem FROM connection_register WHERE organisation = @Organisation AND name = @Name", parameters);
        if (known is not null && known.Digest == change.Digest && known.Problem == parameters.Problem)
            return false;
        if (known is null && change.Kind == ConnectionChangeKind.Removed)
            return false;
        await transaction.ExecuteAsync(
            """
            INSERT INTO connection_register (organisation, name, digest, problem, changed_us)
            VALUES (@Organisation, @Name, @Digest, @Problem, relay_now_us())
            ON CONFLICT (organisation, name) DO UPDATE
            SET digest = EXCLUDED.digest, problem = EXCLUDED.problem, changed_us = EXCLUDED.changed_us
            """,
            parameters);
        return true;
    }

    private sealed class Row
    {
        public string? Digest { get; init; }
        public string? Problem { get; init; }
    }
}
