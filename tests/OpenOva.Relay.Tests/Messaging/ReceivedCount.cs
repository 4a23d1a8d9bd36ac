using MassTransit;

namespace OpenOva.Relay.Tests.Messaging;

/// <summary>Counts what receive endpoints have worked off, duplicates included.</summary>
internal sealed class ReceivedCount : IReceiveObserver
{
    private readonly System.Threading.Channels.Channel<bool> _received = System.Threading.Channels.Channel.CreateUnbounded<bool>();

    /// <summary>Waits for this many more.</summary>
    public async Task ReachesAsync(int more)
    {
        for (var i = 0; i < more; i++) await _received.Reader.ReadAsync();
    }

    public Task PreReceive(ReceiveContext context) => Task.CompletedTask;

    public Task PostReceive(ReceiveContext context)
    {
        _received.Writer.TryWrite(true);
        return Task.CompletedTask;
    }

    public Task PostConsume<T>(ConsumeContext<T> context, TimeSpan duration, string consumerType)
        where T : class => Task.CompletedTask;

    public Task ConsumeFault<T>(ConsumeContext<T> context, TimeSpan duration, string consumerType, Exception exception)
        where T : class => Task.CompletedTask;

    public Task ReceiveFault(ReceiveContext context, Exception exception) => Task.CompletedTask;
}
