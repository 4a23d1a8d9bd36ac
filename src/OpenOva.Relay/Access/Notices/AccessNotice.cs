namespace OpenOva.Relay.Access.Notices;

/// <summary>What notices tell of: the <c>type</c> of a webhook. Receivers compare them: they only grow.</summary>
internal static class NoticeKinds
{
    public const string Requested = "access.requested";
    public const string Decided = "access.decided";

    /// <summary>Withdrawn, revoked or expired.</summary>
    public const string Closed = "access.closed";
    public const string EmergencyOpened = "emergency.opened";
    public const string EmergencyReviewed = "emergency.reviewed";

    /// <summary>The review, or the change of the credential, is owed longer than it may be.</summary>
    public const string EmergencyOverdue = "emergency.overdue";
}

/// <summary>
/// Something that others should look at. It holds no name and no free text: whoever is told asks Relay for the rest, and is asked who he is.
/// </summary>
/// <param name="Kind">One of <see cref="NoticeKinds"/>.</param>
/// <param name="OccurredUs">Microseconds UTC.</param>
internal sealed record AccessNotice(string Organisation, string Kind, string Connection, string? Request, string? Session, string? State, long OccurredUs);
