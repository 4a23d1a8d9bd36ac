using OpenOva.Relay.Database;

namespace OpenOva.Relay.Access.Requests;

/// <summary>A live session of which an extension may be asked for.</summary>
internal sealed record ExtendableSession(string Connection, string Issuer, string Subject, long? UntilUs);

/// <summary>The live session of that id; null: there is none, or it is over.</summary>
internal delegate Task<ExtendableSession?> FindExtendableSession(string organisation, string session, CancellationToken cancellation);

/// <summary>Moves the end of a live session to that of an approval, in the transaction that approves. False: the session is over.</summary>
internal delegate Task<bool> ExtendSession(RelayTransaction transaction, string organisation, string session, string request, long untilUs);

/// <summary>Orders the end of every session that rests on an approval, in the transaction that takes it back.</summary>
internal delegate Task EndGrantedSessions(RelayTransaction transaction, string organisation, string request);
