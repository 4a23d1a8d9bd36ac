namespace OpenOva.Relay.Ledger;

/// <summary>
/// Ids of ledger events: UUIDv7 whose order is the order in which this process made them, also within a millisecond, so that events of one transaction
/// keep their order (RFC 9562 section 6.2, method 1: a counter in the bits after the timestamp).
/// </summary>
internal sealed class EventIds(TimeProvider time)
{
    private const int CounterBits = 12;
    private readonly Lock _gate = new();
    private long _lastMs;
    private int _counter;

    /// <summary>The next id, 36 lower-case characters.</summary>
    public string Next()
    {
        long ms;
        int counter;
        lock (_gate)
        {
            ms = Math.Max(time.GetUtcNow().ToUnixTimeMilliseconds(), _lastMs);
            if (ms > _lastMs) _counter = 0;
            else if (++_counter == 1 << CounterBits) (ms, _counter) = (ms + 1, 0);
            (_lastMs, counter) = (ms, _counter);
        }

        Span<byte> bytes = stackalloc byte[16];
        Guid.CreateVersion7(DateTimeOffset.FromUnixTimeMilliseconds(ms)).TryWriteBytes(bytes, bigEndian: true, out _);
        bytes[6] = (byte)(0x70 | counter >> 8);
        bytes[7] = (byte)counter;
        return new Guid(bytes, bigEndian: true).ToString("D");
    }
}
