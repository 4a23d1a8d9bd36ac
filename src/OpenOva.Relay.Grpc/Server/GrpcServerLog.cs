using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server;

/// <summary>What the server logs. Ids are unique in this library; the health service has 50 to 59, the client 100 to 119.</summary>
internal static partial class GrpcServerLog
{
    public const string Category = "Grpc.AspNetCore.Server.ServerCallHandler";

    [LoggerMessage(1, LogLevel.Error, "Error when executing service method '{Method}'.")]
    public static partial void HandlerFailed(ILogger logger, string method, Exception exception);

    [LoggerMessage(2, LogLevel.Information, "Service method '{Method}' was cancelled.")]
    public static partial void HandlerCancelled(ILogger logger, string method);

    [LoggerMessage(3, LogLevel.Information, "Service method '{Method}' ended with status {StatusCode}: {Detail}")]
    public static partial void HandlerRefused(ILogger logger, string method, StatusCode statusCode, string detail, Exception? exception);

    [LoggerMessage(4, LogLevel.Information, "Service method '{Method}' ran into its deadline of {Timeout}.")]
    public static partial void DeadlineExceeded(ILogger logger, string method, TimeSpan timeout);

    [LoggerMessage(5, LogLevel.Debug, "The grpc-timeout of a call of '{Method}' is malformed and was ignored.")]
    public static partial void TimeoutIgnored(ILogger logger, string method);

    [LoggerMessage(6, LogLevel.Information, "A request for '{Method}' is no gRPC: {Reason}")]
    public static partial void NotGrpc(ILogger logger, string method, string reason);

    [LoggerMessage(7, LogLevel.Information, "Service '{Service}' is unimplemented.")]
    public static partial void ServiceUnimplemented(ILogger logger, string service);

    [LoggerMessage(8, LogLevel.Information, "Method '{Method}' is unimplemented.")]
    public static partial void MethodUnimplemented(ILogger logger, string method);

    [LoggerMessage(9, LogLevel.Error, "The answer of '{Method}' could not be completed.")]
    public static partial void AnswerFailed(ILogger logger, string method, Exception exception);

    [LoggerMessage(10, LogLevel.Debug, "No bind method was found for {ServiceType}.")]
    public static partial void BindMethodNotFound(ILogger logger, Type serviceType);

    [LoggerMessage(11, LogLevel.Trace, "Added method '{Method}' at '{Pattern}'.")]
    public static partial void MethodAdded(ILogger logger, string method, string pattern);

    [LoggerMessage(12, LogLevel.Debug, "The request body of '{Method}' has been read before; its size limit stays.")]
    public static partial void BodyLimitStays(ILogger logger, string method);
}
