namespace OpenOva.Relay.Database;

/// <summary>A lease as its holder knows it. The epoch is part of every key and row that the holder writes.</summary>
internal sealed record Lease(string Name, string Holder, long Epoch);

/// <summary>
/// Named leases with fencing epochs. An epoch is never used by two holders nor twice by one: each acquisition after a lapse or a release
/// raises it. Lapse is judged by one clock only, the database's (<c>relay_now_us()</c>), within the statement that takes the lease: the clocks of
/// replicas do not matter. (SQLite serves one machine, so there it is the process's injected clock.) A holder must still stop by itself when
/// it has not renewed in time, measured from before its last successful call; the epoch in its writes fences what it does too late.
/// </summary>
internal sealed class Leases(RelayDatabase database)
{
    /// <summary>
    /// Takes the lease when it is free or lapsed, for <paramref name="duration"/>; the same holder keeps its epoch while its lease runs.
    /// Null when somebody else holds it. <paramref name="holder"/> must be unique to a process's life, not to a host's name.
    /// </summary>
    public async Task<Lease?> TryAcquireAsync(string name, string holder, TimeSpan duration, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(holder);
        var epoch = await database.TransactAsync(
            transaction => transaction.ExecuteScalarAsync<long?>(
                """
                INSERT INTO leases (name, holder, epoch, until_us) VALUES (@name, @holder, 1, relay_now_us() + @duration)
                ON CONFLICT (name) DO UPDATE SET
                    epoch = CASE WHEN leases.holder = excluded.holder AND leases.until_us > relay_now_us() THEN leases.epoch ELSE leases.epoch + 1 END,
                    holder = excluded.holder,
                    until_us = relay_now_us() + @duration
                WHERE leases.holder = excluded.holder OR leases.until_us <= relay_now_us()
                RETURNING epoch
                """,
                new { name, holder, duration = Microseconds(duration) }),
            cancellation);
        return epoch is { } held ? new Lease(name, holder, held) : null;
    }

    /// <summary>
    /// Extends the lease from now. False when it has lapsed, was released or is another's: its work is to be stopped. A lapsed lease is not
    /// renewed even if nobody took it: acquire it again, under a new epoch.
    /// </summary>
    public async Task<bool> RenewAsync(Lease lease, TimeSpan duration, CancellationToken cancellation = default) =>
        await database.ExecuteAsync(
            """
            UPDATE leases SET until_us = relay_now_us() + @duration
            WHERE name = @Name AND holder = @Holder AND epoch = @Epoch AND until_us > relay_now_us()
            """,
            new { lease.Name, lease.Holder, lease.Epoch, duration = Microseconds(duration) },
            cancellation) == 1;

    /// <summary>
    /// Extends a lease that has lapsed while the database could not be asked. False when somebody took it meanwhile: its work is to be stopped.
    /// </summary>
    public async Task<bool> ReclaimAsync(Lease lease, TimeSpan duration, CancellationToken cancellation = default) =>
        await database.ExecuteAsync(
            "UPDATE leases SET until_us = relay_now_us() + @duration WHERE name = @Name AND holder = @Holder AND epoch = @Epoch",
            new { lease.Name, lease.Holder, lease.Epoch, duration = Microseconds(duration) },
            cancellation) == 1;

    /// <summary>Gives the lease up at once; false when it was no longer held. The epoch is kept, so that the next one is higher.</summary>
    public async Task<bool> ReleaseAsync(Lease lease, CancellationToken cancellation = default) =>
        await database.ExecuteAsync(
            "UPDATE leases SET holder = '', until_us = relay_now_us() WHERE name = @Name AND holder = @Holder AND epoch = @Epoch", lease, cancellation) == 1;

    /// <summary>Gives up every lease of a holder that is known to be dead; returns how many.</summary>
    public Task<int> ReleaseAllAsync(string holder, CancellationToken cancellation = default) =>
        database.ExecuteAsync("UPDATE leases SET holder = '', until_us = relay_now_us() WHERE holder = @holder", new { holder }, cancellation);

    /// <summary>
    /// Guards a write: true when the lease is held under this epoch and has not lapsed. Until the transaction ends nobody can take it,
    /// so that what is written in the transaction is the holder's.
    /// </summary>
    public async Task<bool> HoldsAsync(RelayTransaction transaction, string name, long epoch)
    {
        // The row lock is what fences on PostgreSQL; on SQLite the transaction is the only writer.
        var share = database.Dialect == DatabaseDialect.Postgres ? " FOR SHARE" : "";
        return await transaction.ExecuteScalarAsync<long?>(
            $"SELECT epoch FROM leases WHERE name = @name AND epoch = @epoch AND until_us > relay_now_us(){share}", new { name, epoch }) is not null;
    }

    /// <summary>The lease's epoch and when it lapses, or null when it was never taken. <c>Lapsed</c> by the database's clock.</summary>
    public Task<LeaseState?> FindAsync(string name, CancellationToken cancellation = default) =>
        database.QuerySingleOrDefaultAsync<LeaseState>(
            "SELECT name, holder, epoch, until_us, relay_now_us() AS now_us FROM leases WHERE name = @name", new { name }, cancellation);

    private static long Microseconds(TimeSpan duration)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(duration, TimeSpan.Zero);
        return duration.Ticks / TimeSpan.TicksPerMicrosecond;
    }
}

/// <summary>A lease's row, read with the database's clock.</summary>
internal sealed class LeaseState
{
    public string Name { get; init; } = "";

    /// <summary>Empty after a release.</summary>
    public string Holder { get; init; } = "";

    public long Epoch { get; init; }

    public long UntilUs { get; init; }

    public long NowUs { get; init; }

    public bool Lapsed => UntilUs <= NowUs;
}
