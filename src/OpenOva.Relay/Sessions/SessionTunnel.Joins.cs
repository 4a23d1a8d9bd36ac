using OpenOva.Relay.Database;
using OpenOva.Relay.Sessions.Joins;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Sessions;

/// <summary>Who watches the session. All are gone before guacd is told that its person is.</summary>
internal sealed partial class SessionTunnel
{
    private static readonly TimeSpan JoinsClose = TimeSpan.FromSeconds(1);

    private readonly Lock _joinGate = new();
    private readonly List<SessionJoin> _joins = [];
    private bool _joinsOver;

    /// <summary>guacd's name for the connection, by which others join it: to be kept like a secret.</summary>
    public string GuacdId => _guacd.ConnectionId;

    /// <summary>Takes a watcher's place.</summary>
    /// <exception cref="RelayException">WRONG_STATE before the first frame (a join then would crash guacd) and after the end, or LIMIT_REACHED.</exception>
    public void Enter(SessionJoin join)
    {
        lock (_joinGate)
        {
            if (_joinsOver || !_connected.Task.IsCompletedSuccessfully) throw new RelayException(ErrorReason.WrongState);
            if (_joins.Count >= _options.MaxWatchers) throw new RelayException(ErrorReason.LimitReached, ("limit", "Relay:Sessions:MaxWatchers"));
            _joins.Add(join);
        }
    }

    /// <summary>The watcher sees something from now on; the person is told, if he is to be.</summary>
    public void Show(SessionJoin join)
    {
        bool isFirst;
        lock (_joinGate)
        {
            isFirst = !_joins.Exists(other => other.IsShown);
            join.IsShown = true;
        }

        if (isFirst) TellWatched(TunnelNoticeKind.Watched);
    }

    /// <summary>The watcher has gone, or never saw anything.</summary>
    public void Leave(SessionJoin join)
    {
        bool wasLast;
        lock (_joinGate)
        {
            _joins.Remove(join);
            wasLast = join.IsShown && !_joins.Exists(other => other.IsShown);
        }

        if (wasLast && !_ending.Task.IsCompleted) TellWatched(TunnelNoticeKind.Unwatched);
    }

    private void TellWatched(TunnelNoticeKind kind)
    {
        if (_options.TellWatched) Notify(new SessionNotice(kind, _time.GetUnixMicroseconds()));
    }

    private async Task EndJoinsAsync()
    {
        SessionJoin[] joins;
        lock (_joinGate) (_joinsOver, joins) = (true, [.. _joins]);
        foreach (var join in joins) join.End(JoinEndReason.SessionEnded);
        if (joins.Length > 0) await Task.WhenAny(Task.WhenAll(joins.Select(join => join.Closed)), Task.Delay(JoinsClose, _time));
    }
}
