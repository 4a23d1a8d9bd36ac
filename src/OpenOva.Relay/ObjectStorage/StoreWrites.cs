using OpenOva.Relay.Telemetry;

namespace OpenOva.Relay.ObjectStorage;

/// <summary>
/// Whether the store takes what is written to it: one that is full, or whose policy was changed, still answers readers. Nothing is written to find it out; the
/// last real write tells. So an outage goes on until something is stored again: whoever wrote tries again, and the outage's own event asks for a checkpoint.
/// </summary>
internal sealed class StoreWrites : IReadinessProbe
{
    private volatile string? _refusal;

    /// <summary>The store's own name: refused writes are its outage.</summary>
    public string Name => ObjectStorageServices.Component;

    /// <summary>While the spool takes what the store does not, sessions go on and are opened.</summary>
    public bool Decides => false;

    public Task CheckAsync(CancellationToken cancellation) =>
        _refusal is { } refusal ? Task.FromException(new ObjectStoreUnavailableException($"The last write failed: {refusal}")) : Task.CompletedTask;

    /// <summary>Makes a write, and keeps how it went.</summary>
    public async Task<T> WatchAsync<T>(Func<Task<T>> write)
    {
        try
        {
            var written = await write();
            _refusal = null;
            return written;
        }
        catch (ObjectStoreException exception) when (exception is not (ObjectAlreadyExistsException or ObjectChecksumException))
        {
            _refusal = exception.Message;
            throw;
        }
    }
}
