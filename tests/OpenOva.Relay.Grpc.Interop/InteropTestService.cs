using Google.Protobuf;
using Grpc.Core;
using Grpc.Testing;

namespace OpenOva.Relay.Grpc.Interop;

/// <summary>What the public interoperability tests call (grpc/doc/interop-test-descriptions.md, "Server").</summary>
public sealed class InteropTestService : TestService.TestServiceBase
{
    private const int LargestResponse = 64 * 1024 * 1024;
    private const string InitialMetadata = "x-grpc-test-echo-initial";
    private const string TrailingMetadata = "x-grpc-test-echo-trailing-bin";

    public override Task<Empty> EmptyCall(Empty request, ServerCallContext context) => Task.FromResult(new Empty());

    public override async Task<SimpleResponse> UnaryCall(SimpleRequest request, ServerCallContext context)
    {
        await SendHeadersAsync(context, request.ResponseCompressed is { Value: true });
        if (request.ResponseCompressed is { Value: false }) context.WriteOptions = new WriteOptions(WriteFlags.NoCompress);
        EnsureCompression(request.ExpectCompressed, context, message: 0);
        EchoStatusOf(request.ResponseStatus);
        return new SimpleResponse { Payload = PayloadOf(request.ResponseSize) };
    }

    public override Task<SimpleResponse> CacheableUnaryCall(SimpleRequest request, ServerCallContext context) => UnaryCall(request, context);

    public override async Task StreamingOutputCall(
        StreamingOutputCallRequest request, IServerStreamWriter<StreamingOutputCallResponse> responseStream, ServerCallContext context)
    {
        await SendHeadersAsync(context, request.ResponseParameters.Any(parameters => parameters.Compressed is { Value: true }));
        EchoStatusOf(request.ResponseStatus);
        await RespondAsync(request, responseStream, context);
    }

    public override async Task<StreamingInputCallResponse> StreamingInputCall(
        IAsyncStreamReader<StreamingInputCallRequest> requestStream, ServerCallContext context)
    {
        await SendHeadersAsync(context, compressed: false);
        var size = 0;
        var message = 0;
        await foreach (var request in requestStream.ReadAllAsync(context.CancellationToken))
        {
            EnsureCompression(request.ExpectCompressed, context, message++);
            size += request.Payload?.Body.Length ?? 0;
        }

        return new StreamingInputCallResponse { AggregatedPayloadSize = size };
    }

    public override async Task FullDuplexCall(
        IAsyncStreamReader<StreamingOutputCallRequest> requestStream,
        IServerStreamWriter<StreamingOutputCallResponse> responseStream,
        ServerCallContext context)
    {
        await SendHeadersAsync(context, compressed: false);
        await foreach (var request in requestStream.ReadAllAsync(context.CancellationToken))
        {
            EchoStatusOf(request.ResponseStatus);
            await RespondAsync(request, responseStream, context);
        }
    }

    public override async Task HalfDuplexCall(
        IAsyncStreamReader<StreamingOutputCallRequest> requestStream,
        IServerStreamWriter<StreamingOutputCallResponse> responseStream,
        ServerCallContext context)
    {
        await SendHeadersAsync(context, compressed: false);
        var requests = new List<StreamingOutputCallRequest>();
        await foreach (var request in requestStream.ReadAllAsync(context.CancellationToken)) requests.Add(request);
        foreach (var request in requests) await RespondAsync(request, responseStream, context);
    }

    private static async Task RespondAsync(
        StreamingOutputCallRequest request, IServerStreamWriter<StreamingOutputCallResponse> responses, ServerCallContext context)
    {
        foreach (var parameters in request.ResponseParameters)
        {
            if (parameters.IntervalUs > 0) await Task.Delay(TimeSpan.FromMicroseconds(parameters.IntervalUs), context.CancellationToken);
            responses.WriteOptions = parameters.Compressed is { Value: false } ? new WriteOptions(WriteFlags.NoCompress) : null;
            await responses.WriteAsync(new StreamingOutputCallResponse { Payload = PayloadOf(parameters.Size) });
        }
    }

    /// <summary>Echoes the metadata that the custom_metadata case sends, and asks for compression, which must be known before the headers.</summary>
    private static async Task SendHeadersAsync(ServerCallContext context, bool compressed)
    {
        var headers = new Metadata();
        if (context.RequestHeaders.GetValue(InitialMetadata) is { } initial) headers.Add(InitialMetadata, initial);
        if (context.RequestHeaders.GetValueBytes(TrailingMetadata) is { } trailing) context.ResponseTrailers.Add(TrailingMetadata, trailing);
        if (compressed) headers.Add("grpc-internal-encoding-request", "gzip");
        if (headers.Count > 0) await context.WriteResponseHeadersAsync(headers);
    }

    private static void EnsureCompression(BoolValue? expected, ServerCallContext context, int message)
    {
        if (expected is null) return;
        var flags = context.GetHttpContext().Items[typeof(MessageFlags)] as MessageFlags;
        var compressed = flags?.IsCompressed(message) ?? false;
        if (compressed != expected.Value)
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"The request is {(compressed ? "" : "not ")}compressed."));
    }

    private static void EchoStatusOf(EchoStatus? status)
    {
        if (status is { Code: not 0 }) throw new RpcException(new Status((StatusCode)status.Code, status.Message));
    }

    private static Payload PayloadOf(int size)
    {
        if (size is < 0 or > LargestResponse) throw new RpcException(new Status(StatusCode.InvalidArgument, "The response size is out of range."));
        return new Payload { Body = ByteString.CopyFrom(new byte[size]) };
    }
}
