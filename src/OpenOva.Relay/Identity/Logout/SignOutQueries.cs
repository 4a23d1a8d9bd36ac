using OpenOva.Relay.Database;

namespace OpenOva.Relay.Identity.Logout;

/// <summary>The sign-outs' SQL.</summary>
internal static class SignOutQueries
{
    /// <summary>False: the logout token was taken before.</summary>
    public static async Task<bool> InsertAsync(RelayTransaction transaction, SignOut signOut)
    {
        await transaction.ExecuteAsync("DELETE FROM sign_outs WHERE expires_us <= relay_now_us()");
        return await transaction.ExecuteAsync(
            """
            INSERT INTO sign_outs (issuer, jti_sha256, organisation, subject, sid_sha256, before_us, noted_us, expires_us)
            VALUES (@Issuer, @JtiSha256, @Organisation, @Subject, @SidSha256, @BeforeUs, relay_now_us(), @ExpiresUs)
            ON CONFLICT (issuer, jti_sha256) DO NOTHING
            """,
            signOut) == 1;
    }

    /// <summary>Those noted since, by the database's clock.</summary>
    public static Task<IReadOnlyList<SignOut>> SinceAsync(RelayDatabase database, long sinceUs, CancellationToken cancellation) =>
        database.QueryAsync<SignOut>(
            """
            SELECT issuer, jti_sha256, organisation, subject, sid_sha256, before_us, noted_us, expires_us FROM sign_outs
            WHERE noted_us >= @sinceUs AND expires_us > relay_now_us()
            """,
            new { sinceUs },
            cancellation);

    /// <summary>
    /// Whether the caller was signed out meanwhile: for a transaction that gives him something, because its token was checked before and a
    /// sign-out may have come between.
    /// </summary>
    public static async Task<bool> RefusesAsync(RelayTransaction transaction, Caller caller) =>
        await transaction.ExecuteScalarAsync<long>(
            """
            SELECT COUNT(*) FROM sign_outs WHERE issuer = @Issuer AND expires_us > relay_now_us()
            AND ((sid_sha256 <> '' AND sid_sha256 = @sid) OR (subject = @Subject AND before_us >= @issuedUs AND (sid_sha256 = '' OR @sid = '')))
            """,
            new
            {
                caller.Issuer, caller.Subject, sid = caller.SessionId is { } sid ? SignOut.HashOf(sid) : "", issuedUs = caller.IssuedAt.ToUnixMicroseconds(),
            }) > 0;
}
