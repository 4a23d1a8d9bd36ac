namespace OpenOva.Relay.Messaging;

/// <summary>Section <c>Relay:Bus</c>.</summary>
internal sealed class MessagingOptions
{
    public const string Section = "Relay:Bus";

    /// <summary>
    /// RabbitMQ, as <c>amqp://host:5672/vhost</c> or <c>amqps://…</c>. Default empty: an in-memory bus, which serves one process in both roles.
    /// </summary>
    public string Url { get; set; } = "";

    /// <summary>RabbitMQ user. Default empty: <c>guest</c>.</summary>
    public string User { get; set; } = "";

    /// <summary>File that holds the RabbitMQ password, read again for every connection. Default empty: <c>guest</c>.</summary>
    public string PasswordFile { get; set; } = "";

    /// <summary>PEM file with the only roots that may vouch for the broker (amqps). Default empty: the system's.</summary>
    public string CaFile { get; set; } = "";

    /// <summary>A broker that is silent for about twice this time counts as gone. Default 10 s; 1 s to 5 min.</summary>
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Queues that a majority of a cluster's nodes keeps. Default false: classic durable queues, on one node. What the broker loses comes again
    /// from the outbox either way. The kind of a queue that exists cannot be changed: drain and delete it, or choose another Prefix.
    /// </summary>
    public bool QuorumQueues { get; set; }

    /// <summary>Prefix of exchanges and queues, so that installations can share a broker. Default <c>relay</c>.</summary>
    public string Prefix { get; set; } = "relay";

    /// <summary>How often the sweeper looks for what was not published or not consumed. Default 5 s; must be positive.</summary>
    public TimeSpan SweepInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>A published message that a consumer has not finished after this time is sent to it again. Default 1 min; must be positive.</summary>
    public TimeSpan RedeliverAfter { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>A delivery that a consumer failed on is made again after this time, which doubles. Default 2 s; must be positive, and at most <c>RedeliverAfter</c>.</summary>
    public TimeSpan RetryAfter { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Longest pause between two deliveries to a consumer that keeps failing; the pause doubles from RedeliverAfter. Default 30 min.</summary>
    public TimeSpan RedeliverCeiling { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>Redeliveries to one consumer before the message is put aside as dead, with an error in the log. Default 20; at least 1.</summary>
    public int MaxRedeliveries { get; set; } = 20;

    /// <summary>Immediate retries within one delivery, 100 ms to 2 s apart. Default 3; zero: none.</summary>
    public int ImmediateRetries { get; set; } = 3;

    /// <summary>How long one publish may take before it counts as failed and is tried again. Default 10 s; must be positive.</summary>
    public TimeSpan PublishTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Messages that all consumers have finished are deleted after this time. Default 7 days; zero: at the next sweep.</summary>
    public TimeSpan KeepFinished { get; set; } = TimeSpan.FromDays(7);

    /// <summary>Messages that one consumer works on at a time; as many more are fetched ahead. Default 8; 1 to 256.</summary>
    public int Concurrency { get; set; } = 8;

    public bool InMemory => Url.Length == 0;

    /// <summary>Never the URL: it may carry a password.</summary>
    public override string ToString() => InMemory ? "in memory" : "RabbitMQ";
}
