using OpenOva.Relay.V1;

namespace OpenOva.Relay.Sessions;

/// <summary>How a session ended. <c>Failure</c>: why it never drew a frame, or which side broke it.</summary>
internal sealed record SessionOutcome(SessionEndReason Reason, int Status, ErrorReason? Failure)
{
    public static SessionOutcome Of(SessionEndReason reason, ErrorReason? failure = null) =>
        new(reason, failure is { } f ? Web.ErrorTable.Of(f).GuacamoleStatus : 0, failure);
}
