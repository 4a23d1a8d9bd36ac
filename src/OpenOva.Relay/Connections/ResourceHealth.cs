using System.Collections.Concurrent;
using OpenOva.Relay.Telemetry;

namespace OpenOva.Relay.Connections;

/// <summary>
/// Whether declarations have been read at all, without which this replica is not ready, and whether they can be read now, which decides nothing: what is in use
/// stays in use, and every replica reads from the same place.
/// </summary>
internal sealed class ResourceHealth(RelayMetrics metrics) : IReadinessProbe, IReadinessDetail
{
    private readonly ConcurrentDictionary<string, bool> _answers = new(StringComparer.Ordinal);
    private volatile bool _taken;

    string IReadinessProbe.Name => "resources";

    string IReadinessDetail.Name => "resource-source";

    public bool IsWell => _answers.Values.All(answers => answers);

    /// <summary>A first whole reading is in use.</summary>
    public void Taken() => _taken = true;

    public Task CheckAsync(CancellationToken cancellation) =>
        _taken ? Task.CompletedTask : throw new InvalidOperationException("Connections and policies have not been read yet.");

    /// <summary>Notes whether a source answers; true where that is news.</summary>
    /// <param name="source">From a fixed list: it is a label of a metric.</param>
    /// <param name="answers">Whether it does.</param>
    public bool Note(string source, bool answers)
    {
        metrics.ResourceSources.Record(answers ? 1 : 0, new KeyValuePair<string, object?>("source", source));
        var before = true;
        _answers.AddOrUpdate(source, answers, (_, was) =>
        {
            before = was;
            return answers;
        });
        return before != answers;
    }
}
