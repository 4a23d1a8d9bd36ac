using OpenOva.Relay.Database;

namespace OpenOva.Relay.Access.Requests;

/// <summary>A live session of which an extension may be asked for.</summary>
internal sealed record ExtendableSession(string Connection, string ConnectionDigest, string Issuer, string Subject, long? UntilUs);

/// <summary>Why a session's end was not moved. The caller is told the names.</summary>
internal enum ExtensionRefusal
{
    /// <summary>It was moved.</summary>
    None,

    /// <summary>The session is over.</summary>
    SessionOver,

    /// <summary>Policies and connection do not allow it any longer than it has, or are not what they were.</summary>
    LimitReached,
}

/// <summary>The live session of that id; null: there is none, it is over, or it is an emergency, which is never extended.</summary>
internal delegate Task<ExtendableSession?> FindExtendableSession(string organisation, string session, CancellationToken cancellation);

/// <summary>Moves the end of a live session to that of an approval, in the transaction that approves.</summary>
/// <param name="connectionDigest">Of the connection that was approved.</param>
internal delegate Task<ExtensionRefusal> ExtendSession(
    RelayTransaction transaction, string organisation, string session, string request, string connectionDigest, long untilUs);

/// <summary>Whether a session is over: it has ended, or never began.</summary>
internal delegate Task<bool> IsSessionOver(RelayTransaction transaction, string organisation, string session);

/// <summary>Orders the end of every session that rests, or ever rested, on an approval, in the transaction that takes it back.</summary>
internal delegate Task EndGrantedSessions(RelayTransaction transaction, string organisation, string request);
