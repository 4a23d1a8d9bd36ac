namespace OpenOva.Relay.Ledger;

/// <summary>Wakes the sequencer when a transaction that staged events has committed; otherwise it looks once a second.</summary>
internal sealed class LedgerSignal : IDisposable
{
    private readonly SemaphoreSlim _waiting = new(0, 1);

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

    /// <summary>Waits for a wake-up, or until the period is over.</summary>
    public Task WaitAsync(TimeSpan period, CancellationToken cancellation) => _waiting.WaitAsync(period, cancellation);

    public void Dispose() => _waiting.Dispose();
}
