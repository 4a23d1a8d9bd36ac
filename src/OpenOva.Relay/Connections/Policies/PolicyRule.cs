using System.Collections.Immutable;

namespace OpenOva.Relay.Connections.Policies;

/// <summary>One rule of an <see cref="EnvironmentPolicy"/>. Where several policies have a rule of one kind, every one of them must hold.</summary>
internal abstract record PolicyRule
{
    private PolicyRule()
    {
    }

    /// <summary><c>kind</c> as declared.</summary>
    public abstract string Kind { get; }

    /// <summary><c>recording-required</c>: nobody opens an unrecorded session.</summary>
    internal sealed record RecordingRequired : PolicyRule
    {
        public override string Kind => "recording-required";
    }

    /// <summary><c>change-window</c>: sessions are opened within one of these windows only, and end with it.</summary>
    /// <param name="Windows">At least one.</param>
    internal sealed record ChangeWindow(ImmutableArray<RecurringWindow> Windows) : PolicyRule
    {
        public override string Kind => "change-window";
    }

    /// <summary>
    /// <c>mfa-required</c>: the sign-in used several factors, by the issuer's claims: an <c>acr</c> of the list, or an <c>amr</c> of the list, or <c>amr</c> values of
    /// at least two factor classes. A token without either claim is refused, and so is one without <c>auth_time</c> where an age is set.
    /// </summary>
    /// <param name="MappingVersion">Names this mapping of claims in decisions and reports.</param>
    /// <param name="Acr">Values that mean several factors.</param>
    /// <param name="Amr">Values (RFC 8176) that mean several factors by themselves, such as <c>mfa</c>.</param>
    /// <param name="Factors">By factor class (<c>know</c>, <c>have</c>, <c>are</c>) the <c>amr</c> values that are of it.</param>
    /// <param name="MaxAgeMinutes">How long ago <c>auth_time</c> may be; null: not asked.</param>
    internal sealed record MfaRequired(
        string MappingVersion, ImmutableArray<string> Acr, ImmutableArray<string> Amr, ImmutableSortedDictionary<string, ImmutableArray<string>> Factors,
        int? MaxAgeMinutes) : PolicyRule
    {
        public override string Kind => "mfa-required";
    }

    /// <summary><c>max-duration</c>: a session is cut after this long, counted from its opening.</summary>
    /// <param name="Minutes">1 to 10,080 (a week).</param>
    internal sealed record MaxDuration(int Minutes) : PolicyRule
    {
        public override string Kind => "max-duration";
    }

    /// <summary><c>idle-limit</c>: a session whose person types, clicks and pastes nothing for this long is cut; he is warned before.</summary>
    /// <param name="Minutes">1 to 1,440.</param>
    /// <param name="WarnSeconds">How long before the cut the warning comes; 1 to half of the limit, default 60 or half of the limit.</param>
    internal sealed record IdleLimit(int Minutes, int WarnSeconds) : PolicyRule
    {
        public override string Kind => "idle-limit";
    }

    /// <summary><c>source-networks</c>: the person's address is in one of these.</summary>
    /// <param name="Cidrs">IPv4 and IPv6 prefixes, such as <c>10.0.0.0/8</c>; at least one.</param>
    internal sealed record SourceNetworks(ImmutableArray<string> Cidrs) : PolicyRule
    {
        public override string Kind => "source-networks";
    }

    /// <summary><c>separation-of-duties</c>: who has one of these roles does not open these connections.</summary>
    /// <param name="ConflictingRoles">Keycloak role names, sorted; at least one.</param>
    internal sealed record SeparationOfDuties(ImmutableArray<string> ConflictingRoles) : PolicyRule
    {
        public override string Kind => "separation-of-duties";
    }

    /// <summary><c>session-limit</c>: how many sessions may be open at a time.</summary>
    /// <param name="PerPerson">By one person, through whichever account and on whichever connection of the organisation; null: not limited.</param>
    /// <param name="PerConnection">On one connection, by anybody; null: not limited.</param>
    internal sealed record SessionLimit(int? PerPerson, int? PerConnection) : PolicyRule
    {
        public override string Kind => "session-limit";
    }

    /// <summary><c>approval-required</c>: a session needs a request that others have approved.</summary>
    /// <param name="Approvers">How many persons must approve; 1 to 5.</param>
    /// <param name="Roles">
    /// Keycloak role names, sorted: the approval of who has <c>relay-approver</c> and one of them counts for this rule. Empty: of who has any approver role that the
    /// connection's <c>jit.requiredApprovers</c> or another rule names, and if there is none, of everyone who has <c>relay-approver</c>.
    /// </param>
    internal sealed record ApprovalRequired(int Approvers, ImmutableArray<string> Roles) : PolicyRule
    {
        public override string Kind => "approval-required";
    }

    /// <summary>
    /// <c>break-glass</c>: who has <c>relay-operator</c> and one of these roles may open a session in an emergency without approval, outside change windows, and
    /// without an audience role: recorded whatever the connection says, and reviewed afterwards.
    /// </summary>
    /// <param name="Roles">Keycloak role names, sorted; at least one.</param>
    /// <param name="MaxMinutes">After which such a session is cut; 1 to 1,440.</param>
    internal sealed record BreakGlass(ImmutableArray<string> Roles, int MaxMinutes) : PolicyRule
    {
        public override string Kind => "break-glass";
    }
}

/// <summary>A window that begins at each time of a cron expression.</summary>
/// <param name="Cron">Five fields: minute, hour, day of month, month, day of week.</param>
/// <param name="Minutes">How long it is open; 1 to 10,080.</param>
/// <param name="TimeZone">An IANA name; the expression is of local time there.</param>
internal sealed record RecurringWindow(string Cron, int Minutes, string TimeZone);
