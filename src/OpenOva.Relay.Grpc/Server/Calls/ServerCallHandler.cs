using Grpc.Core;
using Grpc.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server;

/// <summary>Serves one method: from an HTTP request to the handler and back.</summary>
internal abstract class ServerCallHandler<TRequest, TResponse>(Method<TRequest, TResponse> method, MethodSettings settings, ILogger logger)
    where TRequest : class
    where TResponse : class
{
    protected Method<TRequest, TResponse> Method => method;

    public async Task InvokeAsync(HttpContext http)
    {
        if (!GrpcRequest.IsAcceptable(http, logger)) return;
        LiftHttpLimits(http);
        using var call = new HttpServerCall(http, method, settings, logger);
        http.Features.Set<IServerCallContextFeature>(call);
        Status status;
        try
        {
            call.Start();
            await RunAsync(call);
            status = call.Status;
        }
        catch (Exception e)
        {
            status = call.Judge(e);
        }

        await call.EndAsync(status);
    }

    protected abstract Task RunAsync(HttpServerCall call);

    protected async Task<TRequest> ReadRequestAsync(HttpServerCall call) =>
        await call.ReadRequests(method.RequestMarshaller).ReadOnlyAsync(call.CancellationToken) ?? throw ProtocolErrors.Incomplete();

    protected async Task RespondAsync(HttpServerCall call, TResponse? response)
    {
        if (response is null) throw new RpcException(new Status(StatusCode.Cancelled, "No message returned from method."));
        if (call.Status.StatusCode != StatusCode.OK) return;
        // Not flushed: the message and the trailers leave together.
        await call.WriteAsync(response, method.ResponseMarshaller.ContextualSerializer, null, flush: false, CancellationToken.None);
    }

    /// <summary>HTTP's own limits are those of short requests; here messages are limited, and a stream may be long and slow.</summary>
    private void LiftHttpLimits(HttpContext http)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { } size)
        {
            if (size.IsReadOnly) GrpcServerLog.BodyLimitStays(logger, method.FullName);
            else size.MaxRequestBodySize = null;
        }

        if (method.Type is MethodType.Unary) return;
        if (method.Type is not MethodType.ServerStreaming && http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
            rate.MinDataRate = null;
        if (http.GetEndpoint()?.Metadata.GetMetadata<RequestTimeoutAttribute>() is null)
            http.Features.Get<IHttpRequestTimeoutFeature>()?.DisableTimeout();
    }
}
