using MassTransit;
using OpenOva.Relay.Telemetry;

namespace OpenOva.Relay.Messaging;

/// <summary>The bus's endpoints: one durable queue for each consumer, named by it.</summary>
internal static class BusQueues
{
    /// <summary>Bound of one queue of refused messages: the oldest go when a stranger fills it.</summary>
    private const long MaximumRefusedBytes = 64 * 1024 * 1024;

    public static string NameOf(MessagingOptions options, string consumer) => $"{options.Prefix}.{consumer}";

    public static Type Adapter(ConsumerRegistration consumer) =>
        typeof(DeliveryConsumer<,>).MakeGenericType(consumer.Consumer, consumer.Message);

    public static void Configure(
        IBusFactoryConfigurator configurator, IRegistrationContext context, MessagingOptions options, ConsumerRegistration[] consumers)
    {
        configurator.MessageTopology.SetEntityNameFormatter(
            new PrefixEntityNameFormatter(configurator.MessageTopology.EntityNameFormatter, options.Prefix + "."));
        var metrics = context.GetRequiredService<RelayMetrics>();
        var logger = context.GetRequiredService<ILogger<RefusedDeliveries>>();
        foreach (var consumer in consumers)
        {
            configurator.ReceiveEndpoint(
                NameOf(options, consumer.Name),
                endpoint =>
                {
                    endpoint.ConcurrentMessageLimit = options.Concurrency;
                    endpoint.PrefetchCount = options.Concurrency * 2;
                    endpoint.PublishFaults = false;
                    new RefusedDeliveries(consumer.Name, metrics, logger).Configure(endpoint);
                    if (options.QuorumQueues && endpoint is IRabbitMqQueueConfigurator queue) queue.SetQuorumQueue();
                    context.ConfigureConsumer(Adapter(consumer), endpoint);
                });
        }
    }

    public static void ConfigureRabbitMq(
        IRabbitMqBusFactoryConfigurator configurator, IRegistrationContext context, MessagingOptions options, ConsumerRegistration[] consumers)
    {
        var connection = context.GetRequiredService<BrokerConnection>();
        if (connection.IsExposed) context.GetRequiredService<ILogger<BrokerConnection>>().BusExposed(connection.Address.Host);
        configurator.Host(
            connection.Address,
            host =>
            {
                host.PublisherConfirmation = true;
                host.ConnectionName("relay");
                host.OnRefreshConnectionFactory = connection.PrepareAsync;
            });
        configurator.SendTopology.ConfigureErrorSettings = Bound;
        configurator.SendTopology.ConfigureDeadLetterSettings = Bound;
        Configure(configurator, context, options, consumers);

        void Bound(IRabbitMqQueueConfigurator queue)
        {
            if (options.QuorumQueues) queue.SetQuorumQueue();
            queue.SetQueueArgument("x-max-length-bytes", MaximumRefusedBytes);
        }
    }
}
