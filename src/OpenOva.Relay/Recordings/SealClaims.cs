using OpenOva.Relay.Database;

namespace OpenOva.Relay.Recordings;

/// <summary>The right to seal one recording, for a while.</summary>
internal sealed record SealClaim(string Organisation, string Session, string Holder, long Epoch);

/// <summary>Another replica seals this recording now: nothing is wrong, and there is nothing to do but look again.</summary>
internal sealed class SealClaimedException(string session) : Exception($"The recording of session {session} is being sealed by another replica.");

/// <summary>
/// Of several replicas that could seal a recording (its own, back again, and one that took over) one does. Judged by the database's clock alone; whoever
/// was overtaken learns it in the transaction that would note his seal.
/// </summary>
internal sealed class SealClaims(RelayDatabase database, ReplicaName replica)
{
    public static readonly TimeSpan Duration = TimeSpan.FromMinutes(2);
    private static readonly long DurationUs = Duration.Ticks / TimeSpan.TicksPerMicrosecond;

    /// <exception cref="SealClaimedException">Another one has it.</exception>
    public async Task<SealClaim> TakeAsync(string organisation, string session, CancellationToken cancellation)
    {
        // Of two workers of one replica, too, one seals: so its own claim is not given again while it runs.
        var epoch = await database.TransactAsync(
            transaction => transaction.ExecuteScalarAsync<long?>(
                """
                INSERT INTO recording_claims (organisation, session, holder, epoch, until_us) VALUES (@organisation, @session, @holder, 1, relay_now_us() + @DurationUs)
                ON CONFLICT (organisation, session) DO UPDATE SET holder = excluded.holder, epoch = recording_claims.epoch + 1, until_us = relay_now_us() + @DurationUs
                WHERE recording_claims.until_us <= relay_now_us()
                RETURNING epoch
                """,
                new { organisation, session, holder = replica.Instance, DurationUs }),
            cancellation);
        return epoch is { } taken ? new SealClaim(organisation, session, replica.Instance, taken) : throw new SealClaimedException(session);
    }

    public Task<int> RenewAsync(SealClaim claim, CancellationToken cancellation) =>
        database.ExecuteAsync(
            """
            UPDATE recording_claims SET until_us = relay_now_us() + @DurationUs
            WHERE organisation = @Organisation AND session = @Session AND holder = @Holder AND epoch = @Epoch AND until_us > relay_now_us()
            """,
            new { claim.Organisation, claim.Session, claim.Holder, claim.Epoch, DurationUs },
            cancellation);

    /// <summary>Guards the transaction that notes the seal.</summary>
    /// <exception cref="SealClaimedException">It was overtaken.</exception>
    public async Task GuardAsync(RelayTransaction transaction, SealClaim claim)
    {
        var share = database.Dialect == DatabaseDialect.Postgres ? " FOR SHARE" : "";
        var held = await transaction.ExecuteScalarAsync<long?>(
            $"""
            SELECT epoch FROM recording_claims
            WHERE organisation = @Organisation AND session = @Session AND epoch = @Epoch AND until_us > relay_now_us(){share}
            """,
            claim);
        if (held is null) throw new SealClaimedException(claim.Session);
    }

    public Task<int> ReleaseAsync(SealClaim claim, CancellationToken cancellation) =>
        database.ExecuteAsync(
            "UPDATE recording_claims SET until_us = 0 WHERE organisation = @Organisation AND session = @Session AND epoch = @Epoch", claim, cancellation);
}
