using System.Text.Json;
using MassTransit;
using OpenOva.Relay.Database;
using OpenOva.Relay.Telemetry;

namespace OpenOva.Relay.Messaging;

/// <summary>
/// Between the bus and a slice's consumer. It always acknowledges: what failed stays pending in the inbox and is delivered again from there,
/// so that there is one retry rule and one place of the dead on every transport, and no broker's error queue to watch.
/// </summary>
internal sealed class DeliveryConsumer<TConsumer, TMessage>(
    IServiceProvider services, MessageTypes types, Inbox inbox, RelayDatabase database, MessagingOptions options, RelayMetrics metrics,
    ILogger<TConsumer> logger)
    : IConsumer<TMessage>
    where TConsumer : class, IRelayConsumer<TMessage>
    where TMessage : class
{
    private readonly string _name = types.Consumers.Single(consumer => consumer.Consumer == typeof(TConsumer)).Name;

    public async Task Consume(ConsumeContext<TMessage> context)
    {
        // SQLite's calls complete synchronously, and a transport calls from its dispatch loop: without this one delivery would hold up all.
        await Task.Yield();
        var cancellation = context.CancellationToken;
        var id = context.MessageId?.ToString("D") ?? "";
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await DeliverAsync(id, cancellation);
                return;
            }
            catch (Exception exception) when (!cancellation.IsCancellationRequested)
            {
                if (attempt >= options.ImmediateRetries)
                {
                    await FailAsync(id, exception, cancellation);
                    return;
                }

                logger.DeliveryRetried(exception, _name, id, attempt + 1);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(2000, 100 << Math.Min(attempt, 5))), cancellation);
        }
    }

    private async Task DeliverAsync(string id, CancellationToken cancellation)
    {
        var found = await inbox.FindAsync(id, _name, cancellation);
        if (found is null || found.Type != MessageTypes.NameOf(typeof(TMessage)))
        {
            metrics.MessagesRefused.Add(1, new("consumer", _name), new("reason", "unknown"));
            logger.UnknownMessage(_name, id);
            return;
        }

        if (found.DoneUs is not null) return;
        var message = JsonSerializer.Deserialize<TMessage>(found.Body, MessageJson.Options) ?? throw new JsonException("The outbox holds null.");
        var delivery = new Delivery<TMessage>(message, id, found.Organisation, (effect, token) => CompleteAsync(id, effect, token));
        await using var scope = services.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<TConsumer>().ConsumeAsync(delivery, cancellation);
        if (!delivery.Completed) throw new InvalidOperationException($"{typeof(TConsumer).Name} returned without completing the delivery.");
    }

    private Task<bool> CompleteAsync(string id, Func<RelayTransaction, Task> effect, CancellationToken cancellation) =>
        database.TransactAsync(
            async transaction =>
            {
                if (!await Inbox.TryCompleteAsync(transaction, id, _name)) return false;
                await effect(transaction);
                return true;
            },
            cancellation);

    private async Task FailAsync(string id, Exception exception, CancellationToken cancellation)
    {
        logger.DeliveryFailed(exception, _name, id);
        try
        {
            await inbox.FailAsync(id, _name, exception, cancellation);
        }
        catch (DatabaseUnavailableException unavailable)
        {
            // The row is pending all the same: only the note is lost.
            logger.FaultNotNoted(unavailable, _name, id);
        }
    }
}
