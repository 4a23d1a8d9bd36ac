using OpenOva.Relay.Connections.Policies;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Identity.Recheck;

namespace OpenOva.Relay.Access;

/// <summary>What the rules say.</summary>
/// <param name="Reason">The first rule that objected; <see cref="AccessReason.Admitted"/> where none did.</param>
/// <param name="Rule">The policy's rule that objected; null where it was one that holds without any policy.</param>
/// <param name="Terms">What the session is bound to; null unless admitted.</param>
internal sealed record AccessVerdict(AccessReason Reason, DecidingRule? Rule, SessionTerms? Terms)
{
    public bool IsAllowed => Reason == AccessReason.Admitted;
}

/// <summary>
/// Decides by what it is given alone: the same inputs give the same verdict. Rules are asked in order, and the first that objects decides; none objecting
/// admits. Of several policies with a rule of one kind every one must hold.
/// </summary>
internal static class AccessPolicy
{
    private static readonly (Func<AccessInputs, Objection?> Ask, bool AtOpeningOnly)[] Rules =
    [
        (i => If(i.Account == AccountState.Gone, AccessReason.AccountGone), false),
        (i => If(i.Account == AccountState.Disabled, AccessReason.AccountDisabled), false),
        (i => If(i.Account == AccountState.Unanswered, AccessReason.AccountUnanswered), false),
        (i => If(!i.IsOfOneOrganisation, AccessReason.OrganisationMismatch), false),
        (i => If(!i.HasOperatorRole, AccessReason.OperatorRoleMissing), false),
        (i => If(i.Connection == ConnectionStanding.Invalid, AccessReason.ConnectionInvalid), false),
        (i => If(i.Connection == ConnectionStanding.Unknown, AccessReason.ConnectionUnknown), false),
        (i => If(!i.BreakGlass && i.MatchedRoles.Count == 0, AccessReason.AudienceRoleMissing), false),
        (BreakGlass, false),
        (i => If(i.ArePoliciesInvalid, AccessReason.PolicyInvalid), true),
        (Duties, false),
        (Source, true),
        (Mfa, true),
        (Recording, true),
        (ChangeWindows.Ask, true),
        (Approvals.Ask, true),
        (Sessions, true),
    ];

    public static AccessDecision Decide(AccessQuestion question)
    {
        var inputs = AccessInputs.Of(question);
        return new AccessDecision(question.DecisionId, question.Caller.Organisation, question.Caller.Issuer, question.Caller.Subject, inputs, Evaluate(inputs))
        {
            RecheckOf = question.RecheckOf,
        };
    }

    public static AccessVerdict Evaluate(AccessInputs inputs)
    {
        foreach (var (ask, atOpeningOnly) in Rules)
        {
            if (atOpeningOnly && inputs.IsRecheck) continue;
            if (ask(inputs) is { } objection) return new AccessVerdict(objection.Reason, objection.Rule, null);
        }

        return new AccessVerdict(AccessReason.Admitted, null, SessionTerms.Of(inputs));
    }

    /// <summary>Whether the person's roles reach a connection at all, as a list shows it: the rules that need no moment.</summary>
    public static bool Reaches(Caller caller, Connections.Connection connection) =>
        caller.Organisation == connection.Organisation
        && caller.Has(CallerRoles.Operator)
        && connection.AudienceRoles.Any(caller.TokenRoles.Contains);

    private static Objection? If(bool objects, AccessReason reason) => objects ? new Objection(reason, null) : null;

    private static Objection? BreakGlass(AccessInputs inputs)
    {
        if (!inputs.BreakGlass) return null;
        var rules = PolicyRules.Of<PolicyRule.BreakGlass>(inputs.Policies).ToList();
        if (rules.Count == 0) return new Objection(AccessReason.BreakGlassNotAllowed, null);
        foreach (var (policy, rule) in rules)
        {
            if (!rule.Roles.Any(inputs.PolicyRoles.Contains)) return new Objection(AccessReason.BreakGlassNotAllowed, PolicyRules.Name(policy, rule));
        }

        return If(!inputs.IsReasoned && !inputs.IsRecheck, AccessReason.BreakGlassUnreasoned);
    }

    private static Objection? Duties(AccessInputs inputs) => First<PolicyRule.SeparationOfDuties>(
        inputs, AccessReason.DutyConflict, rule => rule.ConflictingRoles.Any(inputs.PolicyRoles.Contains));

    private static Objection? Source(AccessInputs inputs) => First<PolicyRule.SourceNetworks>(
        inputs, AccessReason.SourceNotAllowed, rule => !inputs.IsSourceKnown || !rule.Cidrs.Any(inputs.MatchedNetworks.Contains));

    private static Objection? Mfa(AccessInputs inputs)
    {
        foreach (var (policy, rule) in PolicyRules.Of<PolicyRule.MfaRequired>(inputs.Policies))
        {
            if (SignInStrength.Judge(inputs, rule) is var reason && reason != AccessReason.Admitted) return new Objection(reason, PolicyRules.Name(policy, rule));
        }

        return null;
    }

    // An emergency session is recorded whatever the connection says.
    private static Objection? Recording(AccessInputs inputs) => First<PolicyRule.RecordingRequired>(
        inputs, AccessReason.RecordingMissing, _ => !inputs.IsRecorded && !inputs.BreakGlass);

    private static Objection? Sessions(AccessInputs inputs) =>
        First<PolicyRule.SessionLimit>(inputs, AccessReason.PersonSessionLimit, rule => rule.PerPerson is { } most && !(inputs.Sessions?.OfPerson < most))
        ?? First<PolicyRule.SessionLimit>(inputs, AccessReason.ConnectionSessionLimit, rule => rule.PerConnection is { } most && !(inputs.Sessions?.OnConnection < most));

    private static Objection? First<T>(AccessInputs inputs, AccessReason reason, Func<T, bool> objects)
        where T : PolicyRule
    {
        foreach (var (policy, rule) in PolicyRules.Of<T>(inputs.Policies))
        {
            if (objects(rule)) return new Objection(reason, PolicyRules.Name(policy, rule));
        }

        return null;
    }
}

/// <summary>A rule's no.</summary>
internal sealed record Objection(AccessReason Reason, DecidingRule? Rule);
