using System.Security.Cryptography;
using OpenOva.Relay.Access.Notices;
using OpenOva.Relay.Connections.Policies;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Ledger;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Access.Requests;

/// <summary>What a person asks for.</summary>
internal sealed record WantedAccess(string Connection, string Reason, string TicketReference, long FromUs, long UntilUs, string ExtendsSession);

/// <summary>Asking for access.</summary>
internal sealed class AccessRequests(
    RelayDatabase database, LedgerStage ledger, Persons persons, Approver approvers, TicketReferences tickets, FindExtendableSession findSession, NoticeStage notices,
    AccessOptions options, TimeProvider time)
{
    public const int MaximumTextLength = 1_000;
    private const int SaltBytes = 16;
    private static readonly long MicrosecondsAMinute = TimeSpan.FromMinutes(1).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>Notes the request; others decide on it.</summary>
    /// <exception cref="RelayException">What is wrong with it.</exception>
    public async Task<string> RequestAsync(Caller caller, WantedAccess wanted, CancellationToken cancellation)
    {
        CheckText("reason", wanted.Reason, required: true);
        if (approvers.Find(caller.Organisation, wanted.Connection) is not var (connection, policies) || !AccessPolicy.Reaches(caller, connection))
            throw new RelayException(ErrorReason.NotPermitted);
        var needs = Approvals.Needs(connection, policies);
        if (needs.Count == 0) throw new RelayException(ErrorReason.WrongState, ("rule", "no-approval-needed"));
        var now = time.GetUnixMicroseconds();
        if (PolicyRules.Of<PolicyRule.SeparationOfDuties>(policies).Any(found => found.Rule.ConflictingRoles.Any(caller.TokenRoles.Contains)))
            throw new RelayException(ErrorReason.DutiesConflict);
        var (from, until) = Window(wanted, connection.Jit?.MaxDurationMinutes, now);
        if (wanted.ExtendsSession.Length > 0) await CheckExtensionAsync(caller, wanted, connection.Digest, until, cancellation);

        var ticket = await tickets.CheckAsync(caller.Organisation, wanted.TicketReference, cancellation);
        var row = new RequestRow
        {
            Organisation = caller.Organisation,
            Id = time.NewRowId(),
            Connection = connection.Name,
            ConnectionDigest = connection.Digest,
            Issuer = caller.Issuer,
            Subject = caller.Subject,
            State = AccessRequestState.Pending.Name(),
            FromUs = from,
            UntilUs = until,
            ApproversNeeded = needs.Max(need => need.Approvers),
            ExtendsSession = wanted.ExtendsSession.Length == 0 ? null : wanted.ExtendsSession,
            TicketState = ticket.State,
            CreatedUs = now,
            ExpiresUs = Math.Min(until, now + options.PendingLifetime.Ticks / TimeSpan.TicksPerMicrosecond),
            ChangedUs = now,
            Version = 1,
        };
        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        var data = RequestEvents.Requested(
            row, Approvals.Roles(connection, policies), policies, Digests.Commitment(salt, wanted.Reason),
            wanted.TicketReference.Length == 0 ? null : Digests.Commitment(salt, wanted.TicketReference), ticket);
        await database.TransactAsync(
            async transaction =>
            {
                if (await RequestQueries.PendingOfAsync(transaction, row.Organisation, row.Issuer, row.Subject) >= options.MaxPending)
                    throw new RelayException(ErrorReason.LimitReached, ("limit", "Relay:Access:MaxPending"));
                await persons.RememberAsync(transaction, caller);
                await RequestQueries.InsertAsync(transaction, row);
                await RequestQueries.InsertTextsAsync(transaction, row.Organisation, row.Id, salt, wanted.Reason, wanted.TicketReference);
                await ledger.AddAsync(transaction, row.Organisation, LedgerEventTypes.AccessRequested, data.DeepClone().AsObject());
                await notices.AddAsync(transaction, row.Organisation, NoticeKinds.Requested, row.Connection, request: row.Id);
            },
            cancellation);
        return row.Id;
    }

    public static void CheckText(string field, string text, bool required)
    {
        if (text.Length > MaximumTextLength || text.Contains('\0', StringComparison.Ordinal) || (required && string.IsNullOrWhiteSpace(text))) throw RelayException.InvalidField(field);
    }

    private (long From, long Until) Window(WantedAccess wanted, int? maxMinutes, long now)
    {
        // An extension goes on from now. A clock that is a little behind must not make "now" the past.
        if (wanted.ExtendsSession.Length > 0 && wanted.FromUs != 0) throw RelayException.InvalidField("from_us");
        var from = wanted.FromUs == 0 || (wanted.FromUs < now && wanted.FromUs >= now - 5 * MicrosecondsAMinute) ? now : wanted.FromUs;
        if (from < now) throw RelayException.InvalidField("from_us");
        var longest = maxMinutes is { } minutes ? minutes * MicrosecondsAMinute : options.MaxDuration.Ticks / TimeSpan.TicksPerMicrosecond;
        if (wanted.UntilUs <= from || wanted.UntilUs - from > longest || wanted.UntilUs - now > options.Horizon.Ticks / TimeSpan.TicksPerMicrosecond)
            throw RelayException.InvalidField("until_us");
        return (from, wanted.UntilUs);
    }

    private async Task CheckExtensionAsync(Caller caller, WantedAccess wanted, string digest, long until, CancellationToken cancellation)
    {
        // The same answer for a session that is not there, one that is over or an emergency, and one that is somebody else's.
        var session = Guid.TryParseExact(wanted.ExtendsSession, "D", out _) ? await findSession(caller.Organisation, wanted.ExtendsSession, cancellation) : null;
        if (session is null || session.Connection != wanted.Connection || session.ConnectionDigest != digest || session.Issuer != caller.Issuer || session.Subject != caller.Subject)
            throw new RelayException(ErrorReason.NotPermitted);
        if (session.UntilUs is not { } end || until <= end) throw RelayException.InvalidField("until_us");
    }
}
