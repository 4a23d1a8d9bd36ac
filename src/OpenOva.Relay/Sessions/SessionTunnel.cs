using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence.Spool;
using OpenOva.Relay.Guacamole;
using OpenOva.Relay.Recordings;
using OpenOva.Relay.Sessions.Transfers;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Sessions;

/// <summary>What a tunnel carries.</summary>
/// <param name="Id">UUIDv7.</param>
/// <param name="Organisation">Whose session.</param>
/// <param name="Protocol">guacd's name.</param>
internal sealed record TunnelSubject(string Id, string Organisation, string Protocol);

/// <summary>
/// Carries one session between guacd and a person, and records it in the path:
/// <code>
/// guacd --(1)--> parse, classify --(2)--> recorder --(3)--> bounded queue --(4)--> person
/// guacd &lt;--(6)-- police, pointer to the recorder &lt;--(5)-- person
/// </code>
/// (1) never waits for (4): guacd is drained as fast as it sends, and a full queue cuts the person off. Nothing reaches (3) that (2) has not written.
/// The first cause to end the session wins; then guacd is drained, so that what was typed last leaves its trace.
/// </summary>
internal sealed partial class SessionTunnel
{
    private readonly TunnelSubject _subject;
    private readonly GuacdConnection _guacd;
    private readonly TargetParameters _parameters;
    private readonly SessionRecorder? _recorder;
    private readonly SpoolLog? _syncedSpool;
    private readonly IUserLink _link;
    private readonly SessionChannels _channels;
    private readonly SessionLimits _limits;
    private readonly Action<SessionNotice> _noticed;
    private readonly SessionsOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly UserQueue _queue;
    private readonly SyncWatch _watch;
    private readonly Lock _watchGate = new();
    private readonly TaskCompletionSource<SessionOutcome> _ending = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<long> _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    // The person knows that his session has begun: what he is told comes after that.
    private readonly TaskCompletionSource _told = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationToken _personLeft;
    private volatile bool _personGone;
    private volatile bool _locked;

    /// <param name="subject">What is carried.</param>
    /// <param name="guacd">After its handshake; the tunnel closes it.</param>
    /// <param name="parameters">Answer what guacd still asks for.</param>
    /// <param name="recorder">Null only where no recording is required.</param>
    /// <param name="syncedSpool">Not null: delivery waits until the spool is synced.</param>
    /// <param name="link">The person's end.</param>
    /// <param name="channels">What may cross besides.</param>
    /// <param name="limits">When it is cut.</param>
    /// <param name="noticed">Receives what the person was told, after it was written to him; must not block.</param>
    /// <param name="options">Limits of every session.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The log.</param>
    public SessionTunnel(
        TunnelSubject subject, GuacdConnection guacd, TargetParameters parameters, SessionRecorder? recorder, SpoolLog? syncedSpool, IUserLink link,
        SessionChannels channels, SessionLimits limits, Action<SessionNotice> noticed, SessionsOptions options, TimeProvider time, ILogger logger)
    {
        (_subject, _guacd, _parameters, _recorder, _syncedSpool, _link) = (subject, guacd, parameters, recorder, syncedSpool, link);
        (_channels, _limits, _noticed, _options, _time, _logger) = (channels, limits, noticed, options, time, logger);
        _queue = new UserQueue(options.ReaderQueueBytes);
        _watch = new SyncWatch(time, options.SyncLag);
    }

    /// <summary>Completes with the first sync's timestamp when the target has drawn its first frame; cancelled when it never does.</summary>
    public Task<long> Connected => _connected.Task;

    /// <summary>Ends the session for a reason of Relay's. The first cause wins.</summary>
    public void End(SessionOutcome outcome) => _ending.TrySetResult(outcome);

    /// <summary>The session is cut at another time than it was to be; the person is told.</summary>
    public void Extend(long untilUs)
    {
        _limits.Extend(untilUs);
        Notify(new SessionNotice(TunnelNoticeKind.Extended, untilUs));
    }

    /// <summary>Drops what the person does from now on, or no more; he is told.</summary>
    public void Lock(bool locked)
    {
        if (_locked == locked) return;
        _locked = locked;
        Notify(new SessionNotice(locked ? TunnelNoticeKind.Locked : TunnelNoticeKind.Unlocked, _time.GetUnixMicroseconds()));
    }

    /// <summary>Tells the person, if he is there and reads.</summary>
    public void Notify(SessionNotice notice) => _ = NotifyAsync(notice);

    /// <summary>Carries the session to its end.</summary>
    public async Task<SessionOutcome> RunAsync()
    {
        using var stop = new CancellationTokenSource();
        using var stopPerson = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
        _personLeft = stopPerson.Token;
        var fromGuacd = GuardAsync(FromGuacdAsync, SessionEndReason.GuacdLost, stop.Token);
        var toPerson = GuardAsync(ToPersonAsync, SessionEndReason.ClientLeft, stopPerson.Token);
        var fromPerson = GuardAsync(FromPersonAsync, SessionEndReason.ClientLeft, stopPerson.Token);
        var pulse = GuardAsync(PulseAsync, SessionEndReason.GuacdLost, stop.Token);
        var keepAlive = GuardAsync(_guacd.KeepAliveAsync, SessionEndReason.GuacdLost, stop.Token);

        var outcome = await _ending.Task;
        _connected.TrySetCanceled();
        if (!_connected.Task.IsCompletedSuccessfully) _told.TrySetCanceled();
        await SayGoodbyeAsync(outcome, EndJoinsAsync(), fromGuacd, toPerson, stopPerson);
        await stop.CancelAsync();
        await Task.WhenAll(fromGuacd, toPerson, fromPerson, pulse, keepAlive);
        _told.TrySetCanceled();
        await _guacd.DisposeAsync();
        return outcome;
    }

    // Whatever a loop dies of ends the session with a reason that names the side.
    private async Task GuardAsync(Func<CancellationToken, Task> loop, SessionEndReason ifLinkBreaks, CancellationToken cancellation)
    {
        try
        {
            await Task.Yield();
            await loop(cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The session has ended for another reason.
        }
        catch (SpoolFailedException exception)
        {
            _logger.RecorderFailed(_subject.Id, exception);
            End(SessionOutcome.Of(SessionEndReason.RecorderFailed, ErrorReason.RecorderFailed));
        }
        catch (GuacdException exception)
        {
            _logger.LinkBroke(_subject.Id, "guacd", exception);
            End(SessionOutcome.Of(SessionEndReason.GuacdLost, ErrorReason.GuacdProtocolError));
        }
        catch (Exception exception)
        {
            _logger.LinkBroke(_subject.Id, ifLinkBreaks == SessionEndReason.ClientLeft ? "the person's link" : "guacd's link", exception);
            End(ifLinkBreaks == SessionEndReason.ClientLeft
                ? SessionOutcome.Of(SessionEndReason.ClientLeft)
                : SessionOutcome.Of(ifLinkBreaks, ErrorReason.GuacdProtocolError));
        }
    }

    // Not waited for: a person who does not read must not hold up anything else.
    private async Task NotifyAsync(SessionNotice notice)
    {
        try
        {
            await _told.Task;
            if (await _link.NoticeAsync(notice, _personLeft)) _noticed(notice);
        }
        catch (Exception exception)
        {
            if (!_told.Task.IsCanceled && !_personLeft.IsCancellationRequested) _logger.LinkBroke(_subject.Id, "the person's link", exception);
        }
    }

    private async Task ToPersonAsync(CancellationToken cancellation)
    {
        await Connected.WaitAsync(cancellation);
        await _link.StartedAsync(cancellation);
        _told.TrySetResult();
        await _queue.WriteToAsync(_link, cancellation);
    }

    // Signs of life, and what must happen though nothing comes: answering guacd for a person who lags, giving up on a first frame, cutting. It waits for nobody.
    private async Task PulseAsync(CancellationToken cancellation)
    {
        var ticksABeat = Evidence.Recording.Heartbeat.PeriodMs / PulseMs;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(PulseMs), _time);
        var started = _time.GetTimestamp();
        _recorder?.Heartbeat();
        for (var tick = 1; await timer.WaitForNextTickAsync(cancellation); tick++)
        {
            FlushPointer();
            if (tick % ticksABeat == 0) _recorder?.Heartbeat();
            if (!_connected.Task.IsCompleted && _time.GetElapsedTime(started) > _options.FirstFrame)
                End(SessionOutcome.Of(SessionEndReason.ConnectFailed, ErrorReason.TargetTimeout));
            KeepLimits();
            AnswerForThePerson(cancellation);
        }
    }

    private void KeepLimits()
    {
        var (end, notice) = _limits.Look();
        if (end is not null) End(end);
        else if (notice is not null) Notify(notice);
    }

    private const int PulseMs = 500;
}
