using Grpc.Core;

namespace Grpc.Protocol;

/// <summary>Every fault of the framing, with the status that answers it.</summary>
internal static class ProtocolErrors
{
    public static RpcException ReceivedTooLarge() =>
        new(new Status(StatusCode.ResourceExhausted, "Received message exceeds the maximum configured message size."));

    public static RpcException SentTooLarge() =>
        new(new Status(StatusCode.ResourceExhausted, "Sending message exceeds the maximum configured message size."));

    public static RpcException Incomplete() => new(new Status(StatusCode.Internal, "Incomplete message."));

    public static RpcException MoreThanOne() => new(new Status(StatusCode.Internal, "Additional data after the message received."));

    public static RpcException BadFlag() => new(new Status(StatusCode.Internal, "Unexpected compressed flag value in message header."));

    public static RpcException CompressedWithoutEncoding() =>
        new(new Status(StatusCode.Internal, "Message is compressed, but the call has no grpc-encoding."));

    public static RpcException UnsupportedEncoding(string encoding, string supported) => new(new Status(
        StatusCode.Unimplemented, $"Unsupported grpc-encoding value '{encoding}'. Supported encodings: {supported}"));

    public static RpcException NotDecompressed(Exception cause) =>
        new(new Status(StatusCode.Internal, "Message could not be decompressed.", cause));

    public static RpcException NotDeserialized(Exception cause) =>
        new(new Status(StatusCode.Internal, "Message could not be deserialized.", cause));
}
