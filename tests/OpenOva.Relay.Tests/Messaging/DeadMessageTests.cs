using OpenOva.Relay.Tests.Database;

namespace OpenOva.Relay.Tests.Messaging;

[Trait("Kind", "Fast")]
public sealed class DeadMessageOnSqliteTests() : DeadMessageTests(TestDatabaseKind.Sqlite);

[Trait("Kind", "Real")]
public sealed class DeadMessageOnPostgresTests() : DeadMessageTests(TestDatabaseKind.Postgres);

[Trait("Kind", "Real")]
public sealed class DeadMessageOnRabbitMqTests() : DeadMessageTests(TestDatabaseKind.Postgres, TestBus.RabbitMq);

/// <summary>What failed to the last attempt is put aside, listed and revived.</summary>
public abstract class DeadMessageTests(TestDatabaseKind kind, TestBus bus = TestBus.InMemory) : MessagingBed(kind, bus)
{
    [Fact]
    public async Task Message_AlwaysFails_IsPutAsideAndDoneAfterRevival()
    {
        var node = await StartAsync(options => options.MaxRedeliveries = 2);
        var broken = true;
        node.Script.BeforeEffect = (consumer, _) =>
        {
            if (consumer == "test.first" && Volatile.Read(ref broken)) throw new InvalidDataException("a secret stands in this text");
        };
        var id = await AddAsync(node, 1);

        var dead = await UntilAsync(async () => (await node.Inbox.DeadAsync(null, 10, Cancellation)).SingleOrDefault());

        Assert.Equal((id, "test.first", "acme"), (dead.MessageId, dead.Consumer, dead.Organisation));
        Assert.Equal(typeof(InvalidDataException).FullName, dead.Fault);
        Assert.Single(await ReadEffectsAsync());

        Volatile.Write(ref broken, false);
        Assert.Equal(1, await node.Inbox.ReviveAsync(id, null, Cancellation));
        await EffectsAsync(2);
        Assert.Empty(await node.Inbox.DeadAsync(null, 10, Cancellation));
    }
}
