using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>Starts calls on a channel.</summary>
internal sealed class ChannelCallInvoker(GrpcChannel channel) : CallInvoker
{
    public override TResponse BlockingUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        using var call = AsyncUnaryCall(method, host, options, request);
        return call.ResponseAsync.GetAwaiter().GetResult();
    }

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        var call = new ClientCall<TRequest, TResponse>(channel, method, host, options);
        call.StartUnary(request);
        return new AsyncUnaryCall<TResponse>(
            call.Response, Headers<TRequest, TResponse>, Status<TRequest, TResponse>, Trailers<TRequest, TResponse>, Dispose<TRequest, TResponse>, call);
    }

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        var call = new ClientCall<TRequest, TResponse>(channel, method, host, options);
        call.StartServerStreaming(request);
        return new AsyncServerStreamingCall<TResponse>(
            new ClientStreamReader<TRequest, TResponse>(call),
            Headers<TRequest, TResponse>,
            Status<TRequest, TResponse>,
            Trailers<TRequest, TResponse>,
            Dispose<TRequest, TResponse>,
            call);
    }

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        var call = new ClientCall<TRequest, TResponse>(channel, method, host, options);
        return new AsyncClientStreamingCall<TRequest, TResponse>(
            call.StartClientStreaming(),
            call.Response,
            Headers<TRequest, TResponse>,
            Status<TRequest, TResponse>,
            Trailers<TRequest, TResponse>,
            Dispose<TRequest, TResponse>,
            call);
    }

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        var call = new ClientCall<TRequest, TResponse>(channel, method, host, options);
        return new AsyncDuplexStreamingCall<TRequest, TResponse>(
            call.StartDuplexStreaming(),
            new ClientStreamReader<TRequest, TResponse>(call),
            Headers<TRequest, TResponse>,
            Status<TRequest, TResponse>,
            Trailers<TRequest, TResponse>,
            Dispose<TRequest, TResponse>,
            call);
    }

    private static Task<Metadata> Headers<TRequest, TResponse>(object call)
        where TRequest : class
        where TResponse : class => ((ClientCall<TRequest, TResponse>)call).Headers;

    private static Status Status<TRequest, TResponse>(object call)
        where TRequest : class
        where TResponse : class => ((ClientCall<TRequest, TResponse>)call).GetStatus();

    private static Metadata Trailers<TRequest, TResponse>(object call)
        where TRequest : class
        where TResponse : class => ((ClientCall<TRequest, TResponse>)call).GetTrailers();

    private static void Dispose<TRequest, TResponse>(object call)
        where TRequest : class
        where TResponse : class => ((ClientCall<TRequest, TResponse>)call).Dispose();
}
