using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Ledger;
using OpenOva.Relay.Telemetry;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Sessions.Transfers;

/// <summary>A transfer as it is read.</summary>
internal sealed class TransferRow
{
    public string Kind { get; init; } = "";

    public string Direction { get; init; } = "";

    public string Outcome { get; init; } = "";

    public long? Status { get; init; }

    public string? Mimetype { get; init; }

    public string? Name { get; init; }

    public long Size { get; init; }

    public string? Sha256 { get; init; }

    public long Count { get; init; }

    public long FirstUs { get; init; }

    public long LastUs { get; init; }
}

/// <summary>
/// Notes the transfers of all live sessions in the ledger, soon after each is over. While the database is away they wait in their session's log; a replica that is
/// killed then takes what waits with it.
/// </summary>
internal sealed class TransferRecords(RelayDatabase database, LedgerStage ledger, RepeatedWork work, TimeProvider time, ILogger<TransferRecords> logger) : BackgroundService
{
    private const int SaltBytes = 16;
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private readonly ConcurrentDictionary<string, TransferLog> _logs = new(StringComparer.Ordinal);

    /// <summary>The log of a session that begins.</summary>
    public TransferLog Begin(string organisation, string session)
    {
        var log = new TransferLog(organisation, session, time);
        _logs[session] = log;
        return log;
    }

    /// <summary>The session is over: what is not written yet is, now or later.</summary>
    public async Task EndAsync(TransferLog log)
    {
        log.Close();
        try
        {
            await WriteAsync(log, CancellationToken.None);
        }
        catch (Exception exception)
        {
            // They are kept, and written by a later round.
            logger.NotingFailed(log.Session, "transfers", Period, exception);
        }
    }

    /// <summary>A session's transfers, oldest first.</summary>
    public Task<IReadOnlyList<TransferRow>> ListAsync(string organisation, string session, int most, CancellationToken cancellation) =>
        database.QueryAsync<TransferRow>(
            """
            SELECT kind, direction, outcome, status, mimetype, name, size, sha256, count, first_us, last_us FROM session_transfers
            WHERE organisation = @organisation AND session = @session ORDER BY first_us, id LIMIT @most
            """,
            new { organisation, session, most },
            cancellation);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => work.RunAsync("session-transfers", Period, WriteAllAsync, stoppingToken);

    /// <summary>One round.</summary>
    internal async Task WriteAllAsync(CancellationToken cancellation)
    {
        Exception? failure = null;
        foreach (var log in _logs.Values)
        {
            try
            {
                await WriteAsync(log, cancellation);
            }
            catch (Exception exception) when (exception is not DatabaseUnavailableException && !cancellation.IsCancellationRequested)
            {
                // What one session cannot write must not keep the others from writing.
                failure = exception;
            }
        }

        if (failure is not null) ExceptionDispatchInfo.Throw(failure);
    }

    private async Task WriteAsync(TransferLog log, CancellationToken cancellation)
    {
        await log.Writing.WaitAsync(cancellation);
        try
        {
            log.Take(note => new PendingNote(ledger.NextId(), RandomNumberGenerator.GetBytes(SaltBytes), note));
            if (log.Pending.Count > 0)
            {
                await database.TransactAsync(
                    async transaction =>
                    {
                        foreach (var pending in log.Pending) await WriteAsync(transaction, log, pending);
                    },
                    cancellation);
                log.Pending.Clear();
            }

            if (log.IsDone) _logs.TryRemove(log.Session, out _);
        }
        finally
        {
            log.Writing.Release();
        }
    }

    private async Task WriteAsync(RelayTransaction transaction, TransferLog log, PendingNote pending)
    {
        // Whether an earlier try was written may be unknown.
        if (await LedgerQueries.IsKnownAsync(transaction, log.Organisation, pending.Id)) return;
        var note = pending.Note;
        long? status = note.Status == 0 ? null : note.Status;
        await transaction.ExecuteAsync(
            """
            INSERT INTO session_transfers (organisation, id, session, kind, direction, outcome, status, mimetype, salt, name, size, sha256, count, first_us, last_us)
            VALUES (@organisation, @id, @session, @kind, @direction, @outcome, @status, @mimetype, @salt, @name, @size, @sha256, @count, @firstUs, @lastUs)
            """,
            new
            {
                organisation = log.Organisation, id = pending.Id, session = log.Session, kind = note.Kind.Name(), direction = note.Direction.Name(), outcome = note.Outcome.Name(),
                status, mimetype = note.Mimetype, salt = pending.Salt, name = note.Name, size = note.Size, sha256 = note.Sha256, count = note.Count,
                firstUs = note.FirstUs, lastUs = note.LastUs,
            });
        // What is pasted may be a password: its digest would give it away to whoever can guess.
        var isClipboard = note.Kind == TransferKind.Clipboard;
        await ledger.AddAsync(
            transaction, log.Organisation, LedgerEventTypes.SessionTransfer, new JsonObject
            {
                ["session"] = log.Session,
                ["kind"] = note.Kind.Name(),
                ["direction"] = note.Direction.Name(),
                ["outcome"] = note.Outcome.Name(),
                ["status"] = status,
                ["mimetype"] = note.Mimetype,
                ["name"] = note.Name is null ? null : Digests.Commitment(pending.Salt, note.Name),
                ["size"] = note.Size,
                ["sha256"] = isClipboard ? null : note.Sha256,
                ["content"] = isClipboard && note.Sha256 is { } sha256 ? Digests.Commitment(pending.Salt, sha256) : null,
                ["count"] = note.Count,
                ["first_us"] = note.FirstUs,
                ["last_us"] = note.LastUs,
            },
            pending.Id);
    }
}
