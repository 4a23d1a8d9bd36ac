namespace OpenOva.Relay.Guacamole;

/// <summary>
/// Status codes of <c>error</c> and <c>ack</c> (libguac protocol-types.h). On the wire they are decimal: 769, not 0x0301.
/// </summary>
public enum GuacamoleStatus
{
    /// <summary>All went well.</summary>
    Success = 0x0000,

    /// <summary>The request is not supported.</summary>
    Unsupported = 0x0100,

    /// <summary>An internal fault of the server.</summary>
    ServerError = 0x0200,

    /// <summary>The server is too busy.</summary>
    ServerBusy = 0x0201,

    /// <summary>The target does not answer.</summary>
    UpstreamTimeout = 0x0202,

    /// <summary>The target failed, or spoke something unexpected.</summary>
    UpstreamError = 0x0203,

    /// <summary>What was asked for does not exist (a join of an unknown connection).</summary>
    ResourceNotFound = 0x0204,

    /// <summary>What was asked for is in use or locked.</summary>
    ResourceConflict = 0x0205,

    /// <summary>What was asked for has been closed.</summary>
    ResourceClosed = 0x0206,

    /// <summary>The target does not exist or cannot be reached.</summary>
    UpstreamNotFound = 0x0207,

    /// <summary>The target refuses to serve now.</summary>
    UpstreamUnavailable = 0x0208,

    /// <summary>Another session took this one over.</summary>
    SessionConflict = 0x0209,

    /// <summary>The session was idle too long.</summary>
    SessionTimeout = 0x020a,

    /// <summary>The session was ended by the server.</summary>
    SessionClosed = 0x020b,

    /// <summary>The client sent what makes no sense.</summary>
    ClientBadRequest = 0x0300,

    /// <summary>The credentials are missing or wrong.</summary>
    ClientUnauthorized = 0x0301,

    /// <summary>The credentials are good, the permission is lacking.</summary>
    ClientForbidden = 0x0303,

    /// <summary>The client did not answer in time (guacd: nothing for 15 s).</summary>
    ClientTimeout = 0x0308,

    /// <summary>The client sent more than is allowed.</summary>
    ClientOverrun = 0x030d,

    /// <summary>The client sent data of an unexpected type.</summary>
    ClientBadType = 0x030f,

    /// <summary>The client already uses too much.</summary>
    ClientTooMany = 0x031d,
}
