using System.Data;
using OpenOva.Relay.Database;

namespace OpenOva.Relay.Messaging;

/// <summary>A message as a consumer finds it. Done: this consumer has completed it.</summary>
internal sealed class InboxMessage
{
    public string Type { get; init; } = "";

    public string Organisation { get; init; } = "";

    public string Body { get; init; } = "";

    public long? DoneUs { get; init; }
}

/// <summary>What each consumer has done, still owes, or was given up.</summary>
internal sealed class Inbox(RelayDatabase database, MessagingOptions options)
{
    /// <summary>Null when the outbox knows no such message: it was finished long ago, or never ours.</summary>
    public Task<InboxMessage?> FindAsync(string messageId, string consumer, CancellationToken cancellation) =>
        database.QuerySingleOrDefaultAsync<InboxMessage>(
            """
            SELECT o.type, o.organisation, o.body, i.done_us FROM outbox o
            LEFT JOIN inbox i ON i.message_id = o.id AND i.consumer = @consumer WHERE o.id = @messageId
            """,
            new { messageId, consumer },
            cancellation);

    /// <summary>Marks the message done in the transaction of its effect. False: it was done before, so the effect must not run.</summary>
    public static async Task<bool> TryCompleteAsync(RelayTransaction transaction, string messageId, string consumer) =>
        await transaction.ExecuteAsync(
            """
            INSERT INTO inbox (message_id, consumer, organisation, next_us, attempts, done_us)
            SELECT o.id, @consumer, o.organisation, relay_now_us(), 0, relay_now_us() FROM outbox o WHERE o.id = @messageId
            ON CONFLICT (message_id, consumer) DO UPDATE SET done_us = relay_now_us(), dead_us = NULL, fault = NULL WHERE inbox.done_us IS NULL
            """,
            new { messageId, consumer }) == 1;

    /// <summary>
    /// Notes that a delivery failed. Only the exception's type is stored: its text may quote what must not stand in a column.
    /// The sweeper delivers again after a pause that doubles with each failure, and so sooner than one of which nothing was heard.
    /// </summary>
    public Task<int> FailAsync(string messageId, string consumer, Exception exception, CancellationToken cancellation) =>
        database.ExecuteAsync(
            """
            UPDATE inbox SET fault = @fault, next_us = relay_now_us() +
              CASE WHEN attempts > 30 OR @retryUs * (CAST(1 AS BIGINT) << CAST(attempts AS INTEGER)) > @ceilingUs THEN @ceilingUs
              ELSE @retryUs * (CAST(1 AS BIGINT) << CAST(attempts AS INTEGER)) END
            WHERE message_id = @messageId AND consumer = @consumer AND done_us IS NULL AND dead_us IS NULL
            """,
            new
            {
                messageId, consumer, fault = exception.GetType().FullName, retryUs = options.RetryAfter.Ticks / TimeSpan.TicksPerMicrosecond,
                ceilingUs = options.RedeliverCeiling.Ticks / TimeSpan.TicksPerMicrosecond,
            },
            cancellation);

    /// <summary>
    /// Takes the deliveries that are due again: published, not finished, their pause over. A row is taken by one process and its next pause is
    /// twice as long; after the last one it is put aside as dead and returned with <see cref="Redelivery.Dead"/>.
    /// </summary>
    public Task<IReadOnlyList<Redelivery>> TakeDueAsync(int most, CancellationToken cancellation) =>
        database.TransactAsync<IReadOnlyList<Redelivery>>(
            async transaction =>
            {
                var now = await transaction.ExecuteScalarAsync<long>("SELECT relay_now_us()");
                var due = await transaction.QueryAsync<Redelivery>(
                    """
                    SELECT i.message_id, i.consumer, i.attempts, i.fault, o.type, o.organisation, o.body FROM inbox i JOIN outbox o ON o.id = i.message_id
                    WHERE i.done_us IS NULL AND i.dead_us IS NULL AND i.next_us <= @now AND o.published_us IS NOT NULL
                    ORDER BY i.next_us LIMIT @most
                    """,
                    new { now, most });
                var taken = new List<Redelivery>();
                foreach (var row in due)
                {
                    row.Dead = row.Attempts >= options.MaxRedeliveries;
                    var mine = await transaction.ExecuteAsync(
                        """
                        UPDATE inbox SET attempts = attempts + 1, next_us = @next, dead_us = @dead
                        WHERE message_id = @MessageId AND consumer = @Consumer AND attempts = @Attempts AND done_us IS NULL AND dead_us IS NULL
                        """,
                        new { row.MessageId, row.Consumer, row.Attempts, next = now + PauseAfter(row.Attempts), dead = row.Dead ? now : (long?)null });
                    if (mine == 1) taken.Add(row);
                }

                return taken;
            },
            IsolationLevel.ReadCommitted,
            cancellation);

    /// <summary>Makes every pending delivery due now: a bus in memory that has just started holds nothing of what was published in a former life.</summary>
    public Task<int> AllDueAsync(CancellationToken cancellation) =>
        database.ExecuteAsync(
            """
            UPDATE inbox SET next_us = relay_now_us() WHERE done_us IS NULL AND dead_us IS NULL AND next_us > relay_now_us()
            AND EXISTS (SELECT 1 FROM outbox o WHERE o.id = inbox.message_id AND o.published_us IS NOT NULL)
            """,
            null,
            cancellation);

    /// <summary>Gives dead deliveries another full round: those of one message, of one consumer, of both, or all. Returns how many.</summary>
    public Task<int> ReviveAsync(string? messageId, string? consumer, CancellationToken cancellation) =>
        database.ExecuteAsync(
            """
            UPDATE inbox SET dead_us = NULL, attempts = 0, next_us = relay_now_us()
            WHERE dead_us IS NOT NULL AND (CAST(@messageId AS TEXT) IS NULL OR message_id = @messageId)
            AND (CAST(@consumer AS TEXT) IS NULL OR consumer = @consumer)
            """,
            new { messageId, consumer },
            cancellation);

    /// <summary>The dead, those given up first at the top; of one consumer, or all.</summary>
    public Task<IReadOnlyList<DeadMessage>> DeadAsync(string? consumer, int most, CancellationToken cancellation) =>
        database.QueryAsync<DeadMessage>(
            """
            SELECT i.message_id, i.consumer, i.organisation, i.attempts, i.fault, i.dead_us, o.type, o.created_us, relay_now_us() - i.dead_us AS age_us
            FROM inbox i JOIN outbox o ON o.id = i.message_id
            WHERE i.dead_us IS NOT NULL AND (CAST(@consumer AS TEXT) IS NULL OR i.consumer = @consumer) ORDER BY i.dead_us, i.message_id LIMIT @most
            """,
            new { consumer, most },
            cancellation);

    private long PauseAfter(long attempts)
    {
        var pause = options.RedeliverAfter * Math.Pow(2, Math.Min(attempts, 30));
        return (pause < options.RedeliverCeiling ? pause : options.RedeliverCeiling).Ticks / TimeSpan.TicksPerMicrosecond;
    }
}

/// <summary>A delivery that is due again.</summary>
internal sealed class Redelivery
{
    public string MessageId { get; init; } = "";

    public string Consumer { get; init; } = "";

    public string Type { get; init; } = "";

    public string Organisation { get; init; } = "";

    public string Body { get; init; } = "";

    public long Attempts { get; init; }

    public string? Fault { get; init; }

    /// <summary>That was the last one: it is not sent again until somebody revives it.</summary>
    public bool Dead { get; set; }
}

/// <summary>A delivery that was given up.</summary>
internal sealed class DeadMessage
{
    public string MessageId { get; init; } = "";

    public string Consumer { get; init; } = "";

    public string Type { get; init; } = "";

    public string Organisation { get; init; } = "";

    /// <summary>Redeliveries, after the first delivery.</summary>
    public long Attempts { get; init; }

    /// <summary>The type of the last exception; null when no attempt left one (a process that died with it).</summary>
    public string? Fault { get; init; }

    /// <summary>When the message was staged, in microseconds since 1970.</summary>
    public long CreatedUs { get; init; }

    /// <summary>When it was given up, in microseconds since 1970.</summary>
    public long DeadUs { get; init; }

    /// <summary>Microseconds since it was given up, by the database's clock.</summary>
    public long AgeUs { get; init; }
}
