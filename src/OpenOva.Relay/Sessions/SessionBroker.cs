using System.Security.Cryptography;
using System.Text.Json.Nodes;
using OpenOva.Relay.Access;
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
internal sealed record OpenedSession(string Id, string Ticket, long ExpiresUs, bool Recorded)
{
    public override string ToString() => Id;
}

/// <summary>Decides openings and hands out tickets. The decision, allowed or not, is in the ledger before the caller learns of it.</summary>
internal sealed class SessionBroker(
    RelayDatabase database, LedgerStage ledger, ConnectionCatalog connections, Persons persons, RecorderFactory recorders, SessionsOptions options,
    TimeProvider time, ILogger<SessionBroker> logger)
{
    public const int MaxPurposeLength = 1_000;
    public const int MaxTicketReferenceLength = 200;
    private const int SaltBytes = 16;

    /// <summary>Opens a session on a connection for the person that calls.</summary>
    /// <exception cref="RelayException">NOT_PERMITTED, RECORDER_FAILED or BACKEND_UNAVAILABLE.</exception>
    public async Task<OpenedSession> OpenAsync(CallerFeature callers, string connectionName, string purpose, string ticketReference, CancellationToken cancellation)
    {
        if (callers.Person is not { } person) throw new RelayException(ErrorReason.TokenRefused);
        if (purpose.Length > MaxPurposeLength || purpose.Contains('\0', StringComparison.Ordinal)) throw RelayException.InvalidField("purpose");
        if (ticketReference.Length > MaxTicketReferenceLength || ticketReference.Contains('\0', StringComparison.Ordinal)) throw RelayException.InvalidField("ticket_reference");
        var snapshot = connections.Snapshot;
        var connection = snapshot.Find(person.Organisation, connectionName)?.Connection;
        var now = time.GetUtcNow();
        var decision = AccessPolicy.Decide(new AccessRequest(
            Guid.CreateVersion7(now), person, callers.Gateway, person.Organisation, connectionName, connection,
            snapshot.IsInvalid(person.Organisation, connectionName), now));
        if (decision.Allowed && connection!.Recording.Required) recorders.ThrowIfUnable();

        var ticket = SessionTickets.Make();
        var opened = new OpenedSession(ledger.NextId(), ticket, (now + options.TicketLifetime).ToUnixMicroseconds(), connection?.Recording.Required ?? false);
        await database.TransactAsync(
            async transaction =>
            {
                // Asked again where it counts: a sign-out that was noted since the token was checked found no session to end.
                if (await SignOutQueries.RefusesAsync(transaction, person)) throw new RelayException(ErrorReason.TokenRefused);
                var decided = await ledger.AddAsync(transaction, person.Organisation, LedgerEventTypes.AccessDecided, decision.ToLedgerData());
                await persons.RememberAsync(transaction, person);
                if (!decision.Allowed) return;
                var salt = RandomNumberGenerator.GetBytes(SaltBytes);
                await SessionQueries.InsertAsync(transaction, Row(opened, person, callers.Gateway, connection!, decided, now));
                await SessionQueries.InsertTextsAsync(transaction, person.Organisation, opened.Id, salt, purpose, ticketReference);
                await SessionQueries.InsertTicketAsync(
                    transaction, SessionTickets.Hash(ticket), person.Organisation, opened.Id, SessionTickets.Client(callers), opened.ExpiresUs);
                await ledger.AddAsync(transaction, person.Organisation, LedgerEventTypes.SessionOpened, new JsonObject
                {
                    ["session"] = opened.Id,
                    ["decision"] = decision.DecisionId.ToString(),
                    ["connection"] = new JsonObject { ["name"] = connection!.Name, ["digest"] = connection.Digest, ["protocol"] = connection.Protocol },
                    ["subject"] = new JsonObject { ["issuer"] = person.Issuer, ["sub"] = person.Subject },
                    ["recording_required"] = connection.Recording.Required,
                    ["target_identity"] = connection.TargetIdentity == TargetIdentity.Verified ? "verified" : "unverified",
                    ["jit"] = connection.Jit is not null,
                    ["ticket_expires_us"] = opened.ExpiresUs,
                    ["purpose"] = purpose.Length == 0 ? null : Digests.Commitment(salt, purpose),
                    ["ticket_reference"] = ticketReference.Length == 0 ? null : Digests.Commitment(salt, ticketReference),
                    ["gateway_client"] = callers.Gateway?.ClientId,
                });
            },
            cancellation);
        decision.ThrowIfDenied();
        logger.Opened(opened.Id, person.Organisation, connection!.Name, connection.Protocol);
        if (connection.TargetIdentity == TargetIdentity.Unverified) logger.TargetUnverified(opened.Id, connection.Name);
        return opened;
    }

    private static SessionRow Row(OpenedSession opened, Caller person, Caller? gateway, Connections.Connection connection, StagedEvent decided, DateTimeOffset now) => new()
    {
        Organisation = person.Organisation,
        Id = opened.Id,
        Connection = connection.Name,
        Protocol = connection.Protocol,
        ConnectionDigest = connection.Digest,
        Issuer = person.Issuer,
        Subject = person.Subject,
        GatewayClient = gateway?.ClientId,
        RecordingRequired = connection.Recording.Required,
        Bucket = connection.Recording.Bucket,
        RetentionDays = connection.Recording.RetentionDays,
        State = SessionState.Opened.Name(),
        DecisionEvent = decided.Id,
        DecisionSha256 = decided.DataSha256,
        OpenedUs = now.ToUnixMicroseconds(),
        SidSha256 = person.SessionId is { } sid ? SignOut.HashOf(sid) : null,
        Acr = person.Acr,
        AuthenticatedUs = person.AuthenticatedAt?.ToUnixMicroseconds(),
    };
}
