using MassTransit;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using OpenOva.Relay.Configuration;
using OpenOva.Relay.Telemetry;

namespace OpenOva.Relay.Messaging;

/// <summary>How slices register what they publish and consume, and how the host builds the bus from it.</summary>
internal static class MessagingServices
{
    /// <summary>
    /// Registers a consumer of <typeparamref name="TMessage"/> under a name that is persisted and must never change, such as
    /// <c>recordings.verify</c> (lower case, dots and dashes). It runs in processes that have one of <paramref name="roles"/>.
    /// </summary>
    public static IServiceCollection AddRelayConsumer<TConsumer, TMessage>(this IServiceCollection services, string name, RelayRoles roles = RelayRoles.Jobs)
        where TConsumer : class, IRelayConsumer<TMessage>
        where TMessage : class
    {
        services.TryAddScoped<TConsumer>();
        services.AddSingleton(new ConsumerRegistration(name, typeof(TConsumer), typeof(TMessage), roles));
        return services;
    }

    /// <summary>Registers a message that no consumer of this build takes, so that the outbox accepts it.</summary>
    public static IServiceCollection AddRelayMessage<TMessage>(this IServiceCollection services)
        where TMessage : class =>
        services.AddSingleton(new MessageRegistration(typeof(TMessage)));

    /// <summary>The outbox, the inbox and the bus. Comes after every slice has registered its consumers.</summary>
    public static IServiceCollection AddRelayMessaging(this IServiceCollection services, MessagingOptions options, RelayRoles roles)
    {
        services.TryAddSingleton(sp => sp.GetRequiredService<IOptions<MessagingOptions>>().Value);
        services.AddSingleton<MessageTypes>();
        services.AddSingleton<OutboxSignal>();
        services.AddSingleton<Outbox>();
        services.AddSingleton<Inbox>();
        services.AddSingleton<OutboxPublisher>();
        services.AddSingleton<BrokerConnection>();
        services.AddSingleton<BusState>();
        services.AddSingleton<RefusedQueues>();
        services.AddSingleton<IReadinessDetail, BusHealth>();

        var consumers = services.Select(service => service.ImplementationInstance).OfType<ConsumerRegistration>()
            .Where(consumer => (consumer.Roles & roles) != 0).ToArray();
        services.AddMassTransit(bus =>
        {
            foreach (var consumer in consumers) bus.AddConsumer(BusQueues.Adapter(consumer));
            if (options.InMemory)
                bus.UsingInMemory((context, configurator) => BusQueues.Configure(configurator, context, options, consumers));
            else
                bus.UsingRabbitMq((context, configurator) => BusQueues.ConfigureRabbitMq(configurator, context, options, consumers));
        });

        // A broker that is down must not keep a process from serving sessions: there the publisher waits for the bus instead of the host.
        services.Configure<MassTransitHostOptions>(host =>
        {
            host.WaitUntilStarted = options.InMemory;
            host.StopTimeout = TimeSpan.FromSeconds(10);
        });
        services.AddHostedService<OutboxWorker>();
        return services;
    }

    /// <summary>Section <c>Relay:Bus</c>, validated.</summary>
    public static IServiceCollection AddMessagingOptions(this IServiceCollection services) =>
        services.AddRelayOptions<MessagingOptions, ValidateMessagingOptions>(MessagingOptions.Section);
}
