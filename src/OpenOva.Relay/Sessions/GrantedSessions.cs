using System.Text.Json.Nodes;
using OpenOva.Relay.Access;
using OpenOva.Relay.Access.Requests;
using OpenOva.Relay.Connections;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Ledger;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Sessions;

/// <summary>What becomes of live sessions when the approval they rest on is extended or taken back.</summary>
internal sealed class GrantedSessions(RelayDatabase database, LedgerStage ledger, ConnectionCatalog connections, SessionOrders orders, TimeProvider time)
{
    /// <inheritdoc cref="FindExtendableSession"/>
    public async Task<ExtendableSession?> FindAsync(string organisation, string session, CancellationToken cancellation) =>
        await SessionQueries.FindAsync(database, organisation, session, cancellation) is { EndedUs: null } row
            ? new ExtendableSession(row.Connection, row.Issuer, row.Subject, row.UntilUs)
            : null;

    /// <inheritdoc cref="ExtendSession"/>
    public async Task<bool> ExtendAsync(RelayTransaction transaction, string organisation, string session, string request, long untilUs)
    {
        if (await SessionQueries.FindAsync(transaction, organisation, session) is not { EndedUs: null } row) return false;
        var snapshot = connections.Snapshot;
        var policies = snapshot.Find(organisation, row.Connection)?.Connection is { } connection ? snapshot.PoliciesFor(connection) : [];
        // An approval does not lift what a policy limits whoever approves.
        var until = SessionTerms.Extended(policies, row.OpenedUs, time.GetUtcNow(), untilUs);
        if (until <= row.UntilUs || !await SessionTermsQueries.ExtendAsync(transaction, row, request, until)) return false;
        await ledger.AddAsync(transaction, organisation, LedgerEventTypes.SessionExtended, new JsonObject
        {
            ["session"] = session,
            ["request"] = request,
            ["previous_request"] = row.AccessRequest,
            ["until_us"] = until,
            ["previous_until_us"] = row.UntilUs,
            ["policies"] = new JsonArray([.. policies.Select(policy => new JsonObject { ["name"] = policy.Name, ["digest"] = policy.Digest })]),
        });
        return true;
    }

    /// <inheritdoc cref="EndGrantedSessions"/>
    public async Task EndAsync(RelayTransaction transaction, string organisation, string request)
    {
        foreach (var session in await SessionTermsQueries.GrantedAsync(transaction, organisation, request))
            await orders.EndAsync(transaction, organisation, session, new EndOrder(SessionEndReason.ApprovalRevoked));
    }
}
