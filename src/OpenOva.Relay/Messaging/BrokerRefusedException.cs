using MassTransit;

namespace OpenOva.Relay.Messaging;

/// <summary>
/// The broker is there and does not let us in, or what it would let us in with cannot be read. Without the exception that tells so: the
/// transport looks for it inside, and would not try again.
/// </summary>
internal sealed class BrokerRefusedException(string message) : ConnectionException(message, isTransient: true);
