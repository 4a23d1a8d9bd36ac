using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Ledger;
using OpenOva.Relay.Telemetry;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Sessions.Joins;

/// <summary>One watching of a session.</summary>
internal sealed class JoinRow
{
    public string Organisation { get; init; } = "";

    public string Id { get; init; } = "";

    public string Session { get; init; } = "";

    public string Issuer { get; init; } = "";

    public string Subject { get; init; } = "";

    public long JoinedUs { get; init; }

    public long UntilUs { get; init; }
}

/// <summary>
/// Notes who watches, before he sees anything, and until when he did. An end that cannot be noted now is noted later; where the replica is lost, any replica notes
/// it once the session is over.
/// </summary>
internal sealed class JoinRecords(
    RelayDatabase database, LedgerStage ledger, Persons persons, RepeatedWork work, TimeProvider time, ILogger<JoinRecords> logger) : BackgroundService
{
    private const int SaltBytes = 16;
    private const int Batch = 100;
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    // A session that has just ended may still be ending its watchers.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private readonly ConcurrentQueue<(JoinRow Join, JoinEndReason Reason, long Bytes, long EndedUs)> _late = new();

    /// <summary>When this returns, it is in the ledger that he watches, and why.</summary>
    public Task BeginAsync(JoinRow join, Caller watcher, string purpose, CancellationToken cancellation) => database.TransactAsync(
        async transaction =>
        {
            var salt = RandomNumberGenerator.GetBytes(SaltBytes);
            await persons.RememberAsync(transaction, watcher);
            await transaction.ExecuteAsync(
                """
                INSERT INTO session_joins (organisation, id, session, issuer, subject, salt, purpose, joined_us, until_us)
                VALUES (@Organisation, @Id, @Session, @Issuer, @Subject, @salt, @purpose, @JoinedUs, @UntilUs)
                """,
                new { join.Organisation, join.Id, join.Session, join.Issuer, join.Subject, salt, purpose, join.JoinedUs, join.UntilUs });
            await ledger.AddAsync(transaction, join.Organisation, LedgerEventTypes.SessionJoined, new JsonObject
            {
                ["session"] = join.Session,
                ["join"] = join.Id,
                ["subject"] = new JsonObject { ["issuer"] = join.Issuer, ["sub"] = join.Subject },
                ["purpose"] = Digests.Commitment(salt, purpose),
                ["until_us"] = join.UntilUs,
            });
        },
        cancellation);

    /// <summary>He watches no more.</summary>
    public async Task EndAsync(JoinRow join, JoinEndReason reason, long bytes)
    {
        var now = time.GetUnixMicroseconds();
        try
        {
            await database.TransactAsync(transaction => EndAsync(transaction, join, reason, bytes, now));
        }
        catch (DatabaseUnavailableException exception)
        {
            logger.NotingFailed(join.Session, "watcher's end", Period, exception);
            _late.Enqueue((join, reason, bytes, now));
        }
    }

    /// <summary>Notes what is late, and the watchers of lost replicas; forgets tickets that nobody can redeem any more.</summary>
    public async Task SweepAsync(CancellationToken cancellation)
    {
        while (_late.TryPeek(out var late))
        {
            await database.TransactAsync(transaction => EndAsync(transaction, late.Join, late.Reason, late.Bytes, late.EndedUs), cancellation);
            _late.TryDequeue(out _);
        }

        var left = await database.QueryAsync<LeftJoinRow>(
            """
            SELECT j.organisation, j.id, j.session, j.issuer, j.subject, j.joined_us, j.until_us, s.ended_us AS session_ended_us
            FROM session_joins j JOIN sessions s ON s.organisation = j.organisation AND s.id = j.session
            WHERE j.ended_us IS NULL AND s.ended_us IS NOT NULL AND s.ended_us + @patience <= relay_now_us() LIMIT @most
            """,
            new { patience = (long)Patience.TotalMicroseconds, most = Batch },
            cancellation);
        foreach (var row in left)
            await database.TransactAsync(transaction => EndAsync(transaction, row.Join(), JoinEndReason.ReplicaLost, null, row.SessionEndedUs), cancellation);
        await database.ExecuteAsync("DELETE FROM session_watch_tickets WHERE expires_us <= relay_now_us()", new { }, cancellation);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => work.RunAsync("watchers-left", Period, SweepAsync, stoppingToken);

    private async Task EndAsync(RelayTransaction transaction, JoinRow join, JoinEndReason reason, long? bytes, long endedUs)
    {
        var ended = await transaction.ExecuteAsync(
            "UPDATE session_joins SET ended_us = @endedUs, reason = @reason, bytes = @bytes WHERE organisation = @Organisation AND id = @Id AND ended_us IS NULL",
            new { join.Organisation, join.Id, endedUs, reason = reason.Name(), bytes });
        if (ended == 0) return;
        await ledger.AddAsync(transaction, join.Organisation, LedgerEventTypes.SessionJoinEnded, new JsonObject
        {
            ["session"] = join.Session,
            ["join"] = join.Id,
            ["subject"] = new JsonObject { ["issuer"] = join.Issuer, ["sub"] = join.Subject },
            ["reason"] = reason.Name(),
            ["joined_us"] = join.JoinedUs,
            ["ended_us"] = endedUs,
            ["bytes"] = bytes,
        });
    }

    private sealed class LeftJoinRow
    {
        public string Organisation { get; init; } = "";

        public string Id { get; init; } = "";

        public string Session { get; init; } = "";

        public string Issuer { get; init; } = "";

        public string Subject { get; init; } = "";

        public long JoinedUs { get; init; }

        public long UntilUs { get; init; }

        public long SessionEndedUs { get; init; }

        public JoinRow Join() => new()
        {
            Organisation = Organisation, Id = Id, Session = Session, Issuer = Issuer, Subject = Subject, JoinedUs = JoinedUs, UntilUs = UntilUs,
        };
    }
}
