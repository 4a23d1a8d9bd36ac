namespace OpenOva.Relay.Telemetry;

/// <summary>Runs all probes at once, each bounded.</summary>
internal sealed class Readiness(IEnumerable<IReadinessProbe> probes, IEnumerable<IReadinessDetail> details, ILogger<Readiness> logger)
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(2);

    /// <summary>By probe, whether it succeeded. Why one did not stands in the log alone: the answer is public.</summary>
    public async Task<SortedDictionary<string, bool>> CheckAsync(CancellationToken cancellation)
    {
        var outcomes = await Task.WhenAll(probes.Where(probe => probe.Decides).Select(probe => CheckAsync(probe, cancellation)));
        return new SortedDictionary<string, bool>(outcomes.ToDictionary(outcome => outcome.Name, outcome => outcome.Ready), StringComparer.Ordinal);
    }

    /// <summary>The same of all probes and details alike, without a word in the log: whoever asks every few seconds tells of changes himself.</summary>
    public async Task<SortedDictionary<string, bool>> CheckAllAsync(CancellationToken cancellation)
    {
        var outcomes = await Task.WhenAll(probes.Select(probe => CheckAsync(probe, cancellation, quiet: true)));
        var found = new SortedDictionary<string, bool>(StringComparer.Ordinal);
        foreach (var (name, ready) in outcomes) found[name] = ready && found.GetValueOrDefault(name, true);
        foreach (var detail in details) found[detail.Name] = detail.IsWell && found.GetValueOrDefault(detail.Name, true);
        return found;
    }

    private async Task<(string Name, bool Ready)> CheckAsync(IReadinessProbe probe, CancellationToken cancellation, bool quiet = false)
    {
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        bounded.CancelAfter(Bound);
        try
        {
            // Task.Run and WaitAsync: a probe that blocks or ignores its token must not hold up the answer.
            await Task.Run(() => probe.CheckAsync(bounded.Token), bounded.Token).WaitAsync(bounded.Token);
            return (probe.Name, true);
        }
        catch (Exception exception) when (!cancellation.IsCancellationRequested)
        {
            if (!quiet) logger.NotReady(exception, probe.Name);
            return (probe.Name, false);
        }
    }
}
