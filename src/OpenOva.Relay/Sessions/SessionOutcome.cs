using System.Globalization;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Sessions;

/// <summary>How a session ended. <c>Failure</c>: why it never drew a frame, or which side broke it.</summary>
internal sealed record SessionOutcome(SessionEndReason Reason, int Status, ErrorReason? Failure)
{
    /// <summary>The names of the parameters at fault, never their values.</summary>
    public IReadOnlyList<string> Parameters { get; init; } = [];

    public static SessionOutcome Of(SessionEndReason reason, ErrorReason? failure = null) =>
        new(reason, failure is { } f ? Web.ErrorTable.Of(f).GuacamoleStatus : 0, failure);

    /// <summary>The metadata of the error that the caller is told.</summary>
    public (string Key, string Value)[] Details()
    {
        var status = ("guacamole_status", Status.ToString(CultureInfo.InvariantCulture));
        return Parameters.Count == 0 ? [status] : [status, ("parameters", string.Join(", ", Parameters))];
    }
}
