using System.Security.Cryptography;
using System.Text.Json.Nodes;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Ledger;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Sessions;

/// <summary>An order to lock or unlock that this replica has not obeyed yet.</summary>
internal sealed class WaitingLock
{
    public string Organisation { get; init; } = "";

    public string Session { get; init; } = "";

    public bool Locked { get; init; }

    public long OrderedUs { get; init; }
}

/// <summary>Locks sessions wherever they are carried, by rows as <see cref="SessionOrders"/> ends them.</summary>
internal sealed class SessionLocks(RelayDatabase database, LedgerStage ledger)
{
    private const int SaltBytes = 16;

    /// <summary>Orders a lock, or its end. Nothing happens where the session is so already.</summary>
    /// <exception cref="RelayException">WRONG_STATE: nobody carries the session.</exception>
    public Task OrderAsync(string organisation, string session, bool locked, Caller by, string purpose, CancellationToken cancellation) => database.TransactAsync(
        async transaction =>
        {
            if (await SessionQueries.FindAsync(transaction, organisation, session) is not { EndedUs: null, Replica: { } replica } row) throw new RelayException(ErrorReason.WrongState);
            if (row.Locked == locked) return;
            var salt = RandomNumberGenerator.GetBytes(SaltBytes);
            await transaction.ExecuteAsync("UPDATE sessions SET locked = @locked WHERE organisation = @organisation AND id = @session", new { organisation, session, locked });
            await transaction.ExecuteAsync(
                """
                INSERT INTO session_locks (organisation, session, replica, locked, salt, purpose, ordered_us, seen)
                VALUES (@organisation, @session, @replica, @locked, @salt, @purpose, @ordered, FALSE)
                """,
                new { organisation, session, replica, locked, salt, purpose, ordered = await NextAsync(transaction, organisation, session) });
            await ledger.AddAsync(transaction, organisation, LedgerEventTypes.SessionLocked, new JsonObject
            {
                ["session"] = session,
                ["locked"] = locked,
                ["subject"] = new JsonObject { ["issuer"] = by.Issuer, ["sub"] = by.Subject },
                ["purpose"] = Digests.Commitment(salt, purpose),
            });
        },
        cancellation);

    // The replica obeys in this order, so no clock that differs from another replica's, or was set back, may turn it round.
    private static Task<long> NextAsync(RelayTransaction transaction, string organisation, string session) => transaction.ExecuteScalarAsync<long>(
        """
        SELECT CASE WHEN last_us >= relay_now_us() THEN last_us + 1 ELSE relay_now_us() END
        FROM (SELECT COALESCE(MAX(ordered_us), 0) AS last_us FROM session_locks WHERE organisation = @organisation AND session = @session) l
        """,
        new { organisation, session });

    /// <summary>What this replica has been told and not obeyed, in the order it was told.</summary>
    public Task<IReadOnlyList<WaitingLock>> WaitingAsync(string replica, CancellationToken cancellation) =>
        database.QueryAsync<WaitingLock>(
            "SELECT organisation, session, locked, ordered_us FROM session_locks WHERE replica = @replica AND NOT seen ORDER BY ordered_us", new { replica }, cancellation);

    public Task<int> SeenAsync(WaitingLock order, CancellationToken cancellation) =>
        database.ExecuteAsync(
            "UPDATE session_locks SET seen = TRUE WHERE organisation = @Organisation AND session = @Session AND ordered_us = @OrderedUs", order, cancellation);
}
