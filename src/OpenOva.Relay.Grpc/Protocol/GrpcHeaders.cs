namespace Grpc.Protocol;

/// <summary>The names and fixed values of gRPC over HTTP/2 (grpc/doc/PROTOCOL-HTTP2.md), and which of them users never see.</summary>
internal static class GrpcHeaders
{
    public const string ContentType = "application/grpc";
    public const string Timeout = "grpc-timeout";
    public const string Encoding = "grpc-encoding";
    public const string AcceptEncoding = "grpc-accept-encoding";
    public const string Status = "grpc-status";
    public const string Message = "grpc-message";
    public const string Identity = "identity";

    /// <summary>Response metadata of this name is not sent: it chooses the encoding of the call's responses.</summary>
    public const string InternalEncodingRequest = "grpc-internal-encoding-request";

    /// <summary>application/grpc itself, or with a subtype or parameters: "application/grpc+proto", "application/grpc; charset=utf-8".</summary>
    public static bool IsGrpcContentType(string? value) =>
        value is not null
        && value.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase)
        && (value.Length == ContentType.Length || value[ContentType.Length] is '+' or ';');

    /// <summary>What belongs to HTTP or to the protocol and is no metadata of the call.</summary>
    public static bool IsReserved(string name) =>
        name.Length == 0
        || name[0] == ':'
        || name.ToLowerInvariant() is Timeout or Encoding or AcceptEncoding or Status or Message
            or "content-type" or "content-encoding" or "content-length" or "accept-encoding" or "te" or "host" or "date" or "server" or "trailer"
            or "connection" or "transfer-encoding";
}
