using System.Threading.Channels;

namespace OpenOva.Relay.Connections;

/// <summary>Reloads the catalogue when the folder reports a change, and every so often although it does not.</summary>
internal sealed class ConnectionWatcher(ConnectionCatalog catalog, ConnectionsOptions options, TimeProvider time) : BackgroundService
{
    private readonly Channel<bool> _signals =
        Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await catalog.ReloadAsync(mustRead: true, cancellationToken);
        await base.StartAsync(cancellationToken);
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
            await catalog.ReloadAsync(mustRead: false, stoppingToken);
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
                await catalog.ReloadAsync(mustRead: false, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    private void Signal(object sender, FileSystemEventArgs e) => _signals.Writer.TryWrite(true);
}
