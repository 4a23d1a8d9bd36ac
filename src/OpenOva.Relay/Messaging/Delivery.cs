using OpenOva.Relay.Database;

namespace OpenOva.Relay.Messaging;

/// <summary>
/// Handles messages of one type for a slice. A message may come more than once and in any order. Slow reading comes first, outside any
/// transaction; then <see cref="Delivery{T}.CompleteAsync"/> makes the effect, which happens once. An exception means: deliver again later.
/// </summary>
internal interface IRelayConsumer<TMessage>
    where TMessage : class
{
    Task ConsumeAsync(Delivery<TMessage> delivery, CancellationToken cancellation);
}

/// <summary>One attempt to hand a message to a consumer.</summary>
internal sealed class Delivery<TMessage>(
    TMessage message, string messageId, string organisation, Func<Func<RelayTransaction, Task>, CancellationToken, Task<bool>> complete)
    where TMessage : class
{
    /// <summary>As the outbox holds it: what came over the bus is only the call to look.</summary>
    public TMessage Message { get; } = message;

    /// <summary>The outbox row's id: the same at every delivery.</summary>
    public string MessageId { get; } = messageId;

    public string Organisation { get; } = organisation;

    internal bool Completed { get; private set; }

    /// <summary>
    /// Runs <paramref name="effect"/> and marks the message as done for this consumer, in one transaction. False, without running it, when another
    /// delivery has done it. A consumer that finds nothing to do completes with an empty effect; one that never completes is delivered to again.
    /// </summary>
    public async Task<bool> CompleteAsync(Func<RelayTransaction, Task> effect, CancellationToken cancellation = default)
    {
        var first = await complete(effect, cancellation);
        Completed = true;
        return first;
    }
}
