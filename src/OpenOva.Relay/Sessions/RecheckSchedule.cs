using OpenOva.Relay.Identity.Recheck;

namespace OpenOva.Relay.Sessions;

/// <summary>When which account of one issuer is asked after next, and since when it was not answered for. Times are the monotonic clock's.</summary>
internal sealed class RecheckSchedule(RecheckOptions options, TimeProvider time)
{
    // Not answered is soon asked again: the grace runs.
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Entry> _accounts = new(StringComparer.Ordinal);

    /// <summary>
    /// The accounts that are due of those with live sessions, longest waiting first; others are forgotten. One that is new has just shown a token, and so
    /// is due after one interval.
    /// </summary>
    public IReadOnlyList<string> Due(IReadOnlyCollection<string> live)
    {
        lock (_gate)
        {
            foreach (var gone in _accounts.Keys.Except(live).ToList()) _accounts.Remove(gone);
            foreach (var subject in live) _accounts.TryAdd(subject, new Entry { AskedAt = time.GetTimestamp() });
            return [.. _accounts.Where(account => IsDue(account.Value)).OrderBy(account => account.Value.AskedAt).Select(account => account.Key)];
        }
    }

    public void Answered(string subject) => Note(subject, entry => (entry.AskedAt, entry.UnansweredSince) = (time.GetTimestamp(), null));

    /// <summary>True: the grace is over.</summary>
    public bool Unanswered(string subject)
    {
        var isOver = false;
        Note(subject, entry =>
        {
            entry.AskedAt = time.GetTimestamp();
            entry.UnansweredSince ??= entry.AskedAt;
            isOver = time.GetElapsedTime(entry.UnansweredSince.Value) >= options.Grace;
        });
        return isOver;
    }

    /// <summary>What followed from the answer could not be carried out: the account is due at once.</summary>
    public void Again(string subject) => Note(subject, entry => entry.IsAgain = true);

    private bool IsDue(Entry entry)
    {
        var interval = entry.UnansweredSince is not null && Retry < options.Interval ? Retry : options.Interval;
        return entry.IsAgain || time.GetElapsedTime(entry.AskedAt) >= interval;
    }

    private void Note(string subject, Action<Entry> note)
    {
        lock (_gate)
        {
            if (!_accounts.TryGetValue(subject, out var entry)) return;
            entry.IsAgain = false;
            note(entry);
        }
    }

    private sealed class Entry
    {
        public long AskedAt { get; set; }

        public long? UnansweredSince { get; set; }

        public bool IsAgain { get; set; }
    }
}
