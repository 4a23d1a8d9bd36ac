namespace OpenOva.Relay.Connections;

/// <summary>The connections in use, and the policies that guard them. Reading is lock-free; a reload replaces the whole.</summary>
internal sealed class ConnectionCatalog(ResourceFolder folder, PublishResourceChanges publish, ILogger<ConnectionCatalog> log) : IDisposable
{
    private readonly SemaphoreSlim _reloading = new(1);
    private readonly PublishedResources _published = new();
    private volatile CatalogSnapshot _snapshot = CatalogSnapshot.Empty;

    public CatalogSnapshot Snapshot => _snapshot;

    /// <summary>
    /// Reads the folder and publishes what changed. A folder that cannot be read changes nothing: what is in use stays in use.
    /// </summary>
    /// <param name="mustRead">At start: a folder that cannot be read ends it.</param>
    public async Task ReloadAsync(bool mustRead, CancellationToken cancellation)
    {
        await _reloading.WaitAsync(cancellation);
        try
        {
            if (await folder.ReadChangedAsync(cancellation) is { } files)
                _snapshot = _snapshot.Next(files);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException && !mustRead)
        {
            ConnectionsLog.FolderNotRead(log, e);
        }
        finally
        {
            _reloading.Release();
        }
        await PublishAsync(cancellation);
    }

    public void Dispose() => _reloading.Dispose();

    private async Task PublishAsync(CancellationToken cancellation)
    {
        await _reloading.WaitAsync(cancellation);
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
        finally
        {
            _reloading.Release();
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
