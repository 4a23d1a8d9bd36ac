using OpenOva.Relay.Telemetry;

namespace OpenOva.Relay.Messaging;

/// <summary>
/// Tells in /readyz whether the bus is reached. Without a bus sessions are opened, recorded and ended as ever, and what is to be told waits
/// in the outbox.
/// </summary>
internal sealed class BusHealth(BusState bus) : IReadinessDetail
{
    public string Name => "bus";

    public bool IsWell => bus.IsUp(out _);
}
