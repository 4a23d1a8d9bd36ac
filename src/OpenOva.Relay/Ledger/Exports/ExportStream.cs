namespace OpenOva.Relay.Ledger.Exports;

/// <summary>One organisation's way through one exporter, as the replica that exports knows it. Times are the provider's timestamps.</summary>
internal sealed class ExportStream(string organisation, ExportPosition confirmed)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private readonly Queue<(ExportPosition Position, long Connection, long At)> _unconfirmed = new();
    private long? _failingSince;
    private long _failedAt;
    private TimeSpan _pause;

    public string Organisation => organisation;

    /// <summary>What has arrived, as the database knows it.</summary>
    public ExportPosition Confirmed { get; private set; } = confirmed;

    /// <summary>What was sent.</summary>
    public ExportPosition Sent { get; private set; } = confirmed;

    public bool IsFailing => _failingSince is not null;

    public bool MayTry(TimeProvider time) => !IsFailing || time.GetElapsedTime(_failedAt) >= _pause;

    /// <summary>Whether it has failed for this long without a success.</summary>
    public bool HasFailedFor(TimeSpan span, TimeProvider time) => _failingSince is { } since && time.GetElapsedTime(since) >= span;

    public void NoteSent(ExportPosition to, long connection, TimeProvider time)
    {
        Sent = to;
        _unconfirmed.Enqueue((to, connection, time.GetTimestamp()));
    }

    /// <summary>The furthest position that counts as arrived by now; null: nothing new does.</summary>
    public ExportPosition? Arrived(long connection, TimeSpan after, TimeProvider time)
    {
        if (_unconfirmed.TryPeek(out var first) && first.Connection != connection)
        {
            Rewind();
            return null;
        }

        ExportPosition? arrived = null;
        while (_unconfirmed.TryPeek(out var next) && next.Connection == connection && time.GetElapsedTime(next.At) >= after) arrived = _unconfirmed.Dequeue().Position;
        return arrived;
    }

    public void Confirm(ExportPosition to) => Confirmed = to;

    /// <summary>Sends again what is not confirmed.</summary>
    public void Rewind()
    {
        _unconfirmed.Clear();
        Sent = Confirmed;
    }

    /// <summary>True: it went well until now.</summary>
    public bool Fail(TimeSpan ceiling, TimeProvider time)
    {
        _failedAt = time.GetTimestamp();
        _pause = IsFailing ? TimeSpan.FromTicks(Math.Min(2 * _pause.Ticks, ceiling.Ticks)) : FirstPause;
        if (IsFailing) return false;
        _failingSince = _failedAt;
        return true;
    }

    /// <summary>True: it failed until now.</summary>
    public bool Succeed()
    {
        if (!IsFailing) return false;
        _failingSince = null;
        return true;
    }
}
