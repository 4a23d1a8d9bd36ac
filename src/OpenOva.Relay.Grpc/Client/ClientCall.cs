using Grpc.Core;
using Grpc.Protocol;

namespace Grpc.Net.Client;

/// <summary>One call on the client: how it starts and how it ends. What goes over HTTP stands in the other parts.</summary>
internal sealed partial class ClientCall<TRequest, TResponse> : IDisposable
    where TRequest : class
    where TResponse : class
{
    private readonly GrpcChannel _channel;
    private readonly Method<TRequest, TResponse> _method;
    private readonly string? _host;
    private readonly CallOptions _options;
    private readonly CancellationTokenSource _abort = new();
    private readonly TaskCompletionSource<Metadata> _headers = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<TResponse> _response = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<MessageReader<TResponse>> _responses = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private CancellationTokenRegistration _onCancel;
    private CancellationTokenRegistration _onClose;
    private ITimer? _deadline;
    private (Status Status, Metadata Trailers)? _end;

    public ClientCall(GrpcChannel channel, Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        channel.ThrowIfDisposed();
        _channel = channel;
        _method = method;
        _host = host;
        _options = options;
    }

    public Task<Metadata> Headers => _headers.Task;

    public Task<TResponse> Response => _response.Task;

    public Task<MessageReader<TResponse>> Responses => _responses.Task;

    public CancellationToken Aborted => _abort.Token;

    public CallOptions Options => _options;

    public Status GetStatus()
    {
        lock (_gate) return _end?.Status ?? throw new InvalidOperationException("Unable to get the status because the call is not complete.");
    }

    public Metadata GetTrailers()
    {
        lock (_gate)
        {
            return _end?.Trailers
                ?? throw new InvalidOperationException("Can't get the call trailers because the call has not completed successfully.");
        }
    }

    public bool TryGetEnd(out Status status)
    {
        lock (_gate)
        {
            status = _end?.Status ?? default;
            return _end is not null;
        }
    }

    /// <summary>Ends the call as cancelled, unless it has ended.</summary>
    public void Cancel(CancellationToken cause) =>
        End(new Status(StatusCode.Cancelled, "Call canceled by the client.", new OperationCanceledException(cause)), []);

    public void Dispose() => End(new Status(StatusCode.Cancelled, "gRPC call disposed."), []);

    /// <summary>The exception that tells the caller of <paramref name="status"/>.</summary>
    public Exception Failure(Status status)
    {
        Metadata trailers;
        lock (_gate) trailers = _end?.Trailers ?? [];
        var failure = new RpcException(status, trailers);
        var own = status.StatusCode is StatusCode.Cancelled or StatusCode.DeadlineExceeded && _abort.IsCancellationRequested;
        return own && _channel.ThrowOperationCanceled
            ? new OperationCanceledException(status.Detail, failure, _options.CancellationToken)
            : failure;
    }

    /// <summary>Ends the call: the first end counts. Whatever still waits for something of the call learns of it.</summary>
    public void End(Status status, Metadata trailers, TResponse? response = null)
    {
        lock (_gate)
        {
            if (_end is not null) return;
            _end = (status, trailers);
        }

        _deadline?.Dispose();
        _onCancel.Unregister();
        _onClose.Unregister();
        if (status.StatusCode is not StatusCode.OK)
            GrpcClientLog.CallFailed(_channel.Logger, _method.FullName, status.StatusCode, status.Detail, status.DebugException);
        // Also after a good end: requests that the server no longer wants are given up, and what is left of the exchange is released.
        if (response is null || _requests is not null) _abort.Cancel();
        if (response is not null) _response.TrySetResult(response);
        else FailWaiters(Failure(status));
        _requests?.Release();
        _http?.Dispose();
        _ended.TrySetResult();
    }

    /// <summary>Waits a moment for the server's own word on why it takes no more requests.</summary>
    public async Task<bool> EndsSoonAsync() =>
        await Task.WhenAny(_ended.Task, Task.Delay(TimeSpan.FromSeconds(1), _channel.Time, CancellationToken.None)) == _ended.Task;

    private void FailWaiters(Exception failure)
    {
        Fail(_response, failure);
        Fail(_headers, failure);
        Fail(_responses, failure);
    }

    private static void Fail<T>(TaskCompletionSource<T> source, Exception failure)
    {
        if (!source.TrySetException(failure)) return;
        // The caller learns of the same failure in another place and need not look here.
        _ = source.Task.Exception;
    }

    /// <summary>Starts the deadline and the tokens; false if the call has ended already.</summary>
    private bool Arm()
    {
        if (_options.Deadline is { } deadline)
        {
            if (deadline.Kind is not DateTimeKind.Utc && deadline != DateTime.MaxValue && deadline != DateTime.MinValue)
                throw new InvalidOperationException("Deadline must have a kind DateTimeKind.Utc or be equal to DateTime.MaxValue or DateTime.MinValue.");
            if (Remaining <= TimeSpan.Zero) End(new Status(StatusCode.DeadlineExceeded, ""), []);
            else if (Remaining < GrpcTimeout.Longest)
                _deadline = _channel.Time.CreateTimer(static call => ((ClientCall<TRequest, TResponse>)call!).PassDeadline(), this, Remaining, Timeout.InfiniteTimeSpan);
        }

        _onCancel = _options.CancellationToken.Register(
            static (call, token) => ((ClientCall<TRequest, TResponse>)call!).Cancel(token), this);
        _onClose = _channel.Closing.Register(static call => ((ClientCall<TRequest, TResponse>)call!).Dispose(), this);
        if (!TryGetEnd(out _)) return true;
        // It may have ended while these were being set.
        _deadline?.Dispose();
        _onCancel.Unregister();
        _onClose.Unregister();
        return false;
    }

    private TimeSpan Remaining =>
        _options.Deadline is { } deadline && deadline != DateTime.MaxValue ? deadline - _channel.Time.GetUtcNow().UtcDateTime : TimeSpan.MaxValue;

    private void PassDeadline() => End(new Status(StatusCode.DeadlineExceeded, ""), []);
}
