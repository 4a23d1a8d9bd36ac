using OpenOva.Relay.Identity;
using OpenOva.Relay.Identity.Recheck;

namespace OpenOva.Relay.Access;

/// <summary>
/// Decides by claims, connection, organisation and clock alone: the same request gives the same decision. Rules are asked in order, and
/// the first that objects decides; none objecting admits.
/// </summary>
internal static class AccessPolicy
{
    private static readonly (AccessReason Objection, Func<AccessRequest, bool> Holds)[] Rules =
    [
        (AccessReason.AccountGone, request => request.Account != AccountState.Gone),
        (AccessReason.AccountDisabled, request => request.Account != AccountState.Disabled),
        (AccessReason.AccountUnanswered, request => request.Account != AccountState.Unanswered),
        (AccessReason.OrganisationMismatch, IsOfTheSameOrganisation),
        (AccessReason.OperatorRoleMissing, request => request.Caller.Has(CallerRoles.Operator)),
        (AccessReason.ConnectionInvalid, request => !request.IsDeclaredInvalid),
        (AccessReason.ConnectionUnknown, request => request.Connection is not null),
        (AccessReason.AudienceRoleMissing, request => request.Connection!.AudienceRoles.Any(request.Caller.TokenRoles.Contains)),
        // There is no way to approve yet: a connection that names approvers opens for nobody rather than for everybody.
        (AccessReason.ApprovalMissing, request => request.Connection!.Jit is not { RequiredApprovers.Length: > 0 }),
    ];

    public static AccessDecision Decide(AccessRequest request)
    {
        var objection = Rules.FirstOrDefault(rule => !rule.Holds(request)).Objection;
        return new AccessDecision(
            request.DecisionId, Allowed: objection == AccessReason.Admitted, objection, request.Caller.Organisation,
            request.Caller.Issuer, request.Caller.Subject, AccessInputs.Of(request)) { RecheckOf = request.RecheckOf };
    }

    /// <summary>Whether the person's roles reach a connection at all, as a list shows it: the rules that need no moment.</summary>
    public static bool Reaches(Caller caller, Connections.Connection connection) =>
        caller.Organisation == connection.Organisation
        && caller.Has(CallerRoles.Operator)
        && connection.AudienceRoles.Any(caller.TokenRoles.Contains);

    private static bool IsOfTheSameOrganisation(AccessRequest request) =>
        request.Caller.Organisation == request.Organisation
        && (request.Connection is null || request.Connection.Organisation == request.Organisation)
        && (request.Gateway is null || request.Gateway.Organisation == request.Organisation);
}
