using OpenOva.Relay.Database;

namespace OpenOva.Relay.Access.Emergency;

/// <summary>The reviews' SQL.</summary>
internal static class ReviewQueries
{
    private const string Columns =
        """
        organisation, session, connection, issuer, subject, opened_us, due_us, overdue_us, outcome, comment, reviewer_issuer, reviewer_subject, reviewed_us, rotated_us
        """;

    public static Task<int> InsertAsync(RelayTransaction transaction, ReviewRow row) =>
        transaction.ExecuteAsync(
            """
            INSERT INTO emergency_reviews (organisation, session, connection, issuer, subject, opened_us, due_us)
            VALUES (@Organisation, @Session, @Connection, @Issuer, @Subject, @OpenedUs, @DueUs)
            """,
            row);

    public static Task<ReviewRow?> FindAsync(RelayDatabase database, string organisation, string session, CancellationToken cancellation) =>
        database.QuerySingleOrDefaultAsync<ReviewRow>(
            $"SELECT {Columns} FROM emergency_reviews WHERE organisation = @organisation AND session = @session", new { organisation, session }, cancellation);

    /// <summary>Newest first, before a session's id.</summary>
    public static Task<IReadOnlyList<ReviewRow>> ListAsync(RelayDatabase database, string organisation, bool owed, string before, int most, CancellationToken cancellation) =>
        database.QueryAsync<ReviewRow>(
            $"""
            SELECT {Columns} FROM emergency_reviews WHERE organisation = @organisation AND session < @before
            {(owed ? "AND (reviewed_us IS NULL OR rotated_us IS NULL)" : "")} ORDER BY session DESC LIMIT @most
            """,
            new { organisation, before, most },
            cancellation);

    /// <summary>False: it was reviewed before.</summary>
    public static async Task<bool> ReviewedAsync(
        RelayTransaction transaction, string organisation, string session, string issuer, string subject, string outcome, byte[] salt, string comment, long nowUs) =>
        await transaction.ExecuteAsync(
            """
            UPDATE emergency_reviews SET outcome = @outcome, salt = @salt, comment = @comment, reviewer_issuer = @issuer, reviewer_subject = @subject, reviewed_us = @nowUs
            WHERE organisation = @organisation AND session = @session AND reviewed_us IS NULL
            """,
            new { organisation, session, issuer, subject, outcome, salt, comment, nowUs }) == 1;

    /// <summary>False: it was noted before.</summary>
    public static async Task<bool> RotatedAsync(RelayTransaction transaction, string organisation, string session, long nowUs) =>
        await transaction.ExecuteAsync(
            "UPDATE emergency_reviews SET rotated_us = @nowUs WHERE organisation = @organisation AND session = @session AND rotated_us IS NULL",
            new { organisation, session, nowUs }) == 1;

    /// <summary>What is owed longer than it may be, and not reminded of.</summary>
    public static Task<IReadOnlyList<ReviewRow>> OverdueAsync(RelayDatabase database, long nowUs, int most, CancellationToken cancellation) =>
        database.QueryAsync<ReviewRow>(
            $"""
            SELECT {Columns} FROM emergency_reviews WHERE (reviewed_us IS NULL OR rotated_us IS NULL) AND overdue_us IS NULL AND due_us <= @nowUs
            ORDER BY due_us LIMIT @most
            """,
            new { nowUs, most },
            cancellation);

    /// <summary>False: somebody else has, or nothing is owed any more.</summary>
    public static async Task<bool> ReminderAsync(RelayTransaction transaction, ReviewRow row, long nowUs) =>
        await transaction.ExecuteAsync(
            """
            UPDATE emergency_reviews SET overdue_us = @nowUs WHERE organisation = @Organisation AND session = @Session AND overdue_us IS NULL
            AND (reviewed_us IS NULL OR rotated_us IS NULL)
            """,
            new { row.Organisation, row.Session, nowUs }) == 1;
}
