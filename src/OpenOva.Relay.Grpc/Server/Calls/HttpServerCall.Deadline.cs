using Grpc.Core;
using Grpc.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Grpc.AspNetCore.Server;

/// <summary>
/// The deadline. When it passes, first the handler's token fires, then whatever the handler writes is dropped, then the client gets
/// DEADLINE_EXCEEDED, and last the stream is reset so that the client stops sending.
/// </summary>
internal sealed partial class HttpServerCall
{
    /// <summary>How long the answer may take to leave before the stream is reset over it.</summary>
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time;
    private readonly Lock _deadlineGate = new();
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

            var completion = Response.CompleteAsync();
            var sent = await Task.WhenAny(completion, Task.Delay(s_grace, _time)) == completion;
            Reset(sent);
            await completion;
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
        await _timer.DisposeAsync();
        if (_passing is not null) await _passing;
    }

    /// <summary>NO_ERROR asks the client to stop sending, after a whole answer; CANCEL gives up an answer that the client does not take.</summary>
    private void Reset(bool answered)
    {
        if (HttpContext.Features.Get<IHttpResetFeature>() is not { } feature)
        {
            HttpContext.Abort();
            return;
        }

        var http3 = HttpProtocol.IsHttp3(HttpContext.Request.Protocol);
        feature.Reset((answered, http3) switch
        {
            (true, false) => 0x0,
            (false, false) => 0x8,
            (true, true) => 0x100,
            (false, true) => 0x10c,
        });
    }
}
