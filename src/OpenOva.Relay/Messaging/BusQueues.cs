using MassTransit;

namespace OpenOva.Relay.Messaging;

/// <summary>The bus's endpoints: one durable queue for each consumer, named by it.</summary>
internal static class BusQueues
{
    public static string NameOf(MessagingOptions options, string consumer) => $"{options.Prefix}.{consumer}";

    public static Type Adapter(ConsumerRegistration consumer) =>
        typeof(DeliveryConsumer<,>).MakeGenericType(consumer.Consumer, consumer.Message);

    public static void Configure(
        IBusFactoryConfigurator configurator, IRegistrationContext context, MessagingOptions options, ConsumerRegistration[] consumers)
    {
        configurator.MessageTopology.SetEntityNameFormatter(
            new PrefixEntityNameFormatter(configurator.MessageTopology.EntityNameFormatter, options.Prefix + "."));
        foreach (var consumer in consumers)
        {
            configurator.ReceiveEndpoint(
                NameOf(options, consumer.Name),
                endpoint =>
                {
                    endpoint.ConcurrentMessageLimit = options.Concurrency;
                    endpoint.PrefetchCount = options.Concurrency * 2;
                    context.ConfigureConsumer(Adapter(consumer), endpoint);
                });
        }
    }

    public static void ConfigureRabbitMq(
        IRabbitMqBusFactoryConfigurator configurator, IRegistrationContext context, MessagingOptions options, ConsumerRegistration[] consumers)
    {
        configurator.Host(
            new Uri(options.Url),
            host =>
            {
                if (options.User.Length > 0) host.Username(options.User);
                if (options.PasswordFile.Length > 0) host.Password(File.ReadAllText(options.PasswordFile).Trim());
            });
        Configure(configurator, context, options, consumers);
    }
}
