using OpenOva.Relay.Database;
using OpenOva.Relay.Identity.Logout;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Sessions;

/// <summary>Sessions by the accounts that they were opened by.</summary>
internal static class AccountSessionQueries
{
    /// <summary>
    /// The ids of unended sessions that a sign-out ends: of the issuer's session that it names, or of the whole account; with a session and an account,
    /// also those of the account that were opened without saying of which session, since nobody can tell them apart.
    /// </summary>
    public static Task<IReadOnlyList<string>> SignedOutAsync(RelayTransaction transaction, SignOut signOut) =>
        transaction.QueryAsync<string>(
            """
            SELECT id FROM sessions WHERE organisation = @Organisation AND issuer = @Issuer AND ended_us IS NULL
            AND ((@SidSha256 <> '' AND sid_sha256 = @SidSha256) OR (@Subject <> '' AND subject = @Subject AND (@SidSha256 = '' OR sid_sha256 IS NULL)))
            """,
            signOut);

    /// <summary>The sessions that this replica carries for accounts of an issuer, with what a second decision reads.</summary>
    public static Task<IReadOnlyList<SessionRow>> CarriedAsync(RelayDatabase database, string replica, string issuer, CancellationToken cancellation) =>
        database.QueryAsync<SessionRow>(
            """
            SELECT organisation, id, connection, issuer, subject, gateway_client, acr, authenticated_us, break_glass FROM sessions
            WHERE replica = @replica AND issuer = @issuer AND ended_us IS NULL AND state IN (@connecting, @connected)
            """,
            new { replica, issuer, connecting = SessionState.Connecting.Name(), connected = SessionState.Connected.Name() },
            cancellation);
}
