using System.Globalization;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using OpenOva.Relay.V1;
using Status = Google.Rpc.Status;

namespace OpenOva.Relay.Web;

/// <summary>How an endpoint for people tells an error: a page instead of a JSON object. Put into the endpoint's metadata.</summary>
internal sealed record ErrorPage(Func<HttpContext, ErrorRow, IReadOnlyDictionary<string, string>, Task> WriteAsync);

/// <summary>Tells an error of the table at the door it came to: gRPC by trailers, pages by a page, everything else by status and a small JSON object.</summary>
internal static class ErrorAnswer
{
    private static readonly IReadOnlyDictionary<string, string> NoDetails = new Dictionary<string, string>();

    /// <summary>The status details that a gRPC error carries in <c>grpc-status-details-bin</c>.</summary>
    public static Status StatusOf(ErrorReason reason, IReadOnlyDictionary<string, string> details)
    {
        var row = ErrorTable.Of(reason);
        var info = new ErrorInfo { Reason = row.Name, Domain = ErrorTable.Domain };
        foreach (var (key, value) in details)
            info.Metadata[key] = value;
        return new Status { Code = (int)row.GrpcCode, Message = row.Text, Details = { Any.Pack(info) } };
    }

    public static async Task WriteAsync(HttpContext context, ErrorReason reason, IReadOnlyDictionary<string, string>? details = null)
    {
        var row = ErrorTable.Of(reason);
        var response = context.Response;
        if (IsGrpc(context.Request))
        {
            // Trailers-only (gRPC over HTTP2, "Responses"): status and details stand in the response's headers, and the HTTP status is 200.
            response.StatusCode = StatusCodes.Status200OK;
            response.ContentType = "application/grpc";
            response.Headers["grpc-status"] = ((int)row.GrpcCode).ToString(CultureInfo.InvariantCulture);
            response.Headers["grpc-message"] = row.Text;
            response.Headers["grpc-status-details-bin"] = Convert.ToBase64String(StatusOf(reason, details ?? NoDetails).ToByteArray()).TrimEnd('=');
            await response.CompleteAsync();
            return;
        }

        response.StatusCode = row.HttpStatus;
        response.Headers.CacheControl = "no-store";
        if (context.GetEndpoint()?.Metadata.GetMetadata<ErrorPage>() is { } page)
        {
            await page.WriteAsync(context, row, details ?? NoDetails);
            return;
        }

        if (row.HttpStatus == StatusCodes.Status401Unauthorized)
            response.Headers.WWWAuthenticate = "Bearer";
        response.ContentType = "application/json";
        await response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(new { reason = row.Name, message = row.Text, details = details ?? NoDetails }));
    }

    private static bool IsGrpc(HttpRequest request) => request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) == true;
}
