using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Sessions.Joins;

/// <summary>How watching ended. <c>Failure</c>: what the watcher is told, where it did not end in order.</summary>
internal sealed record JoinOutcome(JoinEndReason Reason)
{
    public ErrorReason? Failure => Reason switch
    {
        JoinEndReason.ReaderTooSlow => ErrorReason.ReaderTooSlow,
        JoinEndReason.TimeOver => ErrorReason.SessionTimeOver,
        JoinEndReason.SignedOut => ErrorReason.TokenRefused,
        JoinEndReason.GuacdLost => ErrorReason.GuacdProtocolError,
        _ => null,
    };

    /// <summary>Guacamole's, decimal.</summary>
    public int Status => Failure is { } failure ? ErrorTable.Of(failure).GuacamoleStatus : 0;
}
