using System.Collections.Concurrent;
using OpenOva.Relay.Telemetry;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Sessions;

/// <summary>The sessions that this replica carries now.</summary>
internal sealed class LiveSessions(SessionsOptions options, RelayMetrics metrics)
{
    private readonly ConcurrentDictionary<string, SessionTunnel?> _sessions = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _organisations = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, SessionOutcome> _ordered = new(StringComparer.Ordinal);
    private volatile bool _closed;
    private volatile SessionOutcome? _closing;
    private int _places;

    public int Count => _sessions.Count;

    /// <summary>How many of each organisation's.</summary>
    public IReadOnlyDictionary<string, int> CountByOrganisation() => _organisations.Values.CountBy(organisation => organisation).ToDictionary(StringComparer.Ordinal);

    /// <summary>Takes a place; dispose what is returned to free it.</summary>
    /// <exception cref="RelayException">LIMIT_REACHED, REPLICA_LOST while the replica stops, or TICKET_REFUSED: somebody redeems its ticket just now.</exception>
    public IDisposable Enter(SessionRow session)
    {
        if (_closed) throw new RelayException(ErrorReason.ReplicaLost);
        if (Interlocked.Increment(ref _places) > options.MaxSessions)
        {
            Interlocked.Decrement(ref _places);
            throw new RelayException(ErrorReason.LimitReached, ("limit", "Relay:Sessions:MaxSessions"));
        }

        // One at a time: a second holder of the ticket must not share the place, or leave with the first one's.
        if (!_sessions.TryAdd(session.Id, null))
        {
            Interlocked.Decrement(ref _places);
            throw new RelayException(ErrorReason.TicketRefused);
        }

        _organisations[session.Id] = session.Organisation;
        KeyValuePair<string, object?>[] labels = [new("protocol", session.Protocol), new("organisation", session.Organisation)];
        metrics.ActiveSessions.Add(1, labels);
        return new Place(() =>
        {
            _organisations.TryRemove(session.Id, out _);
            _sessions.TryRemove(session.Id, out _);
            _ordered.TryRemove(session.Id, out _);
            Interlocked.Decrement(ref _places);
            metrics.ActiveSessions.Add(-1, labels);
        });
    }

    /// <summary>Makes a session endable from outside.</summary>
    public void Attach(string id, SessionTunnel tunnel)
    {
        _sessions[id] = tunnel;
        if (_closing is { } closing) tunnel.End(closing);
        if (_ordered.TryGetValue(id, out var ordered)) tunnel.End(ordered);
    }

    /// <summary>Ends one session, also one that is only being connected. False: it is not here.</summary>
    public bool End(string id, SessionOutcome outcome)
    {
        if (!_sessions.ContainsKey(id)) return false;
        // Noted before looking for the tunnel, so that one which is attached meanwhile finds it.
        _ordered[id] = outcome;
        if (_sessions.TryGetValue(id, out var tunnel)) tunnel?.End(outcome);
        else _ordered.TryRemove(id, out _);
        return true;
    }

    /// <summary>Locks or unlocks a session. False: it is not here, or not connected yet.</summary>
    public bool Lock(string id, bool locked)
    {
        if (!_sessions.TryGetValue(id, out var tunnel) || tunnel is null) return false;
        tunnel.Lock(locked);
        return true;
    }

    /// <summary>A session that is carried here; null: it is not, or not connected yet.</summary>
    public SessionTunnel? Find(string id) => _sessions.GetValueOrDefault(id);

    public bool Has(string id) => _sessions.ContainsKey(id);

    /// <summary>Moves a session's end. False: it is not here, or not connected yet.</summary>
    public bool Extend(string id, long untilUs)
    {
        if (!_sessions.TryGetValue(id, out var tunnel) || tunnel is null) return false;
        tunnel.Extend(untilUs);
        return true;
    }

    /// <summary>Tells the persons of all sessions.</summary>
    public void NotifyAll(SessionNotice notice)
    {
        foreach (var tunnel in _sessions.Values) tunnel?.Notify(notice);
    }

    /// <summary>Takes no more sessions.</summary>
    public void Close() => _closed = true;

    /// <summary>Ends all sessions, also those that are only being connected; with <paramref name="forGood"/> no more are taken.</summary>
    public void EndAll(SessionOutcome outcome, bool forGood)
    {
        if (forGood) (_closed, _closing) = (true, outcome);
        foreach (var id in _sessions.Keys) End(id, outcome);
    }

    private sealed class Place(Action leave) : IDisposable
    {
        private Action? _leave = leave;

        public void Dispose() => Interlocked.Exchange(ref _leave, null)?.Invoke();
    }
}
