using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Protocol;

namespace Grpc.Net.Client;

/// <summary>Reads the status and metadata of a response, and finds the status for what is no gRPC response.</summary>
internal static class ResponseStatus
{
    /// <summary>The status in these headers or trailers; null if there is none.</summary>
    public static Status? Read(HttpHeaders headers)
    {
        if (!headers.NonValidated.TryGetValues(GrpcHeaders.Status, out var codes)) return null;
        var detail = headers.NonValidated.TryGetValues(GrpcHeaders.Message, out var messages) ? StatusMessage.Decode(messages.ToString()) : "";
        return int.TryParse(codes.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var code) && Enum.IsDefined((StatusCode)code)
            ? new Status((StatusCode)code, detail)
            : new Status(StatusCode.Unknown, $"Unexpected grpc-status value: {codes}");
    }

    /// <summary>The metadata in these headers or trailers.</summary>
    public static Metadata ReadMetadata(HttpHeaders headers)
    {
        var metadata = new Metadata();
        foreach (var (name, values) in headers.NonValidated)
        {
            if (GrpcHeaders.IsReserved(name)) continue;
            foreach (var value in values) BinaryHeader.AddTo(metadata, name, value);
        }

        return metadata;
    }

    /// <summary>How the response's headers end the call, if they do: as no gRPC, or with a status and no message.</summary>
    public static (Status Status, Metadata Trailers)? Refusal(HttpResponseMessage http)
    {
        if (http.StatusCode is not HttpStatusCode.OK)
            return (new Status(OfHttp(http.StatusCode), $"Bad gRPC response. HTTP status code: {(int)http.StatusCode}"), []);
        if (!GrpcHeaders.IsGrpcContentType(http.Content.Headers.ContentType?.ToString()))
            return (new Status(StatusCode.Cancelled, $"Bad gRPC response. Invalid content-type value: {http.Content.Headers.ContentType}"), []);
        // A status of OK here is that of an empty stream, which ends without a message.
        return Read(http.Headers) is { } status ? (status, ReadMetadata(http.Headers)) : null;
    }

    /// <summary>The status for a failure of the transport.</summary>
    public static Status Of(string what, Exception failure)
    {
        StatusCode? code = null;
        for (var cause = failure; cause is not null; cause = cause.InnerException)
        {
            if (cause is HttpProtocolException protocol) code = OfReset(protocol.ErrorCode);
            else if (cause is SocketException or IOException) code ??= StatusCode.Unavailable;
            else if (cause is OperationCanceledException) code ??= StatusCode.Cancelled;
        }

        return new Status(code ?? StatusCode.Internal, $"{what} {failure.GetType().Name}: {failure.Message}", failure);
    }

    /// <summary>grpc/doc/PROTOCOL-HTTP2.md, "HTTP2 Transport Mapping", Errors.</summary>
    private static StatusCode OfReset(long http2ErrorCode) => http2ErrorCode switch
    {
        0x7 => StatusCode.Unavailable, // REFUSED_STREAM
        0x8 => StatusCode.Cancelled, // CANCEL
        0xb => StatusCode.ResourceExhausted, // ENHANCE_YOUR_CALM
        0xc => StatusCode.PermissionDenied, // INADEQUATE_SECURITY
        _ => StatusCode.Internal,
    };

    /// <summary>grpc/doc/http-grpc-status-mapping.md.</summary>
    private static StatusCode OfHttp(HttpStatusCode http) => http switch
    {
        HttpStatusCode.BadRequest => StatusCode.Internal,
        HttpStatusCode.Unauthorized => StatusCode.Unauthenticated,
        HttpStatusCode.Forbidden => StatusCode.PermissionDenied,
        HttpStatusCode.NotFound => StatusCode.Unimplemented,
        HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout =>
            StatusCode.Unavailable,
        _ => StatusCode.Unknown,
    };
}
