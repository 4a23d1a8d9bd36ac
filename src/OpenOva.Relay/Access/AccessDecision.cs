using System.Text.Json.Nodes;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Access;

/// <summary>One decision, allowed or not, with everything it was made of.</summary>
internal sealed record AccessDecision(Guid DecisionId, string Organisation, string Issuer, string Subject, AccessInputs Inputs, AccessVerdict Verdict)
{
    /// <summary>The live session that was decided on again; null: one was to be opened.</summary>
    public string? RecheckOf { get; init; }

    public bool Allowed => Verdict.IsAllowed;

    public AccessReason Reason => Verdict.Reason;

    /// <summary>
    /// What the caller is told of a denial. Until the rules know that the connection is one that his roles reach, he is told nothing: the same answer for an
    /// unknown connection, a foreign one and one that is not for him. After that he is told what he lacks.
    /// </summary>
    /// <exception cref="RelayException">Where the decision is a denial.</exception>
    public void ThrowIfDenied()
    {
        if (!Allowed) throw Refusal();
    }

    /// <summary>The data of the event <c>access.decided</c>.</summary>
    public JsonObject ToLedgerData() => AccessRecord.ToJson(this);

    private RelayException Refusal() => Reason switch
    {
        AccessReason.PolicyInvalid or AccessReason.RecordingMissing => Named(ErrorReason.PolicyNotMet),
        AccessReason.DutyConflict => Named(ErrorReason.DutiesConflict),
        AccessReason.SourceNotAllowed => Named(ErrorReason.SourceNotAllowed),
        AccessReason.MfaUnproven or AccessReason.MfaMissing or AccessReason.SignInStale => Named(ErrorReason.StepUpRequired),
        AccessReason.OutsideChangeWindow => Named(ErrorReason.OutsideChangeWindow),
        AccessReason.ApprovalMissing => Named(ErrorReason.ApprovalRequired),
        AccessReason.PersonSessionLimit or AccessReason.ConnectionSessionLimit => new RelayException(ErrorReason.LimitReached, ("limit", Reason.Name())),
        AccessReason.BreakGlassUnreasoned => RelayException.InvalidField("purpose"),
        _ => new RelayException(ErrorReason.NotPermitted),
    };

    private RelayException Named(ErrorReason reason) => new(reason, ("rule", Reason.Name()));
}
