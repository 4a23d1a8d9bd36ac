using System.Globalization;
using Grpc.Core;
using Grpc.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;

namespace Grpc.AspNetCore.Server;

/// <summary>Requests that are no gRPC call get an HTTP error; calls of what does not exist get UNIMPLEMENTED.</summary>
internal static class GrpcRequest
{
    public static bool IsAcceptable(HttpContext http, ILogger logger)
    {
        if (HttpMethods.IsOptions(http.Request.Method))
            return Refuse(http, logger, StatusCodes.Status405MethodNotAllowed, "OPTIONS is no gRPC call.");
        if (!GrpcHeaders.IsGrpcContentType(http.Request.ContentType))
        {
            return Refuse(http, logger, StatusCodes.Status415UnsupportedMediaType, http.Request.ContentType is null
                ? "Content-Type is missing from the request."
                : "The Content-Type of the request is not supported.");
        }

        if (HttpProtocol.IsHttp2(http.Request.Protocol) || HttpProtocol.IsHttp3(http.Request.Protocol)) return true;
        http.Response.Headers[HeaderNames.Upgrade] = "HTTP/2";
        return Refuse(http, logger, StatusCodes.Status426UpgradeRequired, $"Request protocol '{http.Request.Protocol}' is not supported.");
    }

    /// <summary>An endpoint for calls that match no method.</summary>
    public static RequestDelegate Unimplemented(string detail, Action<HttpContext> log) => http =>
    {
        if (IsCorsPreflight(http))
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }

        log(http);
        http.Response.ContentType = GrpcHeaders.ContentType;
        SetStatus(http.Response, StatusCode.Unimplemented, detail);
        return Task.CompletedTask;
    };

    public static bool IsCorsPreflight(HttpContext http) =>
        HttpMethods.IsOptions(http.Request.Method) && http.Request.Headers.ContainsKey(HeaderNames.AccessControlRequestMethod);

    private static bool Refuse(HttpContext http, ILogger logger, int httpStatus, string reason)
    {
        GrpcServerLog.NotGrpc(logger, http.Request.Path.Value ?? "", reason);
        http.Response.StatusCode = httpStatus;
        SetStatus(http.Response, StatusCode.Internal, reason);
        return false;
    }

    private static void SetStatus(HttpResponse response, StatusCode status, string detail)
    {
        response.Headers[GrpcHeaders.Status] = ((int)status).ToString(CultureInfo.InvariantCulture);
        response.Headers[GrpcHeaders.Message] = StatusMessage.Encode(detail);
    }
}
