using OpenOva.Relay.Tests.Database;

namespace OpenOva.Relay.Tests.Messaging;

/// <summary>What a broker would still have after a restart, and a bus in memory has not.</summary>
[Trait("Kind", "Fast")]
public sealed class BusInMemoryTests() : MessagingBed(TestDatabaseKind.Sqlite, TestBus.InMemory)
{
    [Fact]
    public async Task Message_PublishedInAFormerLifeOfABusInMemory_DoesNotWaitForItsRedelivery()
    {
        var first = await StartAsync();
        await BoundedAsync(first.Host.StopAsync(Cancellation));
        await Db.TransactAsync(
            async transaction =>
            {
                await first.Outbox.AddAsync(transaction, new Happened(1), "acme");
                await transaction.ExecuteAsync("UPDATE outbox SET published_us = relay_now_us()");
                await transaction.ExecuteAsync("UPDATE inbox SET next_us = relay_now_us() + 3600000000");
            },
            Cancellation);

        await StartAsync();

        await EffectsAsync(2);
    }
}
