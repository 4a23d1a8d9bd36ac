using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;

namespace OpenOva.Relay.GatewayClient;

/// <summary>Why something did not work, for people and for programs.</summary>
/// <param name="Code">The gRPC code, or how far it came without one.</param>
/// <param name="Reason">An <c>ErrorReason</c> without its prefix; empty where the answer carries none.</param>
/// <param name="Message">For people.</param>
/// <param name="Details">Such as the field that was out of range.</param>
internal sealed record CallFailure(string Code, string Reason, string Message, IReadOnlyDictionary<string, string> Details)
{
    private const string DetailsTrailer = "grpc-status-details-bin";
    private static readonly Dictionary<string, string> NoDetails = [];

    public int ExitCode =>
        Code is nameof(StatusCode.Unavailable) or nameof(StatusCode.DeadlineExceeded) ? GatewayClient.ExitCode.Unavailable : GatewayClient.ExitCode.Failed;

    public static CallFailure Of(string code, string message) => new(code, "", message, NoDetails);

    /// <summary>Reads the google.rpc.Status that Relay sends with every error of its own.</summary>
    public static CallFailure Of(RpcException exception)
    {
        var code = exception.StatusCode.ToString();
        return InfoOf(exception) is { } info
            ? new(code, info.Reason, exception.Status.Detail, new Dictionary<string, string>(info.Metadata))
            : Of(code, exception.Status.Detail);
    }

    public override string ToString()
    {
        var details = string.Concat(Details.OrderBy(d => d.Key, StringComparer.Ordinal).Select(d => $", {d.Key}={d.Value}"));
        return Reason.Length == 0 ? $"{Message} ({Code})" : $"{Message} ({Code}, {Reason}{details})";
    }

    private static ErrorInfo? InfoOf(RpcException exception)
    {
        if (exception.Trailers.Get(DetailsTrailer)?.ValueBytes is not { } bytes) return null;
        try
        {
            return Google.Rpc.Status.Parser.ParseFrom(bytes).Details
                .Where(detail => detail.Is(ErrorInfo.Descriptor)).Select(detail => detail.Unpack<ErrorInfo>()).FirstOrDefault();
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }
}

/// <summary>Ends a verb with a failure.</summary>
internal sealed class CallFailedException(CallFailure failure) : Exception(failure.ToString())
{
    public CallFailure Failure { get; } = failure;
}
