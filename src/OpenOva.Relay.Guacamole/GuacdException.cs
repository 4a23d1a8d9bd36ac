namespace OpenOva.Relay.Guacamole;

/// <summary>Why there is no connection through guacd. The values are stable.</summary>
public enum GuacdFailure
{
    /// <summary>Network: guacd's name does not resolve or its port refuses.</summary>
    Unreachable = 1,

    /// <summary>Network: guacd's port did not accept, or TLS did not finish, within <see cref="GuacdTimeouts.Connect"/>.</summary>
    ConnectTimeout = 2,

    /// <summary>Network: guacd's certificate is not trusted, or it does not speak TLS.</summary>
    TlsFailed = 3,

    /// <summary>Caller: guacd is on another machine and TLS is not configured. Nothing was sent.</summary>
    CleartextForbidden = 4,

    /// <summary>guacd: no answer whatever to <c>select</c> of a protocol. That is what guacd does when the protocol's plugin is not installed.</summary>
    ProtocolNotInstalled = 5,

    /// <summary>guacd: accepted and then fell silent in the handshake: no <c>args</c> for a join, or no <c>ready</c>.</summary>
    HandshakeTimeout = 6,

    /// <summary>guacd: closed the connection, or said <c>disconnect</c>, before <c>ready</c>.</summary>
    ClosedDuringHandshake = 7,

    /// <summary>guacd: answered <c>error</c>; see <see cref="GuacdException.Status"/> and <see cref="GuacdException.RemoteText"/>.</summary>
    Refused = 8,

    /// <summary>guacd: answered with something that is not the protocol, or not at its place. Usually this is no guacd.</summary>
    MalformedAnswer = 9,

    /// <summary>guacd or caller: this guacd has no parameter of a name that the caller requires, or the caller gave it no value.</summary>
    RequiredParameterMissing = 10,

    /// <summary>Caller: a value cannot be sent, because guacd could not read it (too long, or holds a NUL).</summary>
    ParameterInvalid = 11,

    /// <summary>guacd: no connection of the id to join: it has ended, or lives in another guacd.</summary>
    NoSuchConnection = 12,

    /// <summary>Network: the link broke after the handshake.</summary>
    ConnectionLost = 13,
}

/// <summary>
/// guacd could not be reached, or did not give a connection. Names of parameters may appear in the message, their values never do.
/// </summary>
public sealed class GuacdException : Exception
{
    /// <summary>Creates the exception.</summary>
    public GuacdException(GuacdFailure failure, string message, Exception? innerException = null)
        : base(message, innerException) => Failure = failure;

    /// <summary>Which side failed and why.</summary>
    public GuacdFailure Failure { get; }

    /// <summary>guacd's own status, when it answered <c>error</c>. May be a number that the enum does not name.</summary>
    public GuacamoleStatus? Status { get; init; }

    /// <summary>The names of the parameters at fault, sorted; empty unless it is <see cref="GuacdFailure.RequiredParameterMissing"/>.</summary>
    public IReadOnlyList<string> Parameters { get; init; } = [];

    /// <summary>guacd's own words, when it answered <c>error</c>, with every parameter value that was sent blotted out.</summary>
    public string? RemoteText { get; init; }
}
