namespace OpenOva.Relay.Evidence.Ledger;

/// <summary>The types of ledger events. Persisted: a test freezes them, and they may only grow.</summary>
public static class LedgerEventTypes
{
    /// <summary>A token did not pass.</summary>
    public const string TokenRefused = "token.refused";

    /// <summary>Whether a person may open a connection now, with all inputs.</summary>
    public const string AccessDecided = "access.decided";

    /// <summary>A session was opened and its ticket handed out.</summary>
    public const string SessionOpened = "session.opened";

    /// <summary>A recorder took the session, with the key that will sign its segments.</summary>
    public const string RecordingOpened = "recording.opened";

    /// <summary>The target drew its first frame.</summary>
    public const string SessionConnected = "session.connected";

    /// <summary>The session is over, or its ticket was never used.</summary>
    public const string SessionEnded = "session.ended";

    /// <summary>Somebody, or a rule, ordered that a session end.</summary>
    public const string SessionEndOrdered = "session.end-ordered";

    /// <summary>Where the chain of segments stood, about once a minute.</summary>
    public const string RecordingChain = "recording.chain";

    /// <summary>The recording was sealed under a signed manifest.</summary>
    public const string RecordingSealed = "recording.sealed";

    /// <summary>A longer recording of a session was sealed beside the one that was sealed before.</summary>
    public const string RecordingSupplemented = "recording.supplemented";

    /// <summary>The sealed recording was read back from the store and checked.</summary>
    public const string RecordingVerified = "recording.verified";

    /// <summary>The live pieces of a sealed recording were deleted.</summary>
    public const string RecordingLiveDeleted = "recording.live-deleted";

    /// <summary>Somebody read a recording.</summary>
    public const string RecordingViewed = "recording.viewed";

    /// <summary>A connection was added, changed, removed, or could not be read.</summary>
    public const string ConnectionChanged = "connection.changed";

    /// <summary>A replica started.</summary>
    public const string ServiceStarted = "service.started";

    /// <summary>A replica stopped in order.</summary>
    public const string ServiceStopped = "service.stopped";

    /// <summary>Something that a replica depends on stopped working.</summary>
    public const string OutageBegan = "outage.began";

    /// <summary>It works again.</summary>
    public const string OutageEnded = "outage.ended";

    /// <summary>What the object store enforces was tried.</summary>
    public const string StoreChecked = "store.checked";

    /// <summary>A signing key was added to the history.</summary>
    public const string KeyAdded = "key.added";

    /// <summary>A report was asked for.</summary>
    public const string ReportRequested = "report.requested";

    /// <summary>A report's bundle was written.</summary>
    public const string ReportMade = "report.made";

    /// <summary>A bundle was taken out.</summary>
    public const string ReportDownloaded = "report.downloaded";

    /// <summary>An account was found to stand for a person, whom other accounts may stand for too.</summary>
    public const string AccountMapped = "account.mapped";

    /// <summary>An issuer ended a session of its own, or all of an account's.</summary>
    public const string SubjectSignedOut = "subject.signed-out";

    /// <summary>A live session's end was moved by an approval.</summary>
    public const string SessionExtended = "session.extended";

    /// <summary>The person of a live session was told something: that it is about to be cut, or that its end was moved.</summary>
    public const string SessionNoticed = "session.noticed";

    /// <summary>The input of a live session's person was locked, or unlocked.</summary>
    public const string SessionLocked = "session.locked";

    /// <summary>Access was asked for.</summary>
    public const string AccessRequested = "access.requested";

    /// <summary>Somebody approved or denied a request.</summary>
    public const string AccessRequestDecided = "access.request-decided";

    /// <summary>Somebody was not allowed to decide on a request.</summary>
    public const string AccessDecisionRefused = "access.decision-refused";

    /// <summary>A request or an approval was withdrawn, revoked, or is over.</summary>
    public const string AccessRequestClosed = "access.request-closed";

    /// <summary>An emergency session was opened; others must look at it afterwards.</summary>
    public const string EmergencyReviewOwed = "emergency.review-owed";

    /// <summary>Somebody looked at it.</summary>
    public const string EmergencyReviewed = "emergency.reviewed";

    /// <summary>Nobody did in time, or the credential it used was not changed.</summary>
    public const string EmergencyReviewOverdue = "emergency.overdue";

    /// <summary>The credential that an emergency session used was changed.</summary>
    public const string CredentialRotated = "credential.rotated";

    /// <summary>A policy was added, changed, removed, or could not be read.</summary>
    public const string PolicyChanged = "policy.changed";

    /// <summary>A time-stamping authority stamped a head.</summary>
    public const string LedgerStamped = "ledger.stamped";

    /// <summary>The first token of an account's session at its issuer was taken.</summary>
    public const string SubjectSignedIn = "subject.signed-in";

    /// <summary>A head of the ledger was signed.</summary>
    public const string CheckpointMade = "checkpoint.made";

    /// <summary>A page of another origin tried to open a person's tunnel in his browser.</summary>
    public const string TunnelOriginRefused = "tunnel.origin-refused";

    /// <summary>Somebody begins to watch a live session.</summary>
    public const string SessionJoined = "session.joined";

    /// <summary>He watches it no more.</summary>
    public const string SessionJoinEnded = "session.join-ended";

    /// <summary>Something crossed a channel of a session (clipboard, file, print job), or was refused.</summary>
    public const string SessionTransfer = "session.transfer";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        TokenRefused, AccessDecided, SessionOpened, RecordingOpened, SessionConnected, SessionEnded, RecordingChain, RecordingSealed,
        RecordingVerified, RecordingLiveDeleted, RecordingViewed, ConnectionChanged, ServiceStarted, ServiceStopped, KeyAdded,
        ReportRequested, ReportMade, ReportDownloaded, SessionEndOrdered, RecordingSupplemented, AccountMapped, SubjectSignedOut,
        OutageBegan, OutageEnded, StoreChecked, SessionExtended, SessionNoticed, SessionLocked, AccessRequested, AccessRequestDecided, AccessDecisionRefused,
        AccessRequestClosed, EmergencyReviewOwed, EmergencyReviewed, EmergencyReviewOverdue, CredentialRotated,
        PolicyChanged, LedgerStamped, SubjectSignedIn, CheckpointMade, TunnelOriginRefused, SessionJoined, SessionJoinEnded, SessionTransfer,
    ];
}
