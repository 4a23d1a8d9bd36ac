using OpenOva.Relay.Access;
using OpenOva.Relay.Database;

namespace OpenOva.Relay.Sessions;

/// <summary>A new end of a live session that its replica has not taken up yet.</summary>
internal sealed class WaitingExtension
{
    public string Organisation { get; init; } = "";

    public string Session { get; init; } = "";

    public long UntilUs { get; init; }
}

/// <summary>What sessions are bound to, and how many are open.</summary>
internal static class SessionTermsQueries
{
    /// <summary>Open sessions of a person, through whichever account, and of a connection.</summary>
    public static async Task<SessionCounts> CountAsync(RelayTransaction transaction, string organisation, string issuer, string subject, string connection)
    {
        var ofPerson = await transaction.ExecuteScalarAsync<long>(
            """
            SELECT COUNT(*) FROM sessions s WHERE s.organisation = @organisation AND s.ended_us IS NULL AND ((s.issuer = @issuer AND s.subject = @subject) OR EXISTS (
              SELECT 1 FROM person_accounts a JOIN person_accounts b ON b.organisation = a.organisation AND b.person_id = a.person_id
              WHERE a.organisation = @organisation AND a.issuer = @issuer AND a.subject = @subject AND b.issuer = s.issuer AND b.subject = s.subject))
            """,
            new { organisation, issuer, subject });
        var onConnection = await transaction.ExecuteScalarAsync<long>(
            "SELECT COUNT(*) FROM sessions WHERE organisation = @organisation AND connection = @connection AND ended_us IS NULL", new { organisation, connection });
        return new SessionCounts((int)ofPerson, (int)onConnection);
    }

    /// <summary>False: the session is over.</summary>
    public static async Task<bool> ExtendAsync(RelayTransaction transaction, SessionRow session, string request, long untilUs)
    {
        if (await transaction.ExecuteAsync(
            "UPDATE sessions SET until_us = @untilUs, access_request = @request WHERE organisation = @Organisation AND id = @Id AND ended_us IS NULL",
            new { session.Organisation, session.Id, request, untilUs }) != 1) return false;
        await GrantAsync(transaction, session.Organisation, request, session.Id);
        await transaction.ExecuteAsync(
            """
            INSERT INTO session_extensions (organisation, session, replica, until_us, seen) VALUES (@Organisation, @Id, @replica, @untilUs, FALSE)
            ON CONFLICT (organisation, session) DO UPDATE SET replica = @replica, until_us = @untilUs, seen = FALSE
            """,
            new { session.Organisation, session.Id, replica = session.Replica ?? "", untilUs });
        return true;
    }

    public static Task<IReadOnlyList<WaitingExtension>> WaitingAsync(RelayDatabase database, string replica, CancellationToken cancellation) =>
        database.QueryAsync<WaitingExtension>(
            "SELECT organisation, session, until_us FROM session_extensions WHERE replica = @replica AND NOT seen", new { replica }, cancellation);

    public static Task<int> SeenAsync(RelayDatabase database, WaitingExtension extension, CancellationToken cancellation) =>
        database.ExecuteAsync(
            "UPDATE session_extensions SET seen = TRUE WHERE organisation = @Organisation AND session = @Session AND until_us = @UntilUs", extension, cancellation);

    /// <summary>A session rests on an approval from now on.</summary>
    public static Task<int> GrantAsync(RelayTransaction transaction, string organisation, string request, string session) =>
        transaction.ExecuteAsync(
            "INSERT INTO session_grants (organisation, request, session) VALUES (@organisation, @request, @session)", new { organisation, request, session });

    /// <summary>Open sessions that rest, or ever rested, on an approval.</summary>
    public static Task<IReadOnlyList<string>> GrantedAsync(RelayTransaction transaction, string organisation, string request) =>
        transaction.QueryAsync<string>(
            """
            SELECT s.id FROM session_grants g JOIN sessions s ON s.organisation = g.organisation AND s.id = g.session
            WHERE g.organisation = @organisation AND g.request = @request AND s.ended_us IS NULL
            """,
            new { organisation, request });
}
