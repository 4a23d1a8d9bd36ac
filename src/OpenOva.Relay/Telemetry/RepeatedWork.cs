namespace OpenOva.Relay.Telemetry;

/// <summary>
/// Runs background work in rounds. A round that fails is counted, logged once until one succeeds, and followed by the next: a loop that ended by an exception would
/// stop the host, and with it every session that the replica carries.
/// </summary>
internal sealed class RepeatedWork(RelayMetrics metrics, TimeProvider time, ILogger<RepeatedWork> logger)
{
    /// <summary>A round, a pause, and so on until the host stops.</summary>
    /// <param name="name">As logs and metrics name it, of a fixed list.</param>
    public Task RunAsync(string name, TimeSpan pause, Func<CancellationToken, Task> round, CancellationToken stopping) =>
        RunAsync(name, () => pause, round, stopping);

    /// <inheritdoc cref="RunAsync(string, TimeSpan, Func{CancellationToken, Task}, CancellationToken)"/>
    public async Task RunAsync(string name, Func<TimeSpan> pause, Func<CancellationToken, Task> round, CancellationToken stopping)
    {
        var isFailing = false;
        while (!stopping.IsCancellationRequested)
        {
            isFailing = !await TryAsync(name, round, isFailing, stopping);
            await PauseAsync(pause(), stopping);
        }
    }

    /// <summary>Work that is to succeed once.</summary>
    public async Task UntilDoneAsync(string name, TimeSpan pause, Func<CancellationToken, Task> work, CancellationToken stopping)
    {
        var isFailing = false;
        while (!stopping.IsCancellationRequested && !await TryAsync(name, work, isFailing, stopping))
        {
            isFailing = true;
            await PauseAsync(pause, stopping);
        }
    }

    private async Task<bool> TryAsync(string name, Func<CancellationToken, Task> round, bool isFailing, CancellationToken stopping)
    {
        try
        {
            await round(stopping);
            if (isFailing) logger.RoundSucceeded(name);
            return true;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return true;
        }
        catch (Exception exception)
        {
            metrics.RoundsFailed.Add(1, new KeyValuePair<string, object?>("work", name));
            if (!isFailing) logger.RoundFailed(exception, name);
            return false;
        }
    }

    private async Task PauseAsync(TimeSpan pause, CancellationToken stopping) =>
        await Task.Delay(pause, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
