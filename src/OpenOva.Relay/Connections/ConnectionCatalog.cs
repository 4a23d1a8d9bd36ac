namespace OpenOva.Relay.Connections;

/// <summary>The connections in use, and the policies that guard them. Reading is lock-free; a reload replaces the whole.</summary>
internal sealed class ConnectionCatalog(PublishResourceChanges publish, ILogger<ConnectionCatalog> log) : IDisposable
{
    private readonly SemaphoreSlim _taking = new(1);
    private readonly PublishedResources _published = new();
    private volatile CatalogSnapshot _snapshot = CatalogSnapshot.Empty;

    public CatalogSnapshot Snapshot => _snapshot;

    /// <summary>Takes into use what is declared now, as one, and publishes what changed.</summary>
    /// <param name="files">Everything that is declared; null where nothing new was read: what could not be published before is published then.</param>
    public async Task TakeAsync(IReadOnlyList<ResourceFile>? files, CancellationToken cancellation)
    {
        await _taking.WaitAsync(cancellation);
        try
        {
            if (files is not null)
                _snapshot = _snapshot.Next(files);
            await PublishAsync(cancellation);
        }
        finally
        {
            _taking.Release();
        }
    }

    public void Dispose() => _taking.Dispose();

    private async Task PublishAsync(CancellationToken cancellation)
    {
        try
        {
            var (changes, commit) = _published.ChangesTo(_snapshot);
            if (changes is { Changes: [], Declared: null })
                return;
            await publish(changes, cancellation);
            commit();
            foreach (var change in changes.Changes)
                Log(change);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            ConnectionsLog.ChangesNotPublished(log, e);
        }
    }

    private void Log(ResourceChange change)
    {
        if (change.Problem is { } problem)
            ConnectionsLog.DocumentInvalid(log, problem.ToString(), Consequence(change));
        else
            ConnectionsLog.ResourceChanged(log, change.What!.Value, change.Organisation!, change.Name!, change.Kind, change.Digest);
    }

    private string Consequence(ResourceChange change)
    {
        var organisation = change.Problem!.Organisation;
        if (change.Problem.MayBe(ResourceKind.Policy) && _snapshot.PoliciesInvalid(organisation ?? ""))
            return $"what it guards cannot be told: no session of {organisation ?? "any organisation"} may be opened";
        return change.Digest is null ? "nothing of it is in use" : "its last good version stays in use";
    }
}
