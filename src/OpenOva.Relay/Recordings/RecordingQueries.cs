using OpenOva.Relay.Database;

namespace OpenOva.Relay.Recordings;

/// <summary>A sealed recording's row.</summary>
internal sealed class RecordingRow
{
    public string Organisation { get; init; } = "";

    public string Session { get; init; } = "";

    public long Epoch { get; init; }

    public string Bucket { get; init; } = "";

    public string ObjectKey { get; init; } = "";

    public string ObjectVersion { get; init; } = "";

    public string IndexKey { get; init; } = "";

    public string IndexVersion { get; init; } = "";

    public string EvidenceBucket { get; init; } = "";

    public string ManifestKey { get; init; } = "";

    public string ManifestVersion { get; init; } = "";

    public string ManifestSha256 { get; init; } = "";

    public long RecordedBytes { get; init; }

    public long ObjectBytes { get; init; }

    public bool Recovered { get; init; }

    public long RetentionUntilUs { get; init; }

    public long SealedUs { get; init; }

    public long? VerifiedUs { get; init; }

    public bool LiveKept { get; init; }
}

/// <summary>The recordings' SQL.</summary>
internal static class RecordingQueries
{
    private const string Columns =
        """
        organisation, session, epoch, bucket, object_key, object_version, index_key, index_version, evidence_bucket, manifest_key, manifest_version,
        manifest_sha256, recorded_bytes, object_bytes, recovered, retention_until_us, sealed_us, live_kept
        """;

    public static Task<RecordingRow?> FindAsync(RelayDatabase database, string organisation, string session, CancellationToken cancellation) =>
        database.QuerySingleOrDefaultAsync<RecordingRow>(
            $"SELECT {Columns}, verified_us FROM recordings WHERE organisation = @organisation AND session = @session", new { organisation, session }, cancellation);

    /// <summary>False: it was sealed before.</summary>
    public static async Task<bool> InsertAsync(RelayTransaction transaction, RecordingRow row) =>
        await transaction.ExecuteAsync(
            $"""
            INSERT INTO recordings ({Columns}) VALUES (@Organisation, @Session, @Epoch, @Bucket, @ObjectKey, @ObjectVersion, @IndexKey, @IndexVersion,
            @EvidenceBucket, @ManifestKey, @ManifestVersion, @ManifestSha256, @RecordedBytes, @ObjectBytes, @Recovered, @RetentionUntilUs, @SealedUs, @LiveKept)
            ON CONFLICT (organisation, session) DO NOTHING
            """,
            row) == 1;

    /// <summary>The row becomes the longer recording's; the other's is kept aside.</summary>
    public static async Task SupplementAsync(RelayTransaction transaction, RecordingRow before, RecordingRow row)
    {
        await transaction.ExecuteAsync(
            """
            INSERT INTO recordings_supplemented (organisation, session, manifest_sha256, bucket, object_key, object_version, index_key, index_version,
            evidence_bucket, manifest_key, manifest_version, recorded_bytes, sealed_us)
            VALUES (@Organisation, @Session, @ManifestSha256, @Bucket, @ObjectKey, @ObjectVersion, @IndexKey, @IndexVersion,
            @EvidenceBucket, @ManifestKey, @ManifestVersion, @RecordedBytes, @SealedUs)
            """,
            before);
        await transaction.ExecuteAsync(
            """
            UPDATE recordings SET epoch = @Epoch, bucket = @Bucket, object_key = @ObjectKey, object_version = @ObjectVersion, index_key = @IndexKey,
            index_version = @IndexVersion, evidence_bucket = @EvidenceBucket, manifest_key = @ManifestKey, manifest_version = @ManifestVersion,
            manifest_sha256 = @ManifestSha256, recorded_bytes = @RecordedBytes, object_bytes = @ObjectBytes, recovered = @Recovered,
            retention_until_us = @RetentionUntilUs, sealed_us = @SealedUs, verified_us = NULL, verification_held = NULL, live_pieces = NULL,
            live_deleted_us = NULL
            WHERE organisation = @Organisation AND session = @Session
            """,
            row);
    }

    /// <summary>Zero: a longer recording was sealed meanwhile, and its own verification counts.</summary>
    public static Task<int> VerifiedAsync(RelayTransaction transaction, string organisation, string session, string manifestSha256, long nowUs, bool held) =>
        transaction.ExecuteAsync(
            "UPDATE recordings SET verified_us = @nowUs, verification_held = @held WHERE organisation = @organisation AND session = @session AND manifest_sha256 = @manifestSha256",
            new { organisation, session, manifestSha256, nowUs, held });

    /// <summary>Notes how many live pieces there are, unless it was noted before; gives what counts.</summary>
    public static async Task<long> LivePiecesAsync(RelayTransaction transaction, string organisation, string session, long found)
    {
        await transaction.ExecuteAsync(
            "UPDATE recordings SET live_pieces = @found WHERE organisation = @organisation AND session = @session AND live_pieces IS NULL",
            new { organisation, session, found });
        return await transaction.ExecuteScalarAsync<long>(
            "SELECT live_pieces FROM recordings WHERE organisation = @organisation AND session = @session", new { organisation, session });
    }

    /// <summary>Zero: they were deleted before.</summary>
    public static Task<int> LiveDeletedAsync(RelayTransaction transaction, string organisation, string session, long nowUs) =>
        transaction.ExecuteAsync(
            "UPDATE recordings SET live_deleted_us = @nowUs WHERE organisation = @organisation AND session = @session AND live_deleted_us IS NULL",
            new { organisation, session, nowUs });

    /// <summary>Whose session it is; null where this organisation has none of that id.</summary>
    public static Task<SessionPerson?> SubjectAsync(RelayDatabase database, string organisation, string session, CancellationToken cancellation) =>
        database.QuerySingleOrDefaultAsync<SessionPerson>(
            "SELECT issuer, subject FROM sessions WHERE organisation = @organisation AND id = @session", new { organisation, session }, cancellation);

    public static Task InsertViewAsync(
        RelayTransaction transaction, string organisation, string session, string issuer, string subject, string part, byte[] salt, string purpose) =>
        transaction.ExecuteAsync(
            """
            INSERT INTO recording_views (organisation, session, issuer, subject, part, salt, purpose, viewed_us)
            VALUES (@organisation, @session, @issuer, @subject, @part, @salt, @purpose, relay_now_us())
            """,
            new { organisation, session, issuer, subject, part, salt, purpose });
}

/// <summary>The person of a session.</summary>
internal sealed class SessionPerson
{
    public string Issuer { get; init; } = "";

    public string Subject { get; init; } = "";
}
