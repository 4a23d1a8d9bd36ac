using System.Threading.Channels;

namespace OpenOva.Relay.Connections.Kubernetes;

/// <summary>
/// Keeps the catalogue as a Kubernetes API declares it. Nothing is taken before connections and policies have both been listed: a connection must not be open while what
/// guards it is still unknown.
/// </summary>
internal sealed class KubernetesSource(
    ConnectionCatalog catalog, ResourceStatusWriter statuses, KubernetesApi api, ResourceHealth health, ConnectionsOptions options, TimeProvider time,
    ILogger<KubernetesSource> log) : BackgroundService
{
    // What the ledger did not take and statuses that could not be written come again.
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(15);

    private readonly Channel<bool> _signals =
        Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!options.Kubernetes.IsConfigured)
            return;
        KubernetesWatch[] watches = [.. DeclaredKind.All.Select(kind => new KubernetesWatch(api, kind, options, health, time, log))];
        try
        {
            await Task.WhenAll([.. watches.Select(watch => watch.RunAsync(() => _signals.Writer.TryWrite(true), stoppingToken)), TakeAsync(watches, stoppingToken)]);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    private async Task TakeAsync(KubernetesWatch[] watches, CancellationToken cancellation)
    {
        IReadOnlyList<ResourceFile> taken = [];
        var isFirst = true;
        while (true)
        {
            await WaitAsync(cancellation);
            var known = watches.Select(watch => watch.Objects).ToArray();
            if (known.Contains(null))
                continue;
            DeclaredObject[] objects = [.. known.SelectMany(kind => kind!.Values)];
            ResourceFile[] files = [.. objects.Select(shown => shown.Read)];
            // A status of ours comes back as a change too: the reading is the same then.
            var isNew = isFirst || !files.SequenceEqual(taken, ReferenceEqualityComparer.Instance);
            await catalog.TakeAsync(isNew ? files : null, cancellation);
            (taken, isFirst) = (files, false);
            health.Taken();
            await statuses.WriteAsync(objects, catalog.Snapshot, cancellation);
        }
    }

    private async Task WaitAsync(CancellationToken cancellation)
    {
        using var period = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var due = Task.Delay(Period, time, period.Token);
        await Task.WhenAny(_signals.Reader.WaitToReadAsync(period.Token).AsTask(), due);
        await period.CancelAsync();
        cancellation.ThrowIfCancellationRequested();
        _signals.Reader.TryRead(out _);
    }
}
