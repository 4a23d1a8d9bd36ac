using Grpc.Core;
using Grpc.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Grpc.AspNetCore.Server;

/// <summary>
/// The deadline. When it passes, first the handler's token fires, then whatever the handler writes is dropped, then the client gets
/// DEADLINE_EXCEEDED, and last, if the handler goes on regardless, the stream is reset so that the client stops sending.
/// </summary>
internal sealed partial class HttpServerCall
{
    /// <summary>How long the handler has to end after its token has fired.</summary>
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time;
    private readonly Lock _deadlineGate = new();
    private TaskCompletionSource? _handlerEnded;
    private CancellationTokenSource? _cancellation;
    private CancellationToken _token;
    private ITimer? _timer;
    private Task? _passing;
    private bool _stopped;
    private TimeSpan _timeout;
    private DateTime _deadline = DateTime.MaxValue;

    protected override DateTime DeadlineCore => _deadline;

    protected override CancellationToken CancellationTokenCore => _token;

    private bool HasDeadlinePassed => _passing is not null;

    private void StartDeadline()
    {
        string? header = HttpContext.Request.Headers[GrpcHeaders.Timeout];
        if (header is null) return;
        if (!GrpcTimeout.TryParse(header, out _timeout))
        {
            GrpcServerLog.TimeoutIgnored(_logger, MethodCore);
            return;
        }

        _deadline = _time.GetUtcNow().UtcDateTime + _timeout;
        _handlerEnded = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        // Completing the response does not fire RequestAborted: the deadline needs a source of its own.
        _cancellation = CancellationTokenSource.CreateLinkedTokenSource(HttpContext.RequestAborted);
        _token = _cancellation.Token;
        _timer = _time.CreateTimer(static call => ((HttpServerCall)call!).OnTimer(), this, _timeout, Timeout.InfiniteTimeSpan);
    }

    private void OnTimer()
    {
        lock (_deadlineGate)
        {
            // Elsewhere than on this thread: cancelling runs the handler's continuations, which may want to stop this very timer.
            if (!_stopped) _passing = Task.Run(PassAsync, CancellationToken.None);
        }
    }

    private async Task PassAsync()
    {
        GrpcServerLog.DeadlineExceeded(_logger, MethodCore, _timeout);
        try
        {
            await _cancellation!.CancelAsync();
            Response.BodyWriter.CancelPendingFlush();
            await _response.WaitAsync(CancellationToken.None);
            try
            {
                if (_ended) return;
                _ended = true;
                _responseTrailers?.Clear();
                SetStatus(new Status(StatusCode.DeadlineExceeded, "Deadline Exceeded"));
            }
            finally
            {
                _response.Release();
            }

            await Response.CompleteAsync();
            // Completing only queues the trailers, and a reset overtakes what is queued. A handler that heeds its token ends now, and the
            // stream with it, in order; the reset is for one that does not.
            if (await Task.WhenAny(_handlerEnded!.Task, Task.Delay(s_grace, _time)) != _handlerEnded.Task) Reset();
        }
        catch (Exception e)
        {
            GrpcServerLog.AnswerFailed(_logger, MethodCore, e);
        }
    }

    /// <summary>After this the deadline does nothing more, and nothing of it is running.</summary>
    private async Task StopDeadlineAsync()
    {
        if (_timer is null) return;
        lock (_deadlineGate) _stopped = true;
        _handlerEnded!.TrySetResult();
        await _timer.DisposeAsync();
        if (_passing is not null) await _passing;
    }

    private void Reset()
    {
        const int Http2Cancel = 0x8;
        const int Http3RequestCancelled = 0x10c;
        if (HttpContext.Features.Get<IHttpResetFeature>() is { } feature)
            feature.Reset(HttpProtocol.IsHttp3(HttpContext.Request.Protocol) ? Http3RequestCancelled : Http2Cancel);
        else
            HttpContext.Abort();
    }
}
