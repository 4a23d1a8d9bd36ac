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
        await SessionQueries.FindAsync(database, organisation, session, cancellation) is { EndedUs: null, BreakGlass: false } row
            ? new ExtendableSession(row.Connection, row.ConnectionDigest, row.Issuer, row.Subject, row.UntilUs)
            : null;

    /// <inheritdoc cref="ExtendSession"/>
    public async Task<ExtensionRefusal> ExtendAsync(
        RelayTransaction transaction, string organisation, string session, string request, string connectionDigest, long untilUs)
    {
        if (await SessionQueries.FindAsync(transaction, organisation, session) is not { EndedUs: null } row) return ExtensionRefusal.SessionOver;
        var snapshot = connections.Snapshot;
        // What could not be opened now is not extended either.
        if (row.BreakGlass || snapshot.PoliciesInvalid(organisation) || row.ConnectionDigest != connectionDigest
            || snapshot.Find(organisation, row.Connection)?.Connection is not { } connection || connection.Digest != connectionDigest)
            return ExtensionRefusal.LimitReached;
        var policies = snapshot.PoliciesFor(connection);
        // An approval does not lift what a policy limits whoever approves.
        var until = SessionTerms.Extended(policies, row.OpenedUs, time.GetUtcNow(), untilUs);
        if (until <= row.UntilUs) return ExtensionRefusal.LimitReached;
        if (!await SessionTermsQueries.ExtendAsync(transaction, row, request, until)) return ExtensionRefusal.SessionOver;
        await ledger.AddAsync(transaction, organisation, LedgerEventTypes.SessionExtended, new JsonObject
        {
            ["session"] = session,
            ["request"] = request,
            ["previous_request"] = row.AccessRequest,
            ["approved_until_us"] = untilUs,
            ["until_us"] = until,
            ["previous_until_us"] = row.UntilUs,
            ["policies"] = new JsonArray([.. policies.Select(policy => new JsonObject { ["name"] = policy.Name, ["digest"] = policy.Digest })]),
        });
        return ExtensionRefusal.None;
    }

    /// <inheritdoc cref="IsSessionOver"/>
    public static async Task<bool> IsOverAsync(RelayTransaction transaction, string organisation, string session) =>
        await SessionQueries.FindAsync(transaction, organisation, session) is not { EndedUs: null };

    /// <inheritdoc cref="EndGrantedSessions"/>
    public async Task EndAsync(RelayTransaction transaction, string organisation, string request)
    {
        foreach (var session in await SessionTermsQueries.GrantedAsync(transaction, organisation, request))
            await orders.EndAsync(transaction, organisation, session, new EndOrder(SessionEndReason.ApprovalRevoked));
    }
}
