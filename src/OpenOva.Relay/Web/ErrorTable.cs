using System.Collections.Frozen;
using Grpc.Core;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Web;

/// <summary>How one reason is told at each door.</summary>
/// <param name="GuacamoleStatus">Decimal, as on the wire.</param>
/// <param name="Text">Fixed wording for people; it holds nothing of the request.</param>
internal sealed record ErrorRow(ErrorReason Reason, StatusCode GrpcCode, int HttpStatus, int GuacamoleStatus, string Text)
{
    private const string Prefix = "ERROR_REASON_";

    /// <summary>The reason of ErrorInfo, of a JSON answer and of the ledger: the enum's name without its prefix.</summary>
    public string Name { get; } = ErrorsReflection.Descriptor.EnumTypes[0].FindValueByNumber((int)Reason).Name[Prefix.Length..];
}

/// <summary>The one error table: reason, gRPC code, HTTP status, Guacamole status.</summary>
internal static class ErrorTable
{
    public const string Domain = "relay.openova.io";

    // https://guacamole.apache.org/doc/gug/protocol-reference.html#status-codes
    private const int ServerError = 512;
    private const int ServerBusy = 513;
    private const int UpstreamTimeout = 514;
    private const int UpstreamError = 515;
    private const int ResourceConflict = 517;
    private const int UpstreamNotFound = 519;
    private const int UpstreamUnavailable = 520;
    private const int SessionTimeout = 522;
    private const int SessionClosed = 523;
    private const int ClientBadRequest = 768;
    private const int ClientUnauthorized = 769;
    private const int ClientForbidden = 771;
    private const int ClientOverrun = 781;
    private const int ClientTooMany = 797;

    private static readonly FrozenDictionary<ErrorReason, ErrorRow> Rows = new ErrorRow[]
    {
        // An exception that gave no reason is a defect of Relay's.
        new(ErrorReason.Unspecified, StatusCode.Internal, 500, ServerError, "Internal error."),
        new(ErrorReason.TokenRefused, StatusCode.Unauthenticated, 401, ClientUnauthorized, "The call needs a valid token."),
        new(ErrorReason.GatewayTokenRefused, StatusCode.Unauthenticated, 401, ClientUnauthorized, "The call needs a valid gateway token."),
        new(ErrorReason.NotPermitted, StatusCode.PermissionDenied, 403, ClientForbidden, "Not permitted."),
        new(ErrorReason.TicketRefused, StatusCode.Unauthenticated, 401, ClientUnauthorized, "The tunnel ticket was refused."),
        new(ErrorReason.InvalidArgument, StatusCode.InvalidArgument, 400, ClientBadRequest, "A field is missing or out of range."),
        new(ErrorReason.WrongState, StatusCode.FailedPrecondition, 409, ResourceConflict, "The operation does not fit the object's state."),
        new(ErrorReason.LimitReached, StatusCode.ResourceExhausted, 429, ClientTooMany, "A limit was reached."),
        new(ErrorReason.BackendUnavailable, StatusCode.Unavailable, 503, ServerBusy, "Temporarily unavailable; nothing was done."),
        new(ErrorReason.Internal, StatusCode.Internal, 500, ServerError, "Internal error."),

        new(ErrorReason.GuacdUnreachable, StatusCode.Unavailable, 503, ServerBusy, "The desktop gateway cannot be reached."),
        new(ErrorReason.ProtocolNotInstalled, StatusCode.FailedPrecondition, 501, 256, "The connection's protocol is not installed."),
        new(ErrorReason.GuacdProtocolError, StatusCode.Unavailable, 502, ServerError, "The desktop gateway broke the protocol."),
        new(ErrorReason.TargetUnreachable, StatusCode.Unavailable, 502, UpstreamNotFound, "The target cannot be reached."),
        new(ErrorReason.TargetCredentialRefused, StatusCode.FailedPrecondition, 502, UpstreamError, "The target refused the stored credential."),
        new(ErrorReason.TargetIdentityMismatch, StatusCode.FailedPrecondition, 502, UpstreamError, "The target is not the host that the connection names."),
        new(ErrorReason.TargetTimeout, StatusCode.DeadlineExceeded, 504, UpstreamTimeout, "The target did not answer in time."),
        new(ErrorReason.ConnectionMisconfigured, StatusCode.FailedPrecondition, 500, ServerError, "The connection is misconfigured."),
        new(ErrorReason.TargetError, StatusCode.Unavailable, 502, UpstreamUnavailable, "The target reported an error."),

        new(ErrorReason.RecorderFailed, StatusCode.Unavailable, 503, ServerError, "The session cannot be recorded."),
        new(ErrorReason.ReaderTooSlow, StatusCode.ResourceExhausted, 429, ClientOverrun, "The caller read too slowly."),
        new(ErrorReason.ClientProtocolError, StatusCode.InvalidArgument, 400, ClientBadRequest, "The caller broke the protocol."),
        new(ErrorReason.ReplicaLost, StatusCode.Aborted, 503, SessionClosed, "The session was ended by its replica."),
        new(ErrorReason.NotSealed, StatusCode.FailedPrecondition, 409, ResourceConflict, "The recording is not sealed yet."),
        new(ErrorReason.EvidenceMismatch, StatusCode.DataLoss, 500, ServerError, "The stored evidence does not match its manifest."),
        new(ErrorReason.SessionTerminated, StatusCode.Aborted, 410, SessionClosed, "The session was ended by order."),
        new(ErrorReason.SessionTimeOver, StatusCode.Aborted, 410, SessionTimeout, "The session's time is over."),
        new(ErrorReason.SessionIdle, StatusCode.Aborted, 410, SessionTimeout, "The session was idle for too long."),

        new(ErrorReason.CarriedElsewhere, StatusCode.FailedPrecondition, 421, ResourceConflict, "Another replica carries the session."),
        new(ErrorReason.OriginRefused, StatusCode.PermissionDenied, 403, ClientForbidden, "Not permitted from this page."),

        new(ErrorReason.ApprovalRequired, StatusCode.FailedPrecondition, 403, ClientForbidden, "Access must be approved first."),
        new(ErrorReason.OutsideChangeWindow, StatusCode.FailedPrecondition, 403, ClientForbidden, "No change window is open."),
        new(ErrorReason.StepUpRequired, StatusCode.Unauthenticated, 401, ClientUnauthorized, "Sign in again, with a second factor."),
        new(ErrorReason.SourceNotAllowed, StatusCode.PermissionDenied, 403, ClientForbidden, "Not permitted from this network."),
        new(ErrorReason.DutiesConflict, StatusCode.PermissionDenied, 403, ClientForbidden, "Not permitted together with another duty."),
        new(ErrorReason.PolicyNotMet, StatusCode.FailedPrecondition, 403, ClientForbidden, "The connection does not meet a policy."),
        new(ErrorReason.TicketReferenceRefused, StatusCode.InvalidArgument, 400, ClientBadRequest, "The ticket reference was refused."),
        new(ErrorReason.OwnDoing, StatusCode.PermissionDenied, 403, ClientForbidden, "Not permitted on what is one's own."),
    }.ToFrozenDictionary(row => row.Reason);

    public static ErrorRow Of(ErrorReason reason) => Rows[reason];

    public static IEnumerable<ErrorRow> All => Rows.Values;
}
