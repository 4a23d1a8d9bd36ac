using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;
using OpenOva.Relay.Database;
using OpenOva.Relay.ObjectStorage;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Web;

/// <summary>
/// Tells every failure of a gRPC call by the error table. What is no expected failure becomes INTERNAL with a correlation id, under which
/// the log has it; its text never leaves the process.
/// </summary>
internal sealed class ErrorInterceptor(TimeProvider time, ILogger<ErrorInterceptor> log) : Interceptor
{
    public const string DetailsTrailer = "grpc-status-details-bin";

    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) =>
        GuardAsync(context, () => continuation(request, context));

    public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation) =>
        GuardAsync(context, () => continuation(requestStream, context));

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation) =>
        GuardAsync(context, async () =>
        {
            await continuation(request, responseStream, context);
            return true;
        });

    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation) =>
        GuardAsync(context, async () =>
        {
            await continuation(requestStream, responseStream, context);
            return true;
        });

    private async Task<T> GuardAsync<T>(ServerCallContext context, Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (RelayException e)
        {
            ErrorLog.CallFailed(log, context.Method, ErrorTable.Of(e.Reason).Name, e.InnerException is null ? null : e);
            throw Told(e.Reason, e.Details);
        }
        catch (Exception e) when (e is DatabaseUnavailableException or ObjectStoreUnavailableException)
        {
            ErrorLog.CallFailed(log, context.Method, ErrorTable.Of(ErrorReason.BackendUnavailable).Name, e);
            throw Told(ErrorReason.BackendUnavailable, new Dictionary<string, string>());
        }
        catch (OperationCanceledException) when (context.CancellationToken.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.Cancelled, "Cancelled."));
        }
        // The transport's own complaints (a message too large, a broken frame) have fixed wording.
        catch (RpcException)
        {
            throw;
        }
        catch (Exception e)
        {
            var correlation = Guid.CreateVersion7(time.GetUtcNow()).ToString();
            ErrorLog.CallBroke(log, context.Method, correlation, e);
            throw Told(ErrorReason.Internal, new Dictionary<string, string> { ["correlation"] = correlation });
        }
    }

    private static RpcException Told(ErrorReason reason, IReadOnlyDictionary<string, string> details)
    {
        var row = ErrorTable.Of(reason);
        var trailers = new Metadata { { DetailsTrailer, ErrorAnswer.StatusOf(reason, details).ToByteArray() } };
        return new RpcException(new Status(row.GrpcCode, row.Text), trailers);
    }
}
