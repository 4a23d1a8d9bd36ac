using System.Globalization;

namespace OpenOva.Relay.Guacamole;

/// <summary>What a status is called elsewhere: the table of guacamole-client's GuacamoleStatus.java.</summary>
public static class GuacamoleStatusMapping
{
    /// <summary>The HTTP status of a tunnel's answer. A status that is not in the table is 500.</summary>
    public static int ToHttpStatus(this GuacamoleStatus status) => status switch
    {
        GuacamoleStatus.Success => 200,
        GuacamoleStatus.Unsupported => 501,
        GuacamoleStatus.ServerError => 500,
        GuacamoleStatus.ServerBusy => 503,
        GuacamoleStatus.UpstreamTimeout => 504,
        GuacamoleStatus.UpstreamError
            or GuacamoleStatus.UpstreamNotFound
            or GuacamoleStatus.UpstreamUnavailable => 502,
        GuacamoleStatus.ResourceNotFound
            or GuacamoleStatus.ResourceClosed
            or GuacamoleStatus.SessionClosed => 404,
        GuacamoleStatus.ResourceConflict
            or GuacamoleStatus.SessionConflict => 409,
        GuacamoleStatus.SessionTimeout
            or GuacamoleStatus.ClientTimeout => 408,
        GuacamoleStatus.ClientBadRequest => 400,
        GuacamoleStatus.ClientUnauthorized
            or GuacamoleStatus.ClientForbidden => 403,
        GuacamoleStatus.ClientOverrun => 413,
        GuacamoleStatus.ClientBadType => 415,
        GuacamoleStatus.ClientTooMany => 429,
        _ => 500,
    };

    /// <summary>The close code of a WebSocket tunnel. A status that is not in the table is 1011.</summary>
    public static int ToWebSocketCloseCode(this GuacamoleStatus status) => status switch
    {
        GuacamoleStatus.Success => 1000,
        GuacamoleStatus.Unsupported
            or GuacamoleStatus.ServerError
            or GuacamoleStatus.UpstreamTimeout
            or GuacamoleStatus.UpstreamError
            or GuacamoleStatus.UpstreamNotFound
            or GuacamoleStatus.UpstreamUnavailable => 1011,
        GuacamoleStatus.ServerBusy
            or GuacamoleStatus.ResourceConflict
            or GuacamoleStatus.SessionConflict
            or GuacamoleStatus.ClientUnauthorized
            or GuacamoleStatus.ClientForbidden
            or GuacamoleStatus.ClientTooMany => 1008,
        GuacamoleStatus.ResourceNotFound
            or GuacamoleStatus.ResourceClosed
            or GuacamoleStatus.SessionTimeout
            or GuacamoleStatus.SessionClosed
            or GuacamoleStatus.ClientBadRequest
            or GuacamoleStatus.ClientTimeout => 1002,
        GuacamoleStatus.ClientOverrun => 1009,
        GuacamoleStatus.ClientBadType => 1003,
        _ => 1011,
    };

    /// <summary>The close reason of a WebSocket tunnel: the decimal status, which guacamole-common-js reads back.</summary>
    public static string ToWebSocketCloseReason(this GuacamoleStatus status) => ((int)status).ToString(CultureInfo.InvariantCulture);

    /// <summary>Reads the status of an <c>error</c> or <c>ack</c>; false when the element is no number or a status the table lacks.</summary>
    public static bool TryGetStatus(this in Instruction instruction, int index, out GuacamoleStatus status)
    {
        var isNumber = instruction.TryGetInt32(index, out var value);
        status = (GuacamoleStatus)value;
        return isNumber && Enum.IsDefined(status);
    }
}
