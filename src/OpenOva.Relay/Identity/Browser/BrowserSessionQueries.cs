using OpenOva.Relay.Database;

namespace OpenOva.Relay.Identity.Browser;

/// <summary>A browser's sign-in.</summary>
internal sealed class BrowserSessionRow
{
    public string Id { get; init; } = "";

    public string Organisation { get; init; } = "";

    public string Issuer { get; init; } = "";

    public string Subject { get; init; } = "";

    public string SidSha256 { get; init; } = "";

    public byte[] Sealed { get; init; } = [];

    public long Version { get; init; }

    public long CreatedUs { get; init; }

    public long SeenUs { get; init; }

    public long ExpiresUs { get; init; }

    public override string ToString() => $"{Issuer}#{Subject}";
}

/// <summary>The browser sign-ins' SQL.</summary>
internal static class BrowserSessionQueries
{
    private const string Columns = "id, organisation, issuer, subject, sid_sha256, sealed, version, created_us, seen_us, expires_us";

    /// <summary>Also forgets those that are over.</summary>
    public static async Task InsertAsync(RelayTransaction transaction, BrowserSessionRow row)
    {
        await transaction.ExecuteAsync("DELETE FROM browser_sessions WHERE expires_us <= relay_now_us()");
        await transaction.ExecuteAsync(
            $"INSERT INTO browser_sessions ({Columns}) VALUES (@Id, @Organisation, @Issuer, @Subject, @SidSha256, @Sealed, @Version, @CreatedUs, @SeenUs, @ExpiresUs)", row);
    }

    public static Task<BrowserSessionRow?> FindAsync(RelayDatabase database, string id, long nowUs, long idleUs, CancellationToken cancellation) =>
        database.QuerySingleOrDefaultAsync<BrowserSessionRow>(
            $"SELECT {Columns} FROM browser_sessions WHERE id = @id AND expires_us > @nowUs AND seen_us > @nowUs - @idleUs", new { id, nowUs, idleUs }, cancellation);

    public static Task SeenAsync(RelayTransaction transaction, string id, long nowUs) =>
        transaction.ExecuteAsync("UPDATE browser_sessions SET seen_us = @nowUs WHERE id = @id AND seen_us < @nowUs", new { id, nowUs });

    /// <summary>False: another call has refreshed it meanwhile.</summary>
    public static async Task<bool> RefreshedAsync(RelayTransaction transaction, string id, long version, byte[] sealedTokens) =>
        await transaction.ExecuteAsync(
            "UPDATE browser_sessions SET sealed = @sealedTokens, version = version + 1 WHERE id = @id AND version = @version", new { id, version, sealedTokens }) == 1;

    /// <summary>Ends it where it is still what the caller knows of it.</summary>
    public static Task DeleteAsync(RelayTransaction transaction, string id, long version) =>
        transaction.ExecuteAsync("DELETE FROM browser_sessions WHERE id = @id AND version = @version", new { id, version });

    public static Task DeleteAsync(RelayTransaction transaction, string id) =>
        transaction.ExecuteAsync("DELETE FROM browser_sessions WHERE id = @id", new { id });
}
