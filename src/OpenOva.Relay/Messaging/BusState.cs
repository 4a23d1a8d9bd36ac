using MassTransit;

namespace OpenOva.Relay.Messaging;

/// <summary>Whether the bus takes messages now.</summary>
internal sealed class BusState(IBusControl bus, MessagingOptions options)
{
    /// <summary>
    /// MassTransit calls a bus degraded that has lost its broker, because an endpoint it never started (its own, for replies) counts as
    /// healthy: it is up while one of the consumers' endpoints is.
    /// </summary>
    public bool IsUp(out string status)
    {
        var health = bus.CheckHealth();
        status = health.Status.ToString();
        if (health.Status != BusHealthStatus.Degraded) return health.Status == BusHealthStatus.Healthy;
        var queue = "/" + options.Prefix + ".";
        return health.Endpoints.Any(endpoint => endpoint.Value.Status == BusHealthStatus.Healthy && endpoint.Key.Contains(queue, StringComparison.Ordinal));
    }
}
