using OpenOva.Relay.Database;
using OpenOva.Relay.Identity;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Access.Requests;

/// <summary>The requests' SQL.</summary>
internal static class RequestQueries
{
    private const string Columns =
        """
        organisation, id, connection, connection_digest, issuer, subject, state, from_us, until_us, approvers_needed, approvals, extends_session, ticket_state,
        created_us, expires_us, changed_us, version
        """;

    public static Task<int> InsertAsync(RelayTransaction transaction, RequestRow row) =>
        transaction.ExecuteAsync(
            $"""
            INSERT INTO access_requests ({Columns}) VALUES (@Organisation, @Id, @Connection, @ConnectionDigest, @Issuer, @Subject, @State, @FromUs, @UntilUs,
            @ApproversNeeded, @Approvals, @ExtendsSession, @TicketState, @CreatedUs, @ExpiresUs, @ChangedUs, @Version)
            """,
            row);

    public static Task<int> InsertTextsAsync(RelayTransaction transaction, string organisation, string request, byte[] salt, string reason, string ticketReference) =>
        transaction.ExecuteAsync(
            "INSERT INTO access_request_texts (organisation, request, salt, reason, ticket_reference) VALUES (@organisation, @request, @salt, @reason, @ticketReference)",
            new { organisation, request, salt, reason, ticketReference });

    /// <summary>Why it was taken back.</summary>
    public static Task<int> InsertClosingTextAsync(RelayTransaction transaction, string organisation, string request, byte[] salt, string reason) =>
        transaction.ExecuteAsync(
            "INSERT INTO access_request_closings (organisation, request, salt, reason) VALUES (@organisation, @request, @salt, @reason)",
            new { organisation, request, salt, reason });

    public static Task<RequestRow?> FindAsync(RelayTransaction transaction, string organisation, string id) =>
        transaction.QuerySingleOrDefaultAsync<RequestRow>($"SELECT {Columns} FROM access_requests WHERE organisation = @organisation AND id = @id", new { organisation, id });

    public static Task<RequestRow?> FindAsync(RelayDatabase database, string organisation, string id, CancellationToken cancellation) =>
        database.QuerySingleOrDefaultAsync<RequestRow>(
            $"SELECT {Columns} FROM access_requests WHERE organisation = @organisation AND id = @id", new { organisation, id }, cancellation);

    public static Task<RequestTexts?> TextsAsync(RelayDatabase database, string organisation, string request, CancellationToken cancellation) =>
        database.QuerySingleOrDefaultAsync<RequestTexts>(
            "SELECT reason, ticket_reference FROM access_request_texts WHERE organisation = @organisation AND request = @request",
            new { organisation, request },
            cancellation);

    public static Task<IReadOnlyList<RequestDecisionRow>> DecisionsAsync(RelayDatabase database, string organisation, string request, CancellationToken cancellation) =>
        database.QueryAsync<RequestDecisionRow>(DecisionsOf, new { organisation, request }, cancellation);

    public static Task<IReadOnlyList<RequestDecisionRow>> DecisionsAsync(RelayTransaction transaction, string organisation, string request) =>
        transaction.QueryAsync<RequestDecisionRow>(DecisionsOf, new { organisation, request });

    public static Task<int> InsertDecisionAsync(RelayTransaction transaction, string organisation, string request, RequestDecisionRow row) =>
        transaction.ExecuteAsync(
            """
            INSERT INTO access_request_decisions (organisation, request, issuer, subject, verdict, roles, salt, comment, decided_us)
            VALUES (@organisation, @request, @Issuer, @Subject, @Verdict, @Roles, @Salt, @Comment, @DecidedUs)
            """,
            new { organisation, request, row.Issuer, row.Subject, row.Verdict, row.Roles, row.Salt, row.Comment, row.DecidedUs });

    /// <summary>False: it is in another state by now.</summary>
    /// <param name="expiresUs">When the sweeper looks at it next.</param>
    public static async Task<bool> ChangeAsync(RelayTransaction transaction, RequestRow row, AccessRequestState to, long approvals, long expiresUs, long nowUs) =>
        await transaction.ExecuteAsync(
            """
            UPDATE access_requests SET state = @to, approvals = @approvals, expires_us = @expiresUs, changed_us = @nowUs, version = version + 1
            WHERE organisation = @Organisation AND id = @Id AND state = @State
            """,
            new { row.Organisation, row.Id, row.State, to = to.Name(), approvals, expiresUs, nowUs }) == 1;

    public static Task<long> PendingOfAsync(RelayTransaction transaction, string organisation, string issuer, string subject) =>
        transaction.ExecuteScalarAsync<long>(
            "SELECT COUNT(*) FROM access_requests WHERE organisation = @organisation AND issuer = @issuer AND subject = @subject AND state = @pending",
            new { organisation, issuer, subject, pending = AccessRequestState.Pending.Name() });

    /// <summary>
    /// An account's approved requests for a connection that are not over. What was approved is this version of the connection and no other; what extends a session opens none.
    /// </summary>
    public static async Task<IReadOnlyList<AccessGrant>> GrantsAsync(RelayTransaction transaction, Caller caller, Connections.Connection connection, long nowUs)
    {
        var rows = await transaction.QueryAsync<RequestRow>(
            $"""
            SELECT {Columns} FROM access_requests WHERE organisation = @Organisation AND issuer = @Issuer AND subject = @Subject AND connection = @Name
            AND connection_digest = @Digest AND extends_session IS NULL AND state = @approved AND until_us > @nowUs ORDER BY id
            """,
            new { caller.Organisation, caller.Issuer, caller.Subject, connection.Name, connection.Digest, nowUs, approved = AccessRequestState.Approved.Name() });
        var grants = new List<AccessGrant>(rows.Count);
        foreach (var row in rows) grants.Add(new AccessGrant(row.Id, row.FromUs, row.UntilUs, [.. (await ApprovalsAsync(transaction, row)).Select(d => d.MatchedRoles)]));
        return grants;
    }

    /// <summary>The approvals of a request, one a person, and none of the person's who asked: accounts may have been found to be one since.</summary>
    public static async Task<IReadOnlyList<RequestDecisionRow>> ApprovalsAsync(RelayTransaction transaction, RequestRow row)
    {
        var counted = new List<RequestDecisionRow>();
        foreach (var decision in await DecisionsAsync(transaction, row.Organisation, row.Id))
        {
            if (decision.Verdict != AccessRequestVerdict.Approve.Name()) continue;
            var persons = counted.Select(other => (other.Issuer, other.Subject)).Prepend((row.Issuer, row.Subject));
            if (!await IsOneOfAsync(transaction, row.Organisation, (decision.Issuer, decision.Subject), persons)) counted.Add(decision);
        }

        return counted;
    }

    private static async Task<bool> IsOneOfAsync(RelayTransaction transaction, string organisation, (string, string) account, IEnumerable<(string, string)> others)
    {
        foreach (var other in others)
        {
            if (await PersonAccounts.AreOneAsync(transaction, organisation, account, other)) return true;
        }

        return false;
    }

    /// <summary>Newest first, before an id; of one account, and in one state, where given.</summary>
    public static Task<IReadOnlyList<RequestRow>> ListAsync(
        RelayDatabase database, string organisation, string? issuer, string? subject, AccessRequestState state, string before, int most, CancellationToken cancellation) =>
        database.QueryAsync<RequestRow>(
            $"""
            SELECT {Columns} FROM access_requests WHERE organisation = @organisation AND id < @before
            {(subject is null ? "" : "AND issuer = @issuer AND subject = @subject")} {(state == AccessRequestState.Unspecified ? "" : "AND state = @state")}
            ORDER BY id DESC LIMIT @most
            """,
            new { organisation, issuer, subject, before, most, state = state.Name() },
            cancellation);

    /// <summary>What changed since, and at first what is not settled, oldest change first.</summary>
    public static Task<IReadOnlyList<RequestRow>> ChangedAsync(RelayDatabase database, string organisation, long? sinceUs, int most, CancellationToken cancellation) =>
        database.QueryAsync<RequestRow>(
            $"""
            SELECT {Columns} FROM access_requests WHERE organisation = @organisation
            AND {(sinceUs is null ? "(state = 'PENDING' OR state = 'APPROVED')" : "changed_us >= @sinceUs")} ORDER BY changed_us, id LIMIT @most
            """,
            new { organisation, sinceUs, most },
            cancellation);

    /// <summary>Pending requests that nobody decided in time, and approvals whose time is over.</summary>
    public static Task<IReadOnlyList<RequestRow>> DueAsync(RelayDatabase database, long nowUs, int most, CancellationToken cancellation) =>
        database.QueryAsync<RequestRow>(
            $"SELECT {Columns} FROM access_requests WHERE (state = 'PENDING' OR state = 'APPROVED') AND expires_us <= @nowUs ORDER BY expires_us LIMIT @most",
            new { nowUs, most },
            cancellation);

    private const string DecisionsOf =
        """
        SELECT issuer, subject, verdict, roles, salt, comment, decided_us FROM access_request_decisions
        WHERE organisation = @organisation AND request = @request ORDER BY decided_us, issuer, subject
        """;
}
