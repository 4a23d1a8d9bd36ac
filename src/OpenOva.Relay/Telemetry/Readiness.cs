namespace OpenOva.Relay.Telemetry;

/// <summary>Runs all probes at once, each bounded.</summary>
internal sealed class Readiness(IEnumerable<IReadinessProbe> probes, ILogger<Readiness> logger)
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(2);

    /// <summary>By probe, whether it succeeded. Why one did not stands in the log alone: the answer is public.</summary>
    public async Task<SortedDictionary<string, bool>> CheckAsync(CancellationToken cancellation)
    {
        var outcomes = await Task.WhenAll(probes.Select(probe => CheckAsync(probe, cancellation)));
        return new SortedDictionary<string, bool>(outcomes.ToDictionary(outcome => outcome.Name, outcome => outcome.Ready), StringComparer.Ordinal);
    }

    /// <summary>Whether this process may be sent work, by what <see cref="CheckAsync(CancellationToken)"/> found.</summary>
    public bool IsReady(IReadOnlyDictionary<string, bool> outcomes) => probes.All(probe => !probe.Decides || outcomes[probe.Name]);

    private async Task<(string Name, bool Ready)> CheckAsync(IReadinessProbe probe, CancellationToken cancellation)
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
            logger.NotReady(exception, probe.Name);
            return (probe.Name, false);
        }
    }
}
