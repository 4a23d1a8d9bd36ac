using System.Security.Cryptography;
using System.Text.Json.Nodes;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Ledger;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Sessions;

/// <summary>Who orders the end of a session, and why. Both ids null: Relay itself, by a rule.</summary>
internal sealed record EndOrder(SessionEndReason Reason, string? Issuer = null, string? Subject = null, string Purpose = "");

/// <summary>An order that this replica has not obeyed yet.</summary>
internal sealed class WaitingOrder
{
    public string Organisation { get; init; } = "";

    public string Session { get; init; } = "";

    public string Reason { get; init; } = "";
}

/// <summary>
/// Ends sessions wherever they are carried: the order is a row, and the session's replica looks for rows of its own several times a second. The bus is not
/// asked, so that a session can be ended while the bus is down.
/// </summary>
internal sealed class SessionOrders(RelayDatabase database, LedgerStage ledger, TimeProvider time)
{
    private const int SaltBytes = 16;

    /// <summary>Orders the end in a transaction of its own. False: the session is over, or there is none.</summary>
    public Task<bool> EndAsync(string organisation, string session, EndOrder order, CancellationToken cancellation) =>
        database.TransactAsync(transaction => EndAsync(transaction, organisation, session, order), cancellation);

    /// <summary>
    /// Orders the end with whatever else the transaction writes. A session whose ticket is still out ends at once. False: the session is over, there is none,
    /// or its end was ordered before.
    /// </summary>
    public async Task<bool> EndAsync(RelayTransaction transaction, string organisation, string session, EndOrder order)
    {
        if (await SessionQueries.FindAsync(transaction, organisation, session) is not { EndedUs: null } row) return false;
        var now = time.GetUnixMicroseconds();
        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        var ordered = await transaction.ExecuteAsync(
            """
            INSERT INTO session_orders (organisation, session, replica, reason, issuer, subject, salt, purpose, ordered_us, obeyed_us)
            VALUES (@organisation, @session, @replica, @reason, @Issuer, @Subject, @salt, @Purpose, @now, @obeyed)
            ON CONFLICT (organisation, session) DO NOTHING
            """,
            new
            {
                organisation, session, replica = row.Replica ?? "", reason = order.Reason.Name(), order.Issuer, order.Subject, salt, order.Purpose, now,
                obeyed = row.Replica is null ? now : (long?)null,
            });
        if (ordered == 0) return false;
        await ledger.AddAsync(transaction, organisation, LedgerEventTypes.SessionEndOrdered, new JsonObject
        {
            ["session"] = session,
            ["reason"] = order.Reason.Name(),
            ["subject"] = order.Subject is null ? null : new JsonObject { ["issuer"] = order.Issuer, ["sub"] = order.Subject },
            ["purpose"] = order.Purpose.Length == 0 ? null : Digests.Commitment(salt, order.Purpose),
        });
        if (row.Replica is null) await EndUnredeemedAsync(transaction, row, order.Reason, now);
        return true;
    }

    /// <summary>What this replica has been told and not obeyed.</summary>
    public Task<IReadOnlyList<WaitingOrder>> WaitingAsync(string replica, CancellationToken cancellation) =>
        database.QueryAsync<WaitingOrder>(
            "SELECT organisation, session, reason FROM session_orders WHERE replica = @replica AND obeyed_us IS NULL", new { replica }, cancellation);

    /// <summary>The session is over.</summary>
    public Task<int> ObeyedAsync(WaitingOrder order, CancellationToken cancellation) =>
        database.ExecuteAsync(
            "UPDATE session_orders SET obeyed_us = relay_now_us() WHERE organisation = @Organisation AND session = @Session AND obeyed_us IS NULL",
            order,
            cancellation);

    private async Task EndUnredeemedAsync(RelayTransaction transaction, SessionRow row, SessionEndReason reason, long now)
    {
        var outcome = SessionOutcome.Of(reason, ErrorReason.SessionTerminated);
        if (await SessionQueries.EndedAsync(
            transaction, row.Organisation, row.Id, row.Epoch, SessionState.Failed, reason, outcome.Failure!.Value.Name(), outcome.Status, now))
            await ledger.AddAsync(transaction, row.Organisation, LedgerEventTypes.SessionEnded, SessionEvents.Ended(row, outcome, null, now));
    }
}
