namespace OpenOva.Relay.Messaging;

internal static partial class MessagingLog
{
    [LoggerMessage(300, LogLevel.Warning, "The bus is not ready ({Status}): messages wait in the outbox", EventName = "BusNotReady")]
    public static partial void BusNotReady(this ILogger logger, string status);

    [LoggerMessage(301, LogLevel.Information, "The bus is ready", EventName = "BusReady")]
    public static partial void BusReady(this ILogger logger);

    [LoggerMessage(302, LogLevel.Warning, "Message {MessageId} of type {Type} was not published, attempt {Attempt}", EventName = "PublishFailed")]
    public static partial void PublishFailed(this ILogger logger, Exception? exception, string messageId, string type, long attempt);

    [LoggerMessage(303, LogLevel.Information, "Consumer {Consumer} failed on message {MessageId}, immediate retry {Attempt}", EventName = "DeliveryRetried")]
    public static partial void DeliveryRetried(this ILogger logger, Exception exception, string consumer, string messageId, int attempt);

    [LoggerMessage(304, LogLevel.Warning, "Consumer {Consumer} failed on message {MessageId}; it will be delivered again", EventName = "DeliveryFailed")]
    public static partial void DeliveryFailed(this ILogger logger, Exception exception, string consumer, string messageId);

    [LoggerMessage(305, LogLevel.Warning, "The failure of {Consumer} on message {MessageId} could not be noted", EventName = "FaultNotNoted")]
    public static partial void FaultNotNoted(this ILogger logger, Exception exception, string consumer, string messageId);

    [LoggerMessage(306, LogLevel.Warning, "Consumer {Consumer} was sent message {MessageId}, which the outbox does not hold: ignored", EventName = "UnknownMessage")]
    public static partial void UnknownMessage(this ILogger logger, string consumer, string messageId);

    [LoggerMessage(307, LogLevel.Information, "Message {MessageId} is delivered to {Consumer} again, attempt {Attempt}", EventName = "Redelivered")]
    public static partial void Redelivered(this ILogger logger, string messageId, string consumer, long attempt);

    [LoggerMessage(308, LogLevel.Error,
        "Message {MessageId} ({Type}) is given up for {Consumer} after {Attempts} redeliveries, last fault {Fault}: see relay messages", EventName = "MessageDead")]
    public static partial void MessageDead(this ILogger logger, string messageId, string type, string consumer, long attempts, string? fault);

    [LoggerMessage(310, LogLevel.Warning,
        "A message on the queue of {Consumer} was refused ({Reason}): nobody of ours sent it. It is kept aside: see relay messages refused",
        EventName = "DeliveryRefused")]
    public static partial void DeliveryRefused(this ILogger logger, string consumer, string reason);

    [LoggerMessage(311, LogLevel.Warning,
        "The bus at {Host} is reached without encryption: its password and every message can be read on the way. Use amqps", EventName = "BusExposed")]
    public static partial void BusExposed(this ILogger logger, string host);

    [LoggerMessage(309, LogLevel.Warning, "A sweep of the outbox failed; the next one tries again", EventName = "SweepFailed")]
    public static partial void SweepFailed(this ILogger logger, Exception exception);
}
