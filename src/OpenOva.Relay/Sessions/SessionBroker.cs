using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using OpenOva.Relay.Access;
using OpenOva.Relay.Access.Emergency;
using OpenOva.Relay.Access.Requests;
using OpenOva.Relay.Connections;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Identity.Logout;
using OpenOva.Relay.Ledger;
using OpenOva.Relay.Recordings;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Sessions;

/// <summary>What a person gets who may open a connection.</summary>
internal sealed record OpenedSession(string Id, string Ticket, long ExpiresUs, SessionTerms Terms)
{
    public override string ToString() => Id;
}

/// <summary>What a person wants to open.</summary>
/// <param name="Source">His network address; null where nobody says.</param>
/// <param name="AcknowledgedNotice">The version of the recording notice that he acknowledged; empty where he was shown none.</param>
internal sealed record WantedSession(string Connection, string Purpose, string TicketReference, IPAddress? Source, bool BreakGlass, string AcknowledgedNotice = "");

/// <summary>Decides openings and hands out tickets. The decision, allowed or not, is in the ledger before the caller learns of it.</summary>
internal sealed class SessionBroker(
    RelayDatabase database, LedgerStage ledger, ConnectionCatalog connections, Persons persons, RecorderFactory recorders, EmergencyReviews reviews,
    RecordingNotice notice, SessionsOptions options, TimeProvider time, ILogger<SessionBroker> logger)
{
    public const int MaxPurposeLength = 1_000;
    public const int MaxTicketReferenceLength = 200;
    private const int SaltBytes = 16;

    /// <summary>Opens a session on a connection for the person that calls.</summary>
    /// <exception cref="RelayException">Why not: what the decision says, RECORDER_FAILED or BACKEND_UNAVAILABLE.</exception>
    public async Task<OpenedSession> OpenAsync(CallerFeature callers, WantedSession wanted, CancellationToken cancellation)
    {
        if (callers.Person is not { } person) throw new RelayException(ErrorReason.TokenRefused);
        Check(wanted);
        var now = time.GetUtcNow();
        var (ticket, holder) = (SessionTickets.Make(), TicketHolder.Of(callers, wanted.Source));
        var id = ledger.NextId();
        var ticketExpiresUs = (now + options.TicketLifetime).ToUnixMicroseconds();
        var question = Question(callers, person, wanted, now);
        AccessDecision decision = null!;
        await database.TransactAsync(
            async transaction =>
            {
                // Asked again where it counts: a sign-out that was noted since the token was checked found no session to end.
                if (await SignOutQueries.RefusesAsync(transaction, person)) throw new RelayException(ErrorReason.TokenRefused);
                await persons.RememberAsync(transaction, person);
                decision = AccessPolicy.Decide(await WithWhatIsHeldAsync(transaction, question));
                // A notice that has changed since it was shown was not acknowledged. Told to whoever may open the connection alone: others must not learn that it is there.
                if (decision.Verdict.Terms is not null && wanted.AcknowledgedNotice.Length > 0 && wanted.AcknowledgedNotice != notice.Of(question.Connection!).Sha256)
                    throw RelayException.InvalidField("acknowledged_notice");
                if (decision.Verdict.Terms is { IsRecorded: true })
                {
                    if (options.NoticeRequired && wanted.AcknowledgedNotice.Length == 0) throw RelayException.InvalidField("acknowledged_notice");
                    recorders.ThrowIfUnable();
                }

                var decided = await ledger.AddAsync(transaction, person.Organisation, LedgerEventTypes.AccessDecided, decision.ToLedgerData());
                if (decision.Verdict.Terms is not { } terms) return;
                var row = Row(id, person, callers.Gateway, question.Connection!, terms, decided, now);
                await InsertAsync(transaction, row, person, wanted, decision.DecisionId, question.Connection!, ticketExpiresUs);
                await SessionQueries.InsertTicketAsync(
                    transaction, SessionTickets.Hash(ticket), person.Organisation, id,
                    terms.IsSourceBound ? holder.ClientAt : holder.Client, ticketExpiresUs);
                if (terms.BreakGlass) await reviews.OweAsync(transaction, person.Organisation, id, row.Connection, person, now);
            },
            cancellation);
        decision.ThrowIfDenied();
        var connection = question.Connection!;
        logger.Opened(id, person.Organisation, connection.Name, connection.Protocol);
        if (connection.TargetIdentity == TargetIdentity.Unverified) logger.TargetUnverified(id, connection.Name);
        return new OpenedSession(id, ticket, ticketExpiresUs, decision.Verdict.Terms!);
    }

    /// <summary>What is asked for a purpose must have one.</summary>
    /// <exception cref="RelayException">INVALID_ARGUMENT.</exception>
    public static void CheckPurpose(string purpose)
    {
        if (purpose.Length is 0 or > MaxPurposeLength || purpose.Contains('\0', StringComparison.Ordinal)) throw RelayException.InvalidField("purpose");
    }

    private static void Check(WantedSession wanted)
    {
        if (wanted.Purpose.Length > MaxPurposeLength || wanted.Purpose.Contains('\0', StringComparison.Ordinal)) throw RelayException.InvalidField("purpose");
        if (wanted.TicketReference.Length > MaxTicketReferenceLength || wanted.TicketReference.Contains('\0', StringComparison.Ordinal)) throw RelayException.InvalidField("ticket_reference");
    }

    private AccessQuestion Question(CallerFeature callers, Caller person, WantedSession wanted, DateTimeOffset now)
    {
        var snapshot = connections.Snapshot;
        var connection = snapshot.Find(person.Organisation, wanted.Connection)?.Connection;
        return new AccessQuestion(
            Guid.CreateVersion7(now), person, callers.Gateway, person.Organisation, wanted.Connection, connection, snapshot.IsInvalid(person.Organisation, wanted.Connection), now)
        {
            Policies = connection is null ? [] : snapshot.PoliciesFor(connection),
            ArePoliciesInvalid = snapshot.PoliciesInvalid(person.Organisation),
            Source = wanted.Source,
            BreakGlass = wanted.BreakGlass,
            IsReasoned = !string.IsNullOrWhiteSpace(wanted.Purpose),
        };
    }

    // Read in the transaction that opens the session: two openings at once must not both be the last that a limit allows, nor rest on a grant that is being revoked.
    private static async Task<AccessQuestion> WithWhatIsHeldAsync(RelayTransaction transaction, AccessQuestion question)
    {
        if (question.Connection is not { } connection) return question;
        var caller = question.Caller;
        var now = question.Now.ToUnixMicroseconds();
        return question with
        {
            Grants = Approvals.Needs(connection, question.Policies).Count > 0
                ? await RequestQueries.GrantsAsync(transaction, caller, connection, now)
                : [],
            Sessions = PolicyRules.CountSessions(question.Policies)
                ? await SessionTermsQueries.CountAsync(transaction, caller.Organisation, caller.Issuer, caller.Subject, connection.Name)
                : null,
        };
    }

    private async Task InsertAsync(
        RelayTransaction transaction, SessionRow row, Caller person, WantedSession wanted, Guid decision, Connections.Connection connection, long ticketExpiresUs)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        var source = wanted.Source?.ToString() ?? "";
        await SessionQueries.InsertAsync(transaction, row);
        if (row.AccessRequest is { } request) await SessionTermsQueries.GrantAsync(transaction, row.Organisation, request, row.Id);
        await SessionQueries.InsertTextsAsync(transaction, row.Organisation, row.Id, salt, wanted.Purpose, wanted.TicketReference, source);
        await ledger.AddAsync(transaction, row.Organisation, LedgerEventTypes.SessionOpened, new JsonObject
        {
            ["session"] = row.Id,
            ["decision"] = decision.ToString(),
            ["connection"] = new JsonObject { ["name"] = connection.Name, ["digest"] = connection.Digest, ["protocol"] = connection.Protocol },
            ["subject"] = new JsonObject { ["issuer"] = person.Issuer, ["sub"] = person.Subject },
            ["recording_required"] = row.RecordingRequired,
            ["target_identity"] = connection.TargetIdentity == TargetIdentity.Verified ? "verified" : "unverified",
            ["jit"] = connection.Jit is not null,
            ["request"] = row.AccessRequest,
            ["break_glass"] = row.BreakGlass,
            ["until_us"] = row.UntilUs,
            ["idle_seconds"] = row.IdleSeconds,
            ["ticket_expires_us"] = ticketExpiresUs,
            ["purpose"] = wanted.Purpose.Length == 0 ? null : Digests.Commitment(salt, wanted.Purpose),
            ["ticket_reference"] = wanted.TicketReference.Length == 0 ? null : Digests.Commitment(salt, wanted.TicketReference),
            ["source"] = source.Length == 0 ? null : Digests.Commitment(salt, source),
            ["gateway_client"] = row.GatewayClient,
            ["notice"] = wanted.AcknowledgedNotice.Length == 0 ? null : wanted.AcknowledgedNotice,
        });
    }

    private static SessionRow Row(
        string id, Caller person, Caller? gateway, Connections.Connection connection, SessionTerms terms, StagedEvent decided, DateTimeOffset now) => new()
    {
        Organisation = person.Organisation,
        Id = id,
        Connection = connection.Name,
        Protocol = connection.Protocol,
        ConnectionDigest = connection.Digest,
        Issuer = person.Issuer,
        Subject = person.Subject,
        GatewayClient = gateway?.ClientId,
        RecordingRequired = terms.IsRecorded,
        Bucket = connection.Recording.Bucket,
        RetentionDays = connection.Recording.RetentionDays,
        State = SessionState.Opened.Name(),
        DecisionEvent = decided.Id,
        DecisionSha256 = decided.DataSha256,
        OpenedUs = now.ToUnixMicroseconds(),
        SidSha256 = person.SessionId is { } sid ? SignOut.HashOf(sid) : null,
        Acr = person.Acr,
        AuthenticatedUs = person.AuthenticatedAt?.ToUnixMicroseconds(),
        AccessRequest = terms.Grant,
        UntilUs = terms.UntilUs,
        IdleSeconds = terms.IdleSeconds,
        IdleWarnSeconds = terms.IdleSeconds is null ? null : terms.IdleWarnSeconds,
        BreakGlass = terms.BreakGlass,
        Synced = terms.IsSynced,
    };
}
