using System.Threading.Channels;

namespace OpenOva.Relay.Connections;

/// <summary>Reads the folder when it reports a change, and every so often although it does not. Does nothing where declarations come from elsewhere.</summary>
internal sealed class FolderWatch(
    ConnectionCatalog catalog, ResourceFolder folder, ResourceHealth health, ConnectionsOptions options, TimeProvider time, ILogger<FolderWatch> log) : BackgroundService
{
    private readonly Channel<bool> _signals =
        Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.Kubernetes.IsConfigured)
            return;
        await ReloadAsync(mustRead: true, cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    /// <summary>Reads once. A folder that cannot be read changes nothing: what is in use stays in use.</summary>
    /// <param name="mustRead">At start: a folder that cannot be read ends it.</param>
    public async Task ReloadAsync(bool mustRead, CancellationToken cancellation)
    {
        IReadOnlyList<ResourceFile>? files = null;
        var answers = true;
        try
        {
            files = await folder.ReadChangedAsync(cancellation);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException && !mustRead)
        {
            ConnectionsLog.FolderNotRead(log, e);
            answers = false;
        }
        health.Note("folder", answers);
        await catalog.TakeAsync(files, cancellation);
        if (answers)
            health.Taken();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var files = new FileSystemWatcher(options.Folder);
        files.Created += Signal;
        files.Changed += Signal;
        files.Deleted += Signal;
        files.Renamed += Signal;
        // An overflow of the kernel's queue: something changed, and which is told by reading.
        files.Error += (_, _) => _signals.Writer.TryWrite(true);
        files.EnableRaisingEvents = true;

        using var rescan = new PeriodicTimer(options.RescanInterval, time);
        var due = rescan.WaitForNextTickAsync(stoppingToken).AsTask();
        var signalled = _signals.Reader.WaitToReadAsync(stoppingToken).AsTask();
        try
        {
            // What changed between the reload at start and the watch.
            await ReloadAsync(mustRead: false, stoppingToken);
            while (true)
            {
                await await Task.WhenAny(due, signalled);
                if (due.IsCompleted)
                    due = rescan.WaitForNextTickAsync(stoppingToken).AsTask();
                if (signalled.IsCompleted)
                {
                    _signals.Reader.TryRead(out _);
                    signalled = _signals.Reader.WaitToReadAsync(stoppingToken).AsTask();
                }
                await ReloadAsync(mustRead: false, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    private void Signal(object sender, FileSystemEventArgs e) => _signals.Writer.TryWrite(true);
}
