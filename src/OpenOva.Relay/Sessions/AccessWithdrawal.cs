using OpenOva.Relay.Access;
using OpenOva.Relay.Connections;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Identity.Recheck;
using OpenOva.Relay.Ledger;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Sessions;

/// <summary>Decides on a live session again, by the policy that opened it, and ends it where that denies. Only a denial is ledgered.</summary>
internal sealed class AccessWithdrawal(
    RelayDatabase database, LedgerStage ledger, ConnectionCatalog connections, SessionOrders orders, TimeProvider time, ILogger<AccessWithdrawal> logger)
{
    /// <summary>True: the session's end is ordered. False: it may go on, or its end was ordered before.</summary>
    public async Task<bool> DecideAgainAsync(SessionRow session, AccountStanding standing, CancellationToken cancellation)
    {
        var decision = AccessPolicy.Decide(Question(session, standing));
        if (decision.Allowed) return false;
        var ordered = await database.TransactAsync(
            async transaction =>
            {
                // Made before the order's, so that it stands before it in the ledger.
                var decided = ledger.NextId();
                if (!await orders.EndAsync(transaction, session.Organisation, session.Id, new EndOrder(SessionEndReason.AccessWithdrawn))) return false;
                await ledger.AddAsync(transaction, session.Organisation, LedgerEventTypes.AccessDecided, decision.ToLedgerData(), decided);
                return true;
            },
            cancellation);
        if (ordered) logger.AccessWithdrawn(session.Id, decision.Reason.Name());
        return ordered;
    }

    private AccessQuestion Question(SessionRow session, AccountStanding standing)
    {
        var now = time.GetUtcNow();
        var snapshot = connections.Snapshot;
        var caller = new Caller
        {
            Organisation = session.Organisation,
            Issuer = session.Issuer,
            Subject = session.Subject,
            Roles = standing.Roles,
            TokenRoles = standing.TokenRoles,
            Acr = session.Acr,
            AuthenticatedAt = session.AuthenticatedUs is { } at ? RowClock.FromUnixMicroseconds(at) : null,
            Expires = now,
        };
        var gateway = session.GatewayClient is null ? null : new Caller
        {
            Organisation = session.Organisation,
            Issuer = session.Issuer,
            Subject = "",
            Roles = CallerRoles.Gateway,
            TokenRoles = [],
            ClientId = session.GatewayClient,
            Expires = now,
        };
        var connection = snapshot.Find(session.Organisation, session.Connection)?.Connection;
        return new AccessQuestion(
            Guid.CreateVersion7(now), caller, gateway, session.Organisation, session.Connection, connection,
            snapshot.IsInvalid(session.Organisation, session.Connection), now)
        {
            Policies = connection is null ? [] : snapshot.PoliciesFor(connection),
            BreakGlass = session.BreakGlass,
            Account = standing.State,
            RecheckOf = session.Id,
        };
    }
}
