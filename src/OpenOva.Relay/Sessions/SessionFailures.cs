using OpenOva.Relay.Guacamole;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Sessions;

/// <summary>Which side failed, from what guacd said before the first frame.</summary>
internal static class SessionFailures
{
    public static ErrorReason ReasonOf(GuacdException exception, string protocol) => exception.Failure switch
    {
        GuacdFailure.Unreachable or GuacdFailure.ConnectTimeout or GuacdFailure.TlsFailed or GuacdFailure.CleartextForbidden => ErrorReason.GuacdUnreachable,
        GuacdFailure.ProtocolNotInstalled => ErrorReason.ProtocolNotInstalled,
        GuacdFailure.Refused => ReasonOf(exception.Status ?? GuacamoleStatus.ServerError, protocol),
        GuacdFailure.RequiredParameterMissing or GuacdFailure.ParameterInvalid => ErrorReason.ConnectionMisconfigured,
        _ => ErrorReason.GuacdProtocolError,
    };

    // guacd.md section 3: wrong SSH password 769, refused connection 519, wrong VNC password 519 too.
    public static ErrorReason ReasonOf(GuacamoleStatus status, string protocol) => status switch
    {
        GuacamoleStatus.UpstreamNotFound or GuacamoleStatus.UpstreamUnavailable => ErrorReason.TargetUnreachable,
        GuacamoleStatus.ClientUnauthorized or GuacamoleStatus.ClientForbidden => ErrorReason.TargetCredentialRefused,
        GuacamoleStatus.UpstreamTimeout => ErrorReason.TargetTimeout,
        // guacd's ssh aborts with SERVER_ERROR when the host's key is none of those it was given.
        GuacamoleStatus.ServerError when protocol == "ssh" => ErrorReason.TargetIdentityMismatch,
        _ => ErrorReason.TargetError,
    };
}
