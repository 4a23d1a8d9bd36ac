using OpenOva.Relay.Messaging;

namespace OpenOva.Relay.Tests.Messaging;

/// <summary>A RabbitMQ that a test may use: where it listens and who may sign in.</summary>
internal sealed record Broker(Uri Url, string User, string PasswordFile)
{
    /// <summary>The one that the whole run shares: RELAY_TEST_RABBITMQ as <c>amqp://host:port</c>.</summary>
    public static Broker OrSkip()
    {
        var url = Environment.GetEnvironmentVariable("RELAY_TEST_RABBITMQ");
        Assert.SkipWhen(string.IsNullOrEmpty(url), "rabbitmq: RELAY_TEST_RABBITMQ is not set");
        return new Broker(
            new Uri(url!),
            Environment.GetEnvironmentVariable("RELAY_TEST_RABBITMQ_USER") ?? "",
            Environment.GetEnvironmentVariable("RELAY_TEST_RABBITMQ_PASSWORD_FILE") ?? "");
    }

    public void Configure(MessagingOptions options)
    {
        options.Url = Url.ToString();
        options.User = User;
        options.PasswordFile = PasswordFile;
    }
}
