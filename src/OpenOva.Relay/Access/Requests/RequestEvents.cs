using System.Text.Json.Nodes;
using OpenOva.Relay.Connections.Policies;
using OpenOva.Relay.Identity;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Access.Requests;

/// <summary>The data of the requests' ledger events.</summary>
internal static class RequestEvents
{
    public static JsonObject Requested(
        RequestRow row, IEnumerable<string> approverRoles, IEnumerable<EnvironmentPolicy> policies, string reason, string? ticketReference, TicketStanding ticket) => new()
    {
        ["request"] = row.Id,
        ["connection"] = new JsonObject { ["name"] = row.Connection, ["digest"] = row.ConnectionDigest },
        ["subject"] = Person(row.Issuer, row.Subject),
        ["from_us"] = row.FromUs,
        ["until_us"] = row.UntilUs,
        ["expires_us"] = row.ExpiresUs,
        ["approvers_needed"] = row.ApproversNeeded,
        ["approver_roles"] = Strings(approverRoles),
        ["policies"] = new JsonArray([.. policies.Select(policy => new JsonObject { ["name"] = policy.Name, ["digest"] = policy.Digest })]),
        ["extends_session"] = row.ExtendsSession,
        ["reason"] = reason,
        ["ticket_reference"] = ticketReference,
        ["ticket"] = new JsonObject { ["checked_us"] = ticket.CheckedUs, ["state"] = ticket.CheckedUs is null ? null : ticket.State },
    };

    public static JsonObject Decided(
        RequestRow row, Caller approver, AccessRequestVerdict verdict, IEnumerable<string> matchedRoles, long approvals, long needed, AccessRequestState state, string? comment) => new()
    {
        ["request"] = row.Id,
        ["verdict"] = verdict.Name(),
        ["subject"] = Person(approver.Issuer, approver.Subject),
        ["matched_roles"] = Strings(matchedRoles),
        ["approvals"] = approvals,
        ["approvers_needed"] = needed,
        ["state"] = state.Name(),
        ["comment"] = comment,
    };

    /// <summary>Somebody was not allowed to decide.</summary>
    public static JsonObject DecisionRefused(RequestRow row, Caller caller, string reason) => new()
    {
        ["request"] = row.Id,
        ["subject"] = Person(caller.Issuer, caller.Subject),
        ["reason"] = reason,
    };

    /// <param name="by">Null: its time was over.</param>
    public static JsonObject Closed(RequestRow row, AccessRequestState state, Caller? by, string? reason) => new()
    {
        ["request"] = row.Id,
        ["state"] = state.Name(),
        ["subject"] = by is null ? null : Person(by.Issuer, by.Subject),
        ["reason"] = reason,
    };

    private static JsonObject Person(string issuer, string subject) => new() { ["issuer"] = issuer, ["sub"] = subject };

    private static JsonArray Strings(IEnumerable<string> values) => new([.. values.Select(value => JsonValue.Create(value))]);
}
