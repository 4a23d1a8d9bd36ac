using System.Text.Json.Nodes;
using OpenOva.Relay.Telemetry;

namespace OpenOva.Relay.Identity;

/// <summary>
/// One refused token, or <see cref="Count"/> of them of one reason. Organisation and issuer are those of a configured issuer, or null
/// where the token named none.
/// </summary>
internal sealed record RefusedTokenEvent(string? Organisation, string? Issuer, TokenRefusal Reason, int Count, DateTimeOffset First, DateTimeOffset Last)
{
    /// <summary>The data of the event <c>token.refused</c>.</summary>
    public JsonObject ToLedgerData() => new()
    {
        ["reason"] = Reason.Label(),
        ["issuer"] = Issuer,
        ["count"] = Count,
        ["first_us"] = Microseconds(First),
        ["last_us"] = Microseconds(Last),
    };

    private static long Microseconds(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}

/// <summary>
/// Counts refused tokens and holds what the ledger should learn of them: in each minute the first few of a (issuer, reason) one by one,
/// the rest as one count. Memory is bounded by configured issuers times reasons; a stranger can add to a count and to nothing else.
/// </summary>
internal sealed class RefusedTokens
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<(string? Organisation, string? Issuer, TokenRefusal Reason), Tally> _tallies = [];
    private readonly int _perMinute;
    private readonly RelayMetrics _metrics;
    private readonly ILogger<RefusedTokens> _log;
    private readonly TimeProvider _time;

    public RefusedTokens(IdentityOptions options, RelayMetrics metrics, TimeProvider time, ILogger<RefusedTokens> log)
    {
        _perMinute = options.RefusalsPerMinute;
        _time = time;
        _log = log;
        _metrics = metrics;
    }

    public void Record(TokenResult refused, string path)
    {
        var now = _time.GetUtcNow();
        _metrics.AuthFailures.Add(1, new KeyValuePair<string, object?>("reason", refused.Refusal.Label()));
        bool isSingle;
        lock (_gate)
        {
            var key = (refused.Organisation, refused.Issuer, refused.Refusal);
            if (!_tallies.TryGetValue(key, out var tally))
                _tallies[key] = tally = new Tally(now);
            isSingle = tally.Add(now, _perMinute);
        }
        // The log is bounded like the ledger: a flood must not fill a disk.
        if (isSingle)
            IdentityLog.TokenRefused(_log, refused.Refusal.Label(), refused.Issuer, path);
    }

    /// <summary>
    /// Hands what is due to <paramref name="stage"/>: single events at once, a count when its minute is over. What
    /// <paramref name="stage"/> throws on is kept, folded into counts, and handed over again the next time.
    /// </summary>
    public async Task FlushAsync(Func<IReadOnlyList<RefusedTokenEvent>, CancellationToken, Task> stage, CancellationToken cancellation)
    {
        List<RefusedTokenEvent> due = [];
        lock (_gate)
        {
            var now = _time.GetUtcNow();
            foreach (var (key, tally) in _tallies)
                tally.Take(due, key, now);
            foreach (var key in _tallies.Where(entry => entry.Value.IsOver(now)).Select(entry => entry.Key).ToList())
                _tallies.Remove(key);
        }
        if (due.Count == 0)
            return;
        try
        {
            await stage(due, cancellation);
        }
        catch (Exception e)
        {
            GiveBack(due);
            if (e is OperationCanceledException && cancellation.IsCancellationRequested)
                throw;
            IdentityLog.RefusalsNotStaged(_log, e);
        }
    }

    /// <summary>Flushes every <paramref name="interval"/> until cancelled, and once more at the end.</summary>
    public async Task RunAsync(Func<IReadOnlyList<RefusedTokenEvent>, CancellationToken, Task> stage, TimeSpan interval, CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(interval, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellation))
                await FlushAsync(stage, cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            await FlushAsync(stage, CancellationToken.None);
        }
    }

    private void GiveBack(List<RefusedTokenEvent> events)
    {
        lock (_gate)
        {
            foreach (var kept in events)
            {
                var key = (kept.Organisation, kept.Issuer, kept.Reason);
                if (!_tallies.TryGetValue(key, out var tally))
                    _tallies[key] = tally = new Tally(kept.First);
                tally.Fold(kept);
            }
        }
    }

    private sealed class Tally(DateTimeOffset opened)
    {
        private readonly List<DateTimeOffset> _singles = [];
        private int _seen;
        private int _counted;
        private DateTimeOffset _first;
        private DateTimeOffset _last;

        public bool Add(DateTimeOffset at, int limit)
        {
            if (IsOver(at) && _counted == 0 && _singles.Count == 0)
            {
                opened = at;
                _seen = 0;
            }
            if (_seen < limit)
            {
                _seen++;
                _singles.Add(at);
                return true;
            }
            Count(at, at, 1);
            return false;
        }

        public void Fold(RefusedTokenEvent kept) => Count(kept.First, kept.Last, kept.Count);

        public bool IsOver(DateTimeOffset now) => now - opened >= Window;

        public void Take(List<RefusedTokenEvent> due, (string? Organisation, string? Issuer, TokenRefusal Reason) key, DateTimeOffset now)
        {
            due.AddRange(_singles.Select(at => new RefusedTokenEvent(key.Organisation, key.Issuer, key.Reason, 1, at, at)));
            _singles.Clear();
            if (_counted == 0 || !IsOver(now))
                return;
            due.Add(new RefusedTokenEvent(key.Organisation, key.Issuer, key.Reason, _counted, _first, _last));
            _counted = 0;
        }

        private void Count(DateTimeOffset first, DateTimeOffset last, int count)
        {
            _first = _counted == 0 || first < _first ? first : _first;
            _last = _counted == 0 || last > _last ? last : _last;
            _counted = (int)Math.Min((long)_counted + count, int.MaxValue);
        }
    }
}
