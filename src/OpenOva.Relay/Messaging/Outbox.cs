using System.Text.Json;
using OpenOva.Relay.Database;

namespace OpenOva.Relay.Messaging;

/// <summary>
/// Writes messages in the transaction of the state change that they tell of. The bus gets them after the commit, at least once,
/// in no promised order; the message id is the outbox row's id.
/// </summary>
internal sealed class Outbox(MessageTypes types, OutboxSignal signal, MessagingOptions options)
{
    /// <summary>Stages <paramref name="message"/>, a record of a registered type; returns its id.</summary>
    public async Task<string> AddAsync(RelayTransaction transaction, object message, string organisation)
    {
        ArgumentException.ThrowIfNullOrEmpty(organisation);
        var type = MessageTypes.NameOf(message.GetType());
        if (types.Find(type) is null)
            throw new InvalidOperationException($"{type} is not registered: services.AddRelayConsumer<,>() or services.AddRelayMessage<>().");

        var id = signal.Time.NewRowId();
        await transaction.ExecuteAsync(
            """
            INSERT INTO outbox (id, organisation, type, body, created_us, next_us, attempts)
            VALUES (@id, @organisation, @type, @body, relay_now_us(), relay_now_us(), 0)
            """,
            new { id, organisation, type, body = JsonSerializer.Serialize(message, message.GetType(), MessageJson.Options) });
        foreach (var consumer in types.ConsumersOf(type))
        {
            await transaction.ExecuteAsync(
                """
                INSERT INTO inbox (message_id, consumer, organisation, next_us, attempts)
                VALUES (@id, @consumer, @organisation, relay_now_us() + @patience, 0)
                """,
                new { id, consumer = consumer.Name, organisation, patience = options.RedeliverAfter.Ticks / TimeSpan.TicksPerMicrosecond });
        }

        transaction.AfterCommit(signal.Wake);
        return id;
    }
}
