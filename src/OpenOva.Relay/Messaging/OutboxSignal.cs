namespace OpenOva.Relay.Messaging;

/// <summary>Wakes the publisher when a transaction that staged messages has committed; otherwise it looks at every sweep.</summary>
internal sealed class OutboxSignal(TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim _waiting = new(0, 1);

    public TimeProvider Time { get; } = time;

    public void Wake()
    {
        try
        {
            _waiting.Release();
        }
        catch (SemaphoreFullException)
        {
            // Somebody has woken it already; one look finds all rows.
        }
    }

    /// <summary>Returns when woken or after <paramref name="interval"/> of real time.</summary>
    public Task WaitAsync(TimeSpan interval, CancellationToken cancellation) => _waiting.WaitAsync(interval, cancellation);

    public void Dispose() => _waiting.Dispose();
}
