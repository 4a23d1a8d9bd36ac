using OpenOva.Relay.Database;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Ledger;
using OpenOva.Relay.Recordings;

namespace OpenOva.Relay.Reports;

/// <summary>The reports' SQL. Every statement names the organisation.</summary>
internal static class ReportQueries
{
    private const string Columns =
        """
        organisation, report_id, framework, from_us, to_us, recordings, issuer, subject, request_id, requested_us, state, percent, detail, failure, attempts,
        started_us, head_size, head_root, first_leaf, assurance, finished_us, bundle_key, bundle_bytes, bundle_sha256
        """;

    /// <summary>False: the caller has used this request id before.</summary>
    public static async Task<bool> InsertAsync(RelayTransaction transaction, ReportRow row) =>
        await transaction.ExecuteAsync(
            """
            INSERT INTO reports (organisation, report_id, framework, from_us, to_us, recordings, issuer, subject, request_id, requested_us, state, percent, detail, attempts)
            VALUES (@Organisation, @ReportId, @Framework, @FromUs, @ToUs, @Recordings, @Issuer, @Subject, @RequestId, @RequestedUs, @State, 0, @Detail, 0)
            ON CONFLICT DO NOTHING
            """,
            row) == 1;

    public static Task<ReportRow?> FindAsync(RelayDatabase database, string organisation, string reportId, CancellationToken cancellation) =>
        database.QuerySingleOrDefaultAsync<ReportRow>(
            $"SELECT {Columns} FROM reports WHERE organisation = @organisation AND report_id = @reportId", new { organisation, reportId }, cancellation);

    public static Task<ReportRow?> FindRequestAsync(RelayTransaction transaction, string organisation, string issuer, string subject, string requestId) =>
        transaction.QuerySingleOrDefaultAsync<ReportRow>(
            $"SELECT {Columns} FROM reports WHERE organisation = @organisation AND issuer = @issuer AND subject = @subject AND request_id = @requestId",
            new { organisation, issuer, subject, requestId });

    /// <summary>Newest first, from behind a row on.</summary>
    public static Task<IReadOnlyList<ReportRow>> ListAsync(
        RelayDatabase database, string organisation, long beforeUs, string beforeId, int most, CancellationToken cancellation) =>
        database.QueryAsync<ReportRow>(
            $"""
            SELECT {Columns} FROM reports WHERE organisation = @organisation AND (requested_us, report_id) < (@beforeUs, @beforeId)
            ORDER BY requested_us DESC, report_id DESC LIMIT @most
            """,
            new { organisation, beforeUs, beforeId, most },
            cancellation);

    /// <summary>An attempt begins.</summary>
    public static Task<int> StartAsync(RelayDatabase database, ReportRow row, long nowUs, CancellationToken cancellation) =>
        database.ExecuteAsync(
            """
            UPDATE reports SET state = 'running', percent = 0, detail = 'Started', attempts = attempts + 1, started_us = @nowUs
            WHERE organisation = @Organisation AND report_id = @ReportId AND state IN ('requested', 'running')
            """,
            new { row.Organisation, row.ReportId, nowUs },
            cancellation);

    public static Task<int> ProgressAsync(RelayDatabase database, ReportRow row, int percent, string detail, CancellationToken cancellation) =>
        database.ExecuteAsync(
            "UPDATE reports SET percent = @percent, detail = @detail WHERE organisation = @Organisation AND report_id = @ReportId AND state = 'running'",
            new { row.Organisation, row.ReportId, percent, detail },
            cancellation);

    /// <summary>Pins what the result depends on, once: later attempts find it pinned.</summary>
    public static Task<int> PinAsync(
        RelayDatabase database, ReportRow row, long headSize, string headRoot, long firstLeaf, string? assurance, CancellationToken cancellation) =>
        database.ExecuteAsync(
            """
            UPDATE reports SET head_size = @headSize, head_root = @headRoot, first_leaf = @firstLeaf, assurance = @assurance
            WHERE organisation = @Organisation AND report_id = @ReportId AND head_size IS NULL
            """,
            new { row.Organisation, row.ReportId, headSize, headRoot, firstLeaf, assurance },
            cancellation);

    /// <summary>The attempt failed; the report is tried again.</summary>
    public static Task<int> PostponeAsync(RelayDatabase database, ReportRow row, string failure, string detail, CancellationToken cancellation) =>
        database.ExecuteAsync(
            """
            UPDATE reports SET state = 'requested', percent = 0, detail = @detail, failure = @failure
            WHERE organisation = @Organisation AND report_id = @ReportId AND state = 'running'
            """,
            new { row.Organisation, row.ReportId, failure, detail },
            cancellation);

    public static Task<int> FailAsync(RelayTransaction transaction, ReportRow row, string failure, string detail, long nowUs) =>
        transaction.ExecuteAsync(
            """
            UPDATE reports SET state = 'failed', detail = @detail, failure = @failure, finished_us = @nowUs
            WHERE organisation = @Organisation AND report_id = @ReportId AND state IN ('requested', 'running')
            """,
            new { row.Organisation, row.ReportId, failure, detail, nowUs });

    public static Task<int> ReadyAsync(RelayTransaction transaction, ReportRow row, string bundleKey, long bundleBytes, string bundleSha256, long nowUs) =>
        transaction.ExecuteAsync(
            """
            UPDATE reports SET state = 'ready', percent = 100, detail = '', failure = NULL, finished_us = @nowUs, bundle_key = @bundleKey, bundle_bytes = @bundleBytes,
            bundle_sha256 = @bundleSha256
            WHERE organisation = @Organisation AND report_id = @ReportId AND state IN ('requested', 'running')
            """,
            new { row.Organisation, row.ReportId, bundleKey, bundleBytes, bundleSha256, nowUs });

    public static Task<int> InsertDownloadAsync(
        RelayTransaction transaction, ReportRow row, string downloadId, Caller caller, string purpose, byte[] salt, long nowUs) =>
        transaction.ExecuteAsync(
            """
            INSERT INTO report_downloads (organisation, download_id, report_id, issuer, subject, purpose, salt, downloaded_us)
            VALUES (@Organisation, @downloadId, @ReportId, @Issuer, @Subject, @purpose, @salt, @nowUs)
            """,
            new { row.Organisation, downloadId, row.ReportId, caller.Issuer, caller.Subject, purpose, salt, nowUs });

    /// <summary>False: it was noted by an earlier attempt.</summary>
    public static async Task<bool> InsertRecordingAsync(RelayTransaction transaction, ReportRow row, string session, SessionPerson of) =>
        await transaction.ExecuteAsync(
            """
            INSERT INTO report_recordings (organisation, report_id, session, issuer, subject) VALUES (@Organisation, @ReportId, @session, @Issuer, @Subject)
            ON CONFLICT DO NOTHING
            """,
            new { row.Organisation, row.ReportId, session, of.Issuer, of.Subject }) == 1;

    /// <summary>Whose recordings are in the bundle, each account once.</summary>
    public static Task<IReadOnlyList<SessionPerson>> RecordedPersonsAsync(RelayDatabase database, ReportRow row, CancellationToken cancellation) =>
        database.QueryAsync<SessionPerson>(
            "SELECT DISTINCT issuer, subject FROM report_recordings WHERE organisation = @Organisation AND report_id = @ReportId",
            new { row.Organisation, row.ReportId },
            cancellation);

    public static Task<CheckpointRow?> CheckpointAsync(RelayDatabase database, string organisation, long size, CancellationToken cancellation) =>
        database.QuerySingleOrDefaultAsync<CheckpointRow>(
            "SELECT organisation, size, root, time_us, jws FROM ledger_checkpoints WHERE organisation = @organisation AND size = @size",
            new { organisation, size },
            cancellation);

    /// <summary>The number of the earliest leaf from a time on, below a size; null when there is none.</summary>
    public static Task<long?> FirstLeafFromAsync(RelayDatabase database, string organisation, long timeUs, long size, CancellationToken cancellation) =>
        database.ExecuteScalarAsync<long?>(
            "SELECT seq FROM ledger_leaves WHERE organisation = @organisation AND time_us >= @timeUs AND seq < @size ORDER BY time_us, seq LIMIT 1",
            new { organisation, timeUs, size },
            cancellation);

    /// <summary>The head of the newest report that is ready; null when there is none.</summary>
    public static Task<long?> NewestHeadAsync(RelayDatabase database, string organisation, CancellationToken cancellation) =>
        database.ExecuteScalarAsync<long?>(
            "SELECT MAX(head_size) FROM reports WHERE organisation = @organisation AND state = 'ready'", new { organisation }, cancellation);

    /// <summary>All versions of all accounts, in order: a bundle takes those of its population.</summary>
    public static Task<IReadOnlyList<PersonRow>> PersonsAsync(RelayDatabase database, string organisation, CancellationToken cancellation) =>
        database.QueryAsync<PersonRow>(
            """
            SELECT organisation, issuer, subject, version, person_id, display_name, user_name, email, salt, first_seen_us
            FROM persons WHERE organisation = @organisation ORDER BY issuer, subject, version
            """,
            new { organisation },
            cancellation);
}
