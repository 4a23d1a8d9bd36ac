using OpenOva.Relay.Database;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Sessions;

/// <summary>Something to tell the person.</summary>
internal sealed record SessionNotice(TunnelNoticeKind Kind, long AtUs);

/// <summary>
/// When a session is cut: at its end, and when its person does nothing for too long; each is announced before. Times run on the monotonic clock once they are
/// known, so that setting the clock neither cuts a session nor prolongs it.
/// </summary>
internal sealed class SessionLimits
{
    private static readonly TimeSpan EndNotice = TimeSpan.FromMinutes(1);

    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly TimeSpan? _idle;
    private readonly TimeSpan _idleWarn;
    private long _since;
    private TimeSpan? _left;
    private bool _endAnnounced;
    private long _lastInput;
    private bool _idleAnnounced;

    /// <param name="untilUs">When it is cut, microseconds UTC; null: never by time.</param>
    /// <param name="idle">Without input for this long; null: never for that.</param>
    /// <param name="idleWarn">How long before that the person is told.</param>
    /// <param name="time">The clock.</param>
    public SessionLimits(long? untilUs, TimeSpan? idle, TimeSpan idleWarn, TimeProvider time)
    {
        // Half of the limit at most: a person who types every now and then is not warned all the time.
        (_idle, _idleWarn, _time) = (idle, idle is { } limit && idleWarn > limit / 2 ? limit / 2 : idleWarn, time);
        _lastInput = time.GetTimestamp();
        if (untilUs is { } until) Extend(until);
    }

    public static SessionLimits Of(SessionRow session, TimeProvider time) => new(
        session.UntilUs, session.IdleSeconds is { } idle ? TimeSpan.FromSeconds(idle) : null, TimeSpan.FromSeconds(session.IdleWarnSeconds ?? 0), time);

    /// <summary>The session is cut then instead.</summary>
    public void Extend(long untilUs)
    {
        lock (_gate)
        {
            (_since, _left) = (_time.GetTimestamp(), TimeSpan.FromMicroseconds(untilUs - _time.GetUnixMicroseconds()));
            _endAnnounced = false;
        }
    }

    /// <summary>The person did something.</summary>
    public void Input()
    {
        lock (_gate) (_lastInput, _idleAnnounced) = (_time.GetTimestamp(), false);
    }

    /// <summary>Why the session is over now, and what is to be announced now; null: nothing.</summary>
    public (SessionOutcome? End, SessionNotice? Notice) Look()
    {
        lock (_gate)
        {
            if (_left - _time.GetElapsedTime(_since) is { } left)
            {
                if (left <= TimeSpan.Zero) return (SessionOutcome.Of(SessionEndReason.TimeOver, ErrorReason.SessionTimeOver), null);
                if (left <= EndNotice && !_endAnnounced)
                {
                    _endAnnounced = true;
                    return (null, In(TunnelNoticeKind.TimeOver, left));
                }
            }

            if (_idle - _time.GetElapsedTime(_lastInput) is not { } quiet) return default;
            if (quiet <= TimeSpan.Zero) return (SessionOutcome.Of(SessionEndReason.Idle, ErrorReason.SessionIdle), null);
            if (quiet > _idleWarn || _idleAnnounced) return default;
            _idleAnnounced = true;
            return (null, In(TunnelNoticeKind.Idle, quiet));
        }
    }

    private SessionNotice In(TunnelNoticeKind kind, TimeSpan left) => new(kind, _time.GetUnixMicroseconds() + (long)left.TotalMicroseconds);
}
