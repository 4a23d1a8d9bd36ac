namespace OpenOva.Relay.Telemetry;

/// <summary>Something that Relay depends on did not work. Times in microseconds UTC; <c>UntilUs</c> null: it still does not.</summary>
internal sealed record Outage(string Component, long FromUs, long? UntilUs);

/// <summary>
/// Makes outages of single checks. One that fails once may have been slow; from the second failure in a row it is an outage, which began with the first.
/// </summary>
internal sealed class Outages
{
    private const int FailuresOfAnOutage = 2;
    private readonly Dictionary<string, (int Failures, long FromUs)> _failing = new(StringComparer.Ordinal);

    /// <summary>Takes what was found now; gives the outages that are found to have begun, and those that are over.</summary>
    public IReadOnlyList<Outage> Observe(IEnumerable<KeyValuePair<string, bool>> works, long nowUs)
    {
        var changes = new List<Outage>();
        foreach (var (component, well) in works)
        {
            var (failures, fromUs) = _failing.GetValueOrDefault(component, (0, nowUs));
            if (!well)
            {
                _failing[component] = (failures + 1, fromUs);
                if (failures + 1 == FailuresOfAnOutage) changes.Add(new(component, fromUs, null));
            }
            else if (_failing.Remove(component) && failures >= FailuresOfAnOutage)
            {
                changes.Add(new(component, fromUs, nowUs));
            }
        }

        return changes;
    }
}
