namespace OpenOva.Relay.Sessions;

/// <summary>
/// Follows guacd's syncs and the person's answers. While an answer is later than the tolerated lag, he is behind: Relay answers guacd itself, and his input
/// is dropped, because he types at a picture that is no longer there. Not thread-safe.
/// </summary>
internal sealed class SyncWatch(TimeProvider time, TimeSpan lag)
{
    // guacd sends at most some tens of frames a second; what is older than the ring is late whatever it was.
    private const int RingSize = 256;
    private readonly (long Timestamp, long SentAt)[] _unanswered = new (long, long)[RingSize];
    private int _first;
    private int _count;
    private long? _last;
    private long? _answered;

    /// <summary>The newest sync's timestamp.</summary>
    public long? Last => _last;

    /// <summary>Whether the person's answers are too late now.</summary>
    public bool IsBehind => _count > 0 && time.GetElapsedTime(_unanswered[_first].SentAt) > lag;

    /// <summary>guacd sent a sync.</summary>
    public void Sent(long timestamp)
    {
        _last = timestamp;
        if (_count == RingSize)
        {
            // The oldest stays, since it tells the lag; the newest is replaced.
            _unanswered[(_first + _count - 1) % RingSize].Timestamp = timestamp;
            return;
        }

        _unanswered[(_first + _count++) % RingSize] = (timestamp, time.GetTimestamp());
    }

    /// <summary>The person answered. False: a timestamp that guacd never sent, which would make it drop him.</summary>
    public bool Answered(long timestamp)
    {
        if (_last is not { } last || timestamp > last) return false;
        while (_count > 0 && _unanswered[_first].Timestamp <= timestamp) (_first, _count) = ((_first + 1) % RingSize, _count - 1);
        return true;
    }

    /// <summary>The timestamp that guacd should be told now and was not told yet; null: none.</summary>
    public long? NextForGuacd(long timestamp)
    {
        if (_answered is { } told && timestamp <= told) return null;
        _answered = timestamp;
        return timestamp;
    }
}
