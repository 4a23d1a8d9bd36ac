namespace OpenOva.Relay.Access;

/// <summary>The rule that decided. The ledger keeps the names: values only grow.</summary>
internal enum AccessReason
{
    /// <summary>No rule objected.</summary>
    Admitted = 0,
    OrganisationMismatch = 1,
    OperatorRoleMissing = 2,
    ConnectionUnknown = 3,
    ConnectionInvalid = 4,
    AudienceRoleMissing = 5,

    /// <summary>Approval is required, and nobody, or too few, have approved for now.</summary>
    ApprovalMissing = 6,

    /// <summary>On a re-check: the issuer says that the account is disabled.</summary>
    AccountDisabled = 7,

    /// <summary>On a re-check: the issuer knows no such account.</summary>
    AccountGone = 8,

    /// <summary>On a re-check: the issuer has not answered for too long.</summary>
    AccountUnanswered = 9,

    /// <summary>A policy of the organisation is declared and no version of it was ever good: what it would forbid is not known.</summary>
    PolicyInvalid = 10,

    /// <summary>The person has a role that must not be combined with this access.</summary>
    DutyConflict = 11,

    /// <summary>The person's address is in none of the networks, or not known.</summary>
    SourceNotAllowed = 12,

    /// <summary>The token says nothing of how the person signed in.</summary>
    MfaUnproven = 13,

    /// <summary>The person signed in with one factor.</summary>
    MfaMissing = 14,

    /// <summary>The sign-in is too long ago.</summary>
    SignInStale = 15,

    /// <summary>A policy forbids unrecorded sessions, and the connection is not recorded.</summary>
    RecordingMissing = 16,

    OutsideChangeWindow = 17,

    /// <summary>The person has as many sessions as he may have.</summary>
    PersonSessionLimit = 18,

    /// <summary>The connection has as many sessions as it may have.</summary>
    ConnectionSessionLimit = 19,

    /// <summary>Emergency access was asked for where no policy allows it, or by somebody who has none of its roles.</summary>
    BreakGlassNotAllowed = 20,

    /// <summary>Emergency access was asked for without a reason.</summary>
    BreakGlassUnreasoned = 21,
}

internal static class AccessReasonNames
{
    private static readonly string[] Names =
    [
        "admitted", "organisation-mismatch", "operator-role-missing", "connection-unknown", "connection-invalid", "audience-role-missing", "approval-missing",
        "account-disabled", "account-gone", "account-unanswered", "policy-invalid", "duty-conflict", "source-not-allowed", "mfa-unproven", "mfa-missing",
        "sign-in-stale", "recording-missing", "outside-change-window", "person-session-limit", "connection-session-limit", "break-glass-not-allowed",
        "break-glass-unreasoned",
    ];

    public static string Name(this AccessReason reason) => Names[(int)reason];
}
