namespace OpenOva.Relay.Messaging;

/// <summary>A consumer as a slice registered it. The name is persisted in the inbox and names the queue: it never changes.</summary>
internal sealed record ConsumerRegistration(string Name, Type Consumer, Type Message, RelayRoles Roles);

/// <summary>A message type that may be published though this build has no consumer for it.</summary>
internal sealed record MessageRegistration(Type Message);

/// <summary>Every message type and consumer of this build, whatever the roles of this process: the outbox writes one inbox row for each consumer.</summary>
internal sealed class MessageTypes
{
    private readonly Dictionary<string, Type> _types = new(StringComparer.Ordinal);
    private readonly ILookup<string, ConsumerRegistration> _consumers;

    public MessageTypes(IEnumerable<ConsumerRegistration> consumers, IEnumerable<MessageRegistration> messages)
    {
        Consumers = [.. consumers];
        var twice = Consumers.GroupBy(consumer => consumer.Name).FirstOrDefault(group => group.Count() > 1);
        if (twice is not null) throw new InvalidOperationException($"Two consumers are named {twice.Key}.");
        foreach (var type in Consumers.Select(consumer => consumer.Message).Concat(messages.Select(message => message.Message)))
            _types[NameOf(type)] = type;
        _consumers = Consumers.ToLookup(consumer => NameOf(consumer.Message));
    }

    public IReadOnlyList<ConsumerRegistration> Consumers { get; }

    /// <summary>The persisted name: namespace and type. Renaming a message type loses what is waiting, so keep the old one until it has drained.</summary>
    public static string NameOf(Type message) =>
        message.Namespace is null ? throw new ArgumentException($"{message} needs a namespace.", nameof(message)) : message.FullName!;

    public Type? Find(string name) => _types.GetValueOrDefault(name);

    public IEnumerable<ConsumerRegistration> ConsumersOf(string name) => _consumers[name];
}
