using System.Data;
using System.Text.Json;
using MassTransit;
using OpenOva.Relay.Database;
using OpenOva.Relay.Telemetry;

namespace OpenOva.Relay.Messaging;

/// <summary>
/// Takes messages from the outbox to the bus. Each step may be cut by a crash: a message taken but not marked is taken again when its hold
/// has passed, so that it is published twice rather than never.
/// </summary>
internal sealed class OutboxPublisher(
    RelayDatabase database, Inbox inbox, MessageTypes types, MessagingOptions options, IBusControl bus, BusState state, RelayMetrics metrics,
    ILogger<OutboxPublisher> logger)
{
    private const int BatchSize = 100;
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);
    private bool _ready = true;

    /// <summary>Publishes what waits, until nothing does. Returns how many; none while the bus is not ready.</summary>
    public async Task<int> PublishAsync(CancellationToken cancellation)
    {
        var published = 0;
        while (IsReady() && await TakeAsync(cancellation) is { Count: > 0 } batch)
        {
            var sent = new List<string>(batch.Count);
            var (tried, failedInARow) = (0, 0);
            var ordered = batch.OrderBy(message => message.Id, StringComparer.Ordinal).ToList();
            foreach (var message in ordered)
            {
                tried++;
                if (await TrySendAsync(message, bus.Publish, cancellation))
                {
                    sent.Add(message.Id);
                    failedInARow = 0;
                    continue;
                }

                await PostponeAsync(message, cancellation);

                // One bad message is the message's fault; several are the bus's.
                if (++failedInARow == 3) break;
            }

            published += sent.Count;
            await MarkAsync(sent, cancellation);
            await ReleaseAsync(ordered.Skip(tried), cancellation);
            if (sent.Count < batch.Count) break;
        }

        return published;
    }

    /// <summary>Sends again what was published and not finished: lost with an in-memory bus, or failed in its consumer. Returns how many.</summary>
    public async Task<int> RedeliverAsync(CancellationToken cancellation)
    {
        if (!IsReady()) return 0;
        var sent = 0;
        foreach (var due in await inbox.TakeDueAsync(BatchSize, cancellation))
        {
            if (due.Dead)
            {
                metrics.MessagesDead.Add(1, new KeyValuePair<string, object?>("consumer", due.Consumer));
                logger.MessageDead(due.MessageId, due.Type, due.Consumer, due.Attempts, due.Fault);
                continue;
            }

            // By its exchange: sending to the queue would declare it, and as another kind than its consumer does.
            var endpoint = await bus.GetSendEndpoint(new Uri("exchange:" + BusQueues.NameOf(options, due.Consumer)));
            var message = new OutboxMessage { Id = due.MessageId, Organisation = due.Organisation, Type = due.Type, Body = due.Body, Attempts = due.Attempts + 1 };
            logger.Redelivered(due.MessageId, due.Consumer, message.Attempts);
            if (await TrySendAsync(message, endpoint.Send, cancellation)) sent++;
        }

        return sent;
    }

    /// <summary>Deletes messages that every consumer has finished, KeepFinished after they were published.</summary>
    public Task<int> DeleteFinishedAsync(CancellationToken cancellation) =>
        database.TransactAsync(
            async transaction =>
            {
                var before = await NowAsync(transaction) - (options.KeepFinished.Ticks / TimeSpan.TicksPerMicrosecond);
                await transaction.ExecuteAsync(
                    """
                    DELETE FROM inbox WHERE message_id IN (
                        SELECT o.id FROM outbox o WHERE o.published_us IS NOT NULL AND o.published_us <= @before
                        AND NOT EXISTS (SELECT 1 FROM inbox p WHERE p.message_id = o.id AND p.done_us IS NULL) ORDER BY o.published_us LIMIT 500)
                    """,
                    new { before });
                return await transaction.ExecuteAsync(
                    """
                    DELETE FROM outbox WHERE published_us IS NOT NULL AND published_us <= @before
                    AND NOT EXISTS (SELECT 1 FROM inbox i WHERE i.message_id = outbox.id)
                    """,
                    new { before });
            },
            IsolationLevel.ReadCommitted,
            cancellation);

    // The guard stands outside the subquery as well: without it two replicas take the same rows on PostgreSQL.
    private Task<IReadOnlyList<OutboxMessage>> TakeAsync(CancellationToken cancellation) =>
        database.TransactAsync(
            async transaction => await transaction.QueryAsync<OutboxMessage>(
                """
                UPDATE outbox SET next_us = @until, attempts = attempts + 1
                WHERE published_us IS NULL AND next_us <= @now AND id IN
                    (SELECT id FROM outbox WHERE published_us IS NULL AND next_us <= @now ORDER BY next_us LIMIT @most)
                RETURNING id, organisation, type, body, attempts
                """,
                await TakeParametersAsync(transaction)),
            IsolationLevel.ReadCommitted,
            cancellation);

    private async Task<object> TakeParametersAsync(RelayTransaction transaction)
    {
        var now = await NowAsync(transaction);

        // Longer than the three failures that end a batch. A batch slower than this may be published twice, which is allowed.
        return new { now, until = now + (long)(options.PublishTimeout + LongestPause).TotalMicroseconds, most = BatchSize };
    }

    private async Task<bool> TrySendAsync(
        OutboxMessage message, Func<object, Type, IPipe<SendContext>, CancellationToken, Task> send, CancellationToken cancellation)
    {
        if (types.Find(message.Type) is not { } type)
        {
            // Written by a newer build during a rolling update: one of its replicas will take it.
            logger.PublishFailed(null, message.Id, message.Type, message.Attempts);
            return false;
        }

        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        bounded.CancelAfter(options.PublishTimeout);
        try
        {
            var body = JsonSerializer.Deserialize(message.Body, type, MessageJson.Options) ?? throw new JsonException("The outbox holds null.");
            var identify = Pipe.Execute<SendContext>(context =>
            {
                context.MessageId = Guid.Parse(message.Id);
                context.Headers.Set("Relay-Organisation", message.Organisation);
            });
            await send(body, type, identify, bounded.Token).WaitAsync(bounded.Token);
            return true;
        }
        catch (Exception exception) when (!cancellation.IsCancellationRequested)
        {
            logger.PublishFailed(exception, message.Id, message.Type, message.Attempts);
            return false;
        }
    }

    private Task<int> PostponeAsync(OutboxMessage message, CancellationToken cancellation)
    {
        var pause = TimeSpan.FromSeconds(Math.Min(LongestPause.TotalSeconds, 1 << (int)Math.Min(message.Attempts, 5)));
        return database.ExecuteAsync(
            "UPDATE outbox SET next_us = relay_now_us() + @pause, fault = 'not published' WHERE id = @Id AND published_us IS NULL",
            new { message.Id, pause = (long)pause.TotalMicroseconds },
            cancellation);
    }

    /// <summary>Gives back what was taken and not tried, for the next look.</summary>
    private async Task ReleaseAsync(IEnumerable<OutboxMessage> untried, CancellationToken cancellation)
    {
        var rows = untried.Select(message => new { message.Id }).ToList();
        if (rows.Count == 0) return;
        await database.TransactAsync(
            transaction => transaction.ExecuteAsync(
                "UPDATE outbox SET next_us = relay_now_us(), attempts = attempts - 1 WHERE id = @Id AND published_us IS NULL", rows),
            IsolationLevel.ReadCommitted,
            cancellation);
    }

    private async Task MarkAsync(List<string> ids, CancellationToken cancellation)
    {
        if (ids.Count == 0) return;
        await database.TransactAsync(
            transaction => transaction.ExecuteAsync(
                "UPDATE outbox SET published_us = relay_now_us(), fault = NULL WHERE id = @id AND published_us IS NULL", ids.Select(id => new { id })),
            IsolationLevel.ReadCommitted,
            cancellation);
    }

    private bool IsReady()
    {
        var ready = state.IsUp(out var status);
        if (ready != _ready)
        {
            if (ready) logger.BusReady();
            else logger.BusNotReady(status);
        }

        return _ready = ready;
    }

    private static Task<long> NowAsync(RelayTransaction transaction) => transaction.ExecuteScalarAsync<long>("SELECT relay_now_us()");

    private sealed class OutboxMessage
    {
        public string Id { get; init; } = "";

        public string Organisation { get; init; } = "";

        public string Type { get; init; } = "";

        public string Body { get; init; } = "";

        public long Attempts { get; init; }
    }
}
