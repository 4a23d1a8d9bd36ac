using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>The responses of a streaming call.</summary>
internal sealed class ClientStreamReader<TRequest, TResponse>(ClientCall<TRequest, TResponse> call) : IAsyncStreamReader<TResponse>
    where TRequest : class
    where TResponse : class
{
    private int _reading;
    private TResponse? _current;

    public TResponse Current => _current ?? throw new InvalidOperationException("No current element is available.");

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _reading, 1) == 1)
            throw new InvalidOperationException("Can't read the next message because the previous read is still in progress.");
        try
        {
            _current = null;
            // A cancelled read ends the call: the message that it was to bring would be lost otherwise.
            using var onCancel = cancellationToken.Register(
                static (state, token) => ((ClientCall<TRequest, TResponse>)state!).Cancel(token), call);
            if (call.TryGetEnd(out var end)) return EndOr(end);
            try
            {
                var responses = await call.Responses;
                _current = await responses.ReadAsync(call.Aborted);
            }
            catch (Exception e)
            {
                return EndOr(call.EndByFailure("Error reading next message.", e));
            }

            return _current is not null || EndOr(call.EndByTrailers());
        }
        finally
        {
            Volatile.Write(ref _reading, 0);
        }
    }

    private bool EndOr(Status status) => status.StatusCode is StatusCode.OK ? false : throw call.Failure(status);
}

/// <summary>The requests of a streaming call.</summary>
internal sealed class ClientStreamWriter<TRequest, TResponse>(ClientCall<TRequest, TResponse> call, RequestStreamContent content)
    : IClientStreamWriter<TRequest>
    where TRequest : class
    where TResponse : class
{
    private int _writing;
    private bool _complete;

    public WriteOptions? WriteOptions { get; set; } = call.Options.WriteOptions;

    public Task WriteAsync(TRequest message) => WriteAsync(message, CancellationToken.None);

    public async Task WriteAsync(TRequest message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (Interlocked.Exchange(ref _writing, 1) == 1)
            throw new InvalidOperationException("Can't write the message because the previous write is in progress.");
        try
        {
            if (_complete) throw new InvalidOperationException("Request stream has already been completed.");
            using var onCancel = cancellationToken.Register(
                static (state, token) => ((ClientCall<TRequest, TResponse>)state!).Cancel(token), call);
            ThrowIfEnded();
            // Opened first: the call's headers, which decide on compression, have been made by then.
            var stream = await TransportAsync(() => content.OpenAsync(call.Aborted));
            using var frame = call.Frame(message, WriteOptions);
            await TransportAsync(async () =>
            {
                await stream.WriteAsync(frame.Written, call.Aborted);
                if (WriteOptions is null || !WriteOptions.Flags.HasFlag(WriteFlags.BufferHint)) await stream.FlushAsync(call.Aborted);
                return true;
            });
        }
        finally
        {
            Volatile.Write(ref _writing, 0);
        }
    }

    public Task CompleteAsync()
    {
        if (_complete) return Task.CompletedTask;
        if (_writing == 1) throw new InvalidOperationException("Can't complete the client stream writer because the previous write is in progress.");
        _complete = true;
        if (call.TryGetEnd(out var status) && status.StatusCode is not StatusCode.OK) return Task.FromException(call.Failure(status));
        content.Complete();
        return Task.CompletedTask;
    }

    /// <summary>Whatever the transport throws, the caller learns a status.</summary>
    private async Task<T> TransportAsync<T>(Func<Task<T>> operation)
    {
        try
        {
            return await operation();
        }
        catch (Exception e)
        {
            // Often the server has ended the call and said why: that counts, and not that the stream is closed. The call is not ended here,
            // because whoever reads the responses finds the status behind them.
            if (await call.EndsSoonAsync()) ThrowIfEnded();
            throw new RpcException(ResponseStatus.Of("Error writing message.", e));
        }
    }

    private void ThrowIfEnded()
    {
        if (!call.TryGetEnd(out var status)) return;
        throw status.StatusCode is StatusCode.OK
            ? new RpcException(status, "Can't write the message because the call is complete.")
            : call.Failure(status);
    }
}
