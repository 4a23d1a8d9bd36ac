using OpenOva.Relay.Database;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Sessions;

/// <summary>A session's row.</summary>
internal sealed class SessionRow
{
    public string Organisation { get; init; } = "";

    public string Id { get; init; } = "";

    public string Connection { get; init; } = "";

    public string Protocol { get; init; } = "";

    public string ConnectionDigest { get; init; } = "";

    public string Issuer { get; init; } = "";

    public string Subject { get; init; } = "";

    public string? GatewayClient { get; init; }

    public bool RecordingRequired { get; init; }

    public bool RecordingOpened { get; init; }

    public string Bucket { get; init; } = "";

    public long RetentionDays { get; init; }

    public string State { get; init; } = "";

    public string? EndReason { get; init; }

    public string? Failure { get; init; }

    public string DecisionEvent { get; init; } = "";

    public string DecisionSha256 { get; init; } = "";

    public string? Replica { get; init; }

    public long Epoch { get; init; }

    public long OpenedUs { get; init; }

    public long? ConnectedUs { get; init; }

    public long? EndedUs { get; init; }

    public long? SealedUs { get; init; }

    public long? VerifiedUs { get; init; }

    public long RecordedBytes { get; init; }

    public bool Recovered { get; init; }

    /// <summary>As <see cref="Identity.Logout.SignOut.HashOf"/>; null where the token named no session.</summary>
    public string? SidSha256 { get; init; }

    public string? Acr { get; init; }

    public long? AuthenticatedUs { get; init; }

    /// <summary>The approved request it rests on; null where none was needed.</summary>
    public string? AccessRequest { get; init; }

    /// <summary>When it is cut; null: never by time.</summary>
    public long? UntilUs { get; init; }

    public long? IdleSeconds { get; init; }

    public long? IdleWarnSeconds { get; init; }

    public bool BreakGlass { get; init; }

    /// <summary>Its output is synced before it is delivered.</summary>
    public bool Synced { get; init; }

    /// <summary>The person's input is dropped.</summary>
    public bool Locked { get; init; }
}

/// <summary>The sessions' SQL.</summary>
internal static class SessionQueries
{
    private const string Columns =
        """
        organisation, id, connection, protocol, connection_digest, issuer, subject, gateway_client, recording_required, recording_opened, bucket,
        retention_days, state, end_reason, failure, decision_event, decision_sha256, replica, epoch, opened_us, connected_us, ended_us, sealed_us,
        verified_us, recorded_bytes, recovered, sid_sha256, acr, authenticated_us, access_request, until_us, idle_seconds, idle_warn_seconds, break_glass, synced, locked
        """;

    public static async Task InsertAsync(RelayTransaction transaction, SessionRow row) =>
        await transaction.ExecuteAsync(
            $"""
            INSERT INTO sessions ({Columns}) VALUES (@Organisation, @Id, @Connection, @Protocol, @ConnectionDigest, @Issuer, @Subject, @GatewayClient,
            @RecordingRequired, @RecordingOpened, @Bucket, @RetentionDays, @State, @EndReason, @Failure, @DecisionEvent, @DecisionSha256, @Replica, @Epoch,
            @OpenedUs, @ConnectedUs, @EndedUs, @SealedUs, @VerifiedUs, @RecordedBytes, @Recovered, @SidSha256, @Acr, @AuthenticatedUs,
            @AccessRequest, @UntilUs, @IdleSeconds, @IdleWarnSeconds, @BreakGlass, @Synced, @Locked)
            """,
            row);

    public static Task InsertTextsAsync(
        RelayTransaction transaction, string organisation, string session, byte[] salt, string purpose, string ticketReference, string sourceAddress) =>
        transaction.ExecuteAsync(
            """
            INSERT INTO session_texts (organisation, session, salt, purpose, ticket_reference, source_address)
            VALUES (@organisation, @session, @salt, @purpose, @ticketReference, @sourceAddress)
            """,
            new { organisation, session, salt, purpose, ticketReference, sourceAddress });

    public static Task<SessionRow?> FindAsync(RelayDatabase database, string organisation, string id, CancellationToken cancellation) =>
        database.QuerySingleOrDefaultAsync<SessionRow>(
            $"SELECT {Columns} FROM sessions WHERE organisation = @organisation AND id = @id", new { organisation, id }, cancellation);

    public static Task<SessionRow?> FindAsync(RelayTransaction transaction, string organisation, string id) =>
        transaction.QuerySingleOrDefaultAsync<SessionRow>(
            $"SELECT {Columns} FROM sessions WHERE organisation = @organisation AND id = @id", new { organisation, id });

    /// <summary>Newest first, before an id; of one person where given.</summary>
    public static Task<IReadOnlyList<SessionRow>> ListAsync(
        RelayDatabase database, string organisation, string? issuer, string? subject, string before, int most, CancellationToken cancellation) =>
        database.QueryAsync<SessionRow>(
            $"""
            SELECT {Columns} FROM sessions WHERE organisation = @organisation AND id < @before
            {(subject is null ? "" : "AND issuer = @issuer AND subject = @subject")} ORDER BY id DESC LIMIT @most
            """,
            new { organisation, issuer, subject, before, most },
            cancellation);

    /// <summary>Live ones, oldest first; of one person where given.</summary>
    public static Task<IReadOnlyList<SessionRow>> LiveAsync(
        RelayDatabase database, string organisation, string? issuer, string? subject, int most, CancellationToken cancellation) =>
        database.QueryAsync<SessionRow>(
            $"""
            SELECT {Columns} FROM sessions WHERE organisation = @organisation AND ended_us IS NULL
            {(subject is null ? "" : "AND issuer = @issuer AND subject = @subject")} ORDER BY id LIMIT @most
            """,
            new { organisation, issuer, subject, most },
            cancellation);

    public static Task InsertTicketAsync(RelayTransaction transaction, string hash, string organisation, string session, string client, long expiresUs) =>
        transaction.ExecuteAsync(
            "INSERT INTO session_tickets (hash, organisation, session, client, expires_us) VALUES (@hash, @organisation, @session, @client, @expiresUs)",
            new { hash, organisation, session, client, expiresUs });

    /// <summary>The session of a ticket that could be redeemed now by this client; nothing is changed.</summary>
    public static Task<SessionRow?> FindByTicketAsync(RelayDatabase database, string hash, TicketHolder holder, CancellationToken cancellation) =>
        database.QuerySingleOrDefaultAsync<SessionRow>(
            $"""
            SELECT {Columns} FROM sessions s JOIN (SELECT organisation AS t_organisation, session AS t_session FROM session_tickets
              WHERE hash = @hash AND (client = @Client OR client = @ClientAt) AND redeemed_us IS NULL AND expires_us > relay_now_us()) t
            ON s.organisation = t.t_organisation AND s.id = t.t_session WHERE s.state = @opened
            """,
            new { hash, holder.Client, holder.ClientAt, opened = SessionState.Opened.Name() },
            cancellation);

    /// <summary>Redeems the ticket, once: false when it was, or has expired meanwhile.</summary>
    public static async Task<bool> RedeemAsync(RelayTransaction transaction, string hash, TicketHolder holder, SessionRow session, string replica, long epoch, bool recordingOpened)
    {
        var redeemed = await transaction.ExecuteAsync(
            """
            UPDATE session_tickets SET redeemed_us = relay_now_us()
            WHERE hash = @hash AND (client = @Client OR client = @ClientAt) AND redeemed_us IS NULL AND expires_us > relay_now_us()
            """,
            new { hash, holder.Client, holder.ClientAt });
        return redeemed == 1 && await transaction.ExecuteAsync(
            """
            UPDATE sessions SET state = @connecting, replica = @replica, epoch = @epoch, recording_opened = @recordingOpened
            WHERE organisation = @Organisation AND id = @Id AND state = @opened
            """,
            new
            {
                session.Organisation, session.Id, replica, epoch, recordingOpened,
                connecting = SessionState.Connecting.Name(), opened = SessionState.Opened.Name(),
            }) == 1;
    }

    /// <summary>False: it was noted before, or the session is another epoch's.</summary>
    public static async Task<bool> ConnectedAsync(RelayTransaction transaction, string organisation, string id, long epoch, long connectedUs) =>
        await transaction.ExecuteAsync(
            """
            UPDATE sessions SET state = CASE WHEN state = @connecting THEN @connected ELSE state END, connected_us = @connectedUs
            WHERE organisation = @organisation AND id = @id AND epoch = @epoch AND connected_us IS NULL AND ended_us IS NULL
            """,
            new { organisation, id, epoch, connectedUs, connecting = SessionState.Connecting.Name(), connected = SessionState.Connected.Name() }) == 1;

    /// <summary>False: its end was noted before, or the session is another epoch's.</summary>
    public static async Task<bool> EndedAsync(
        RelayTransaction transaction, string organisation, string id, long epoch, SessionState state, SessionEndReason reason, string? failure, long? status, long endedUs) =>
        await transaction.ExecuteAsync(
            """
            UPDATE sessions SET state = @state, end_reason = @reason, failure = @failure, guacamole_status = @status, ended_us = @endedUs
            WHERE organisation = @organisation AND id = @id AND epoch = @epoch AND ended_us IS NULL
            """,
            new { organisation, id, epoch, state = state.Name(), reason = reason.Name(), failure, status, endedUs }) == 1;

    /// <summary>False: it was noted before.</summary>
    public static async Task<bool> SealedAsync(RelayTransaction transaction, string organisation, string id, long sealedUs, long recordedBytes, bool recovered) =>
        await transaction.ExecuteAsync(
            """
            UPDATE sessions SET state = CASE WHEN state = @ended THEN @sealed ELSE state END, sealed_us = @sealedUs, recorded_bytes = @recordedBytes, recovered = @recovered
            WHERE organisation = @organisation AND id = @id AND sealed_us IS NULL
            """,
            new { organisation, id, sealedUs, recordedBytes, recovered, ended = SessionState.Ended.Name(), @sealed = SessionState.Sealed.Name() }) == 1;

    /// <summary>False: it was noted before, or the session is not sealed.</summary>
    public static async Task<bool> VerifiedAsync(RelayTransaction transaction, string organisation, string id, long verifiedUs) =>
        await transaction.ExecuteAsync(
            """
            UPDATE sessions SET state = CASE WHEN state = @sealed THEN @verified ELSE state END, verified_us = @verifiedUs
            WHERE organisation = @organisation AND id = @id AND sealed_us IS NOT NULL AND verified_us IS NULL
            """,
            new { organisation, id, verifiedUs, @sealed = SessionState.Sealed.Name(), verified = SessionState.Verified.Name() }) == 1;

    /// <summary>Sessions whose ticket expired unused.</summary>
    public static Task<IReadOnlyList<SessionRow>> ExpiredAsync(RelayDatabase database, int most, CancellationToken cancellation) =>
        database.QueryAsync<SessionRow>(
            $"""
            SELECT {Columns} FROM sessions s JOIN (SELECT organisation AS t_organisation, session AS t_session FROM session_tickets
              WHERE redeemed_us IS NULL AND expires_us <= relay_now_us()) t
            ON s.organisation = t.t_organisation AND s.id = t.t_session WHERE s.state = @opened LIMIT @most
            """,
            new { most, opened = SessionState.Opened.Name() },
            cancellation);

    /// <summary>Forgets tickets that expired unused and whose session is over, so that looking for expired ones costs what is due and not what ever was.</summary>
    public static Task<int> ForgetExpiredTicketsAsync(RelayDatabase database, CancellationToken cancellation) =>
        database.ExecuteAsync(
            """
            DELETE FROM session_tickets WHERE redeemed_us IS NULL AND expires_us <= relay_now_us() AND NOT EXISTS
              (SELECT 1 FROM sessions s WHERE s.organisation = session_tickets.organisation AND s.id = session_tickets.session AND s.state = @opened)
            """,
            new { opened = SessionState.Opened.Name() },
            cancellation);

    /// <summary>A longer recording was sealed.</summary>
    public static Task<int> SupplementedAsync(RelayTransaction transaction, string organisation, string id, long recordedBytes, bool recovered) =>
        transaction.ExecuteAsync(
            "UPDATE sessions SET recorded_bytes = @recordedBytes, recovered = @recovered WHERE organisation = @organisation AND id = @id",
            new { organisation, id, recordedBytes, recovered });

    /// <summary>Sessions that an earlier life of this replica, or another replica, held and did not finish: not ended, or recorded and not sealed.</summary>
    public static Task<IReadOnlyList<SessionRow>> LeftAsync(RelayDatabase database, string replica, long beforeEpoch, CancellationToken cancellation) =>
        database.QueryAsync<SessionRow>(
            $"SELECT {Columns} FROM sessions WHERE replica = @replica AND epoch < @beforeEpoch AND (ended_us IS NULL OR (recording_opened AND sealed_us IS NULL))",
            new { replica, beforeEpoch },
            cancellation);

    /// <summary>Replicas with unfinished sessions whose lease lapsed at least this long ago, or is not there at all.</summary>
    public static Task<IReadOnlyList<string>> LostReplicasAsync(RelayDatabase database, string own, TimeSpan since, CancellationToken cancellation) =>
        database.QueryAsync<string>(
            """
            SELECT s.replica FROM (SELECT DISTINCT replica FROM sessions
              WHERE replica IS NOT NULL AND (ended_us IS NULL OR (recording_opened AND sealed_us IS NULL))) s
            LEFT JOIN leases l ON l.name = 'replica/' || s.replica
            WHERE s.replica <> @own AND COALESCE(l.until_us, 0) + @sinceUs <= relay_now_us()
            """,
            new { own, sinceUs = since.Ticks / TimeSpan.TicksPerMicrosecond },
            cancellation);
}
