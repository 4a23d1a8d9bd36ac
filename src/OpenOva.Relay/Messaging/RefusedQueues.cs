using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace OpenOva.Relay.Messaging;

/// <summary>A queue that holds what was refused, and how many.</summary>
internal sealed record RefusedQueue(string Queue, string Consumer, string Reason, long Messages);

/// <summary>Looks into the broker's queues of refused messages.</summary>
internal sealed class RefusedQueues(MessageTypes types, IServiceProvider services, MessagingOptions options)
{
    /// <summary>Queues that hold something, by name. None with the in-memory bus.</summary>
    /// <exception cref="BrokerUnreachableException">The broker does not answer or refuses the user.</exception>
    public async Task<IReadOnlyList<RefusedQueue>> ListAsync(CancellationToken cancellation)
    {
        if (options.InMemory) return [];
        await using var connection = await services.GetRequiredService<BrokerConnection>().OpenAsync(cancellation);
        var found = new List<RefusedQueue>();
        foreach (var consumer in types.Consumers.Select(consumer => consumer.Name).Order(StringComparer.Ordinal))
        {
            var queue = BusQueues.NameOf(options, consumer);
            await AddAsync(connection, found, queue + RefusedDeliveries.ErrorSuffix, consumer, "unreadable", cancellation);
            await AddAsync(connection, found, queue + RefusedDeliveries.SkippedSuffix, consumer, "unexpected", cancellation);
        }

        return found;
    }

    private static async Task AddAsync(
        IConnection connection, List<RefusedQueue> found, string queue, string consumer, string reason, CancellationToken cancellation)
    {
        // A passive declaration of a queue that does not exist closes its channel: each has one of its own.
        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellation);
        try
        {
            var declared = await channel.QueueDeclarePassiveAsync(queue, cancellation);
            if (declared.MessageCount > 0) found.Add(new RefusedQueue(queue, consumer, reason, declared.MessageCount));
        }
        catch (OperationInterruptedException gone) when (gone.ShutdownReason?.ReplyCode == Constants.NotFound)
        {
            // Nothing was ever refused there.
        }
    }
}
