using OpenOva.Relay.Telemetry;

namespace OpenOva.Relay.Messaging;

/// <summary>
/// Says in /readyz whether the bus is reached. It does not decide: without a bus sessions are opened, recorded and ended as ever, what is
/// to be told waits in the outbox, and taking every replica out of service would turn the broker's outage into everybody's.
/// </summary>
internal sealed class BusProbe(BusState bus) : IReadinessProbe
{
    public string Name => "bus";

    public bool Decides => false;

    public Task CheckAsync(CancellationToken cancellation) =>
        bus.IsUp(out var status) ? Task.CompletedTask : throw new InvalidOperationException($"The bus is {status}.");
}
