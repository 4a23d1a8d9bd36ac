using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Grpc.Net.Client;

/// <summary>What the client logs; ids 100 to 119.</summary>
internal static partial class GrpcClientLog
{
    [LoggerMessage(100, LogLevel.Information, "Call of '{Method}' ended with status {StatusCode}: {Detail}")]
    public static partial void CallFailed(ILogger logger, string method, StatusCode statusCode, string detail, Exception? exception);

    [LoggerMessage(101, LogLevel.Warning, "The credentials of a call of '{Method}' were not sent, because the channel is not secure.")]
    public static partial void CredentialsNotSent(ILogger logger, string method);
}
