using System.Collections.Concurrent;
using OpenOva.Relay.Messaging;

namespace OpenOva.Relay.Tests.Messaging;

internal sealed record Happened(int Number);

internal sealed record Unheard(int Number);

/// <summary>What the test's consumers do besides their effect, and what they have seen.</summary>
internal sealed class Script : IDisposable
{
    private readonly SemaphoreSlim _gate = new(1);

    /// <summary>Consumer and message id, before the effect's transaction.</summary>
    public Action<string, string>? BeforeEffect { get; set; }

    /// <summary>Where two deliveries to one consumer wait for each other before their effects; null: nowhere.</summary>
    public Func<string, Task>? Meet { get; set; }

    /// <summary>Within the transaction, after its writes.</summary>
    public Action<string>? AfterEffect { get; set; }

    /// <summary>Consumer; after the transaction's commit, before the bus is told.</summary>
    public Func<string, Task>? AfterCommit { get; set; }

    /// <summary>Return without completing.</summary>
    public Func<string, bool>? Skip { get; set; }

    public ConcurrentQueue<string> Seen { get; } = new();

    /// <summary>No consumer starts its effect while <paramref name="during"/> runs.</summary>
    public async Task HoldAsync(Func<Task> during)
    {
        await _gate.WaitAsync();
        await during();
        _gate.Release();
    }

    public async Task ConsumeAsync(string consumer, Delivery<Happened> delivery, CancellationToken cancellation)
    {
        Seen.Enqueue(delivery.MessageId);
        await _gate.WaitAsync(cancellation);
        _gate.Release();
        if (Skip?.Invoke(consumer) == true) return;
        if (Meet is not null) await Meet(consumer);
        BeforeEffect?.Invoke(consumer, delivery.MessageId);
        await delivery.CompleteAsync(
            async transaction =>
            {
                await transaction.ExecuteAsync(
                    "INSERT INTO effects (message_id, consumer, number) VALUES (@MessageId, @consumer, @Number)",
                    new { delivery.MessageId, consumer, delivery.Message.Number });
                AfterEffect?.Invoke(consumer);
            },
            cancellation);
        if (AfterCommit is not null) await AfterCommit(consumer);
    }

    public void Dispose() => _gate.Dispose();
}

internal sealed class FirstConsumer(Script script) : IRelayConsumer<Happened>
{
    public Task ConsumeAsync(Delivery<Happened> delivery, CancellationToken cancellation) => script.ConsumeAsync("test.first", delivery, cancellation);
}

internal sealed class SecondConsumer(Script script) : IRelayConsumer<Happened>
{
    public Task ConsumeAsync(Delivery<Happened> delivery, CancellationToken cancellation) => script.ConsumeAsync("test.second", delivery, cancellation);
}
