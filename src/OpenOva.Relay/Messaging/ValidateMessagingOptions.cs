using OpenOva.Relay.Configuration;

namespace OpenOva.Relay.Messaging;

internal sealed class ValidateMessagingOptions() : OptionsRules<MessagingOptions>(MessagingOptions.Section)
{
    protected override void Check(MessagingOptions options)
    {
        if (!options.InMemory)
        {
            if (!Uri.TryCreate(options.Url, UriKind.Absolute, out var url) || url.Scheme is not ("amqp" or "amqps"))
                Fail(nameof(options.Url), "must be amqp://host:port/vhost or amqps://…, or empty for the in-memory bus");
            else if (url.UserInfo.Length > 0)
                Fail(nameof(options.Url), "must not carry a user or password: set User and PasswordFile");
        }

        FileReadable(nameof(options.PasswordFile), options.PasswordFile);
        FileReadable(nameof(options.CaFile), options.CaFile);
        if (options.Heartbeat < TimeSpan.FromSeconds(1) || options.Heartbeat > TimeSpan.FromMinutes(5))
            Fail(nameof(options.Heartbeat), "must be 1 second to 5 minutes");
        if (options.Prefix.Length is 0 or > 40 || options.Prefix.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.')))
            Fail(nameof(options.Prefix), "must be 1 to 40 letters, digits, '-', '_' or '.'");
        Positive(nameof(options.SweepInterval), options.SweepInterval);
        Positive(nameof(options.RedeliverAfter), options.RedeliverAfter);
        Positive(nameof(options.RetryAfter), options.RetryAfter);
        if (options.RetryAfter > options.RedeliverAfter) Fail(nameof(options.RetryAfter), "must not be above RedeliverAfter");
        if (options.RedeliverCeiling < options.RedeliverAfter) Fail(nameof(options.RedeliverCeiling), "must not be below RedeliverAfter");
        Range(nameof(options.MaxRedeliveries), options.MaxRedeliveries, 1, 1000);
        Range(nameof(options.ImmediateRetries), options.ImmediateRetries, 0, 10);
        Positive(nameof(options.PublishTimeout), options.PublishTimeout);
        if (options.KeepFinished < TimeSpan.Zero) Fail(nameof(options.KeepFinished), "must not be negative");
        Range(nameof(options.Concurrency), options.Concurrency, 1, 256);
    }
}
