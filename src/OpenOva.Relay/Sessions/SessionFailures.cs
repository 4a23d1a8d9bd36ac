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
        GuacdFailure.Refused => ReasonOf(exception.Status ?? GuacamoleStatus.ServerError, protocol, exception.RemoteText ?? ""),
        GuacdFailure.RequiredParameterMissing or GuacdFailure.ParameterInvalid => ErrorReason.ConnectionMisconfigured,
        _ => ErrorReason.GuacdProtocolError,
    };

    // Wrong SSH password 769, refused connection 519; a wrong VNC password is 519 too, in the same words.
    public static ErrorReason ReasonOf(GuacamoleStatus status, string protocol, string text) => status switch
    {
        // guacd's rdp has one sentence for every failure of TLS, "SSL/TLS connection failed (untrusted/self-signed certificate?)", and the
        // status of a target that is not there.
        GuacamoleStatus.UpstreamNotFound when protocol == "rdp" && text.Contains("certificate", StringComparison.OrdinalIgnoreCase) => ErrorReason.TargetIdentityMismatch,
        GuacamoleStatus.UpstreamNotFound or GuacamoleStatus.UpstreamUnavailable => ErrorReason.TargetUnreachable,
        GuacamoleStatus.ClientUnauthorized or GuacamoleStatus.ClientForbidden => ErrorReason.TargetCredentialRefused,
        GuacamoleStatus.UpstreamTimeout => ErrorReason.TargetTimeout,
        // guacd's ssh aborts with SERVER_ERROR when the host's key is none of those it was given.
        GuacamoleStatus.ServerError when protocol == "ssh" => ErrorReason.TargetIdentityMismatch,
        _ => ErrorReason.TargetError,
    };
}
