using System.Security.Cryptography;
using System.Text.Json.Nodes;
using OpenOva.Relay.Access.Notices;
using OpenOva.Relay.Access.Requests;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Ledger;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Access.Emergency;

/// <summary>
/// What emergency access owes: a review by somebody else within one business day, and another credential on the target, which the session may have seen.
/// </summary>
internal sealed class EmergencyReviews(
    RelayDatabase database, LedgerStage ledger, Persons persons, NoticeStage notices, IsSessionOver isOver, AccessOptions options, TimeProvider time)
{
    private const int SaltBytes = 16;
    private const int Most = 100;

    /// <summary>Notes the debt in the transaction that opens the session, and tells the officers.</summary>
    public async Task OweAsync(RelayTransaction transaction, string organisation, string session, string connection, Caller person, DateTimeOffset opened)
    {
        var due = BusinessDays.After(opened, options.Of(organisation)).ToUnixMicroseconds();
        await ReviewQueries.InsertAsync(transaction, new ReviewRow
        {
            Organisation = organisation, Session = session, Connection = connection, Issuer = person.Issuer, Subject = person.Subject,
            OpenedUs = opened.ToUnixMicroseconds(), DueUs = due,
        });
        await ledger.AddAsync(transaction, organisation, LedgerEventTypes.EmergencyReviewOwed, new JsonObject
        {
            ["session"] = session, ["connection"] = connection, ["subject"] = Person(person.Issuer, person.Subject), ["due_us"] = due,
        });
        await notices.AddAsync(transaction, organisation, NoticeKinds.EmergencyOpened, connection, session: session);
    }

    /// <summary>Notes a review, once.</summary>
    /// <exception cref="RelayException">NOT_PERMITTED, OWN_DOING, WRONG_STATE.</exception>
    public async Task<ReviewRow> ReviewAsync(Caller caller, string session, ReviewOutcome outcome, string comment, CancellationToken cancellation)
    {
        if (outcome is not (ReviewOutcome.Accepted or ReviewOutcome.Rejected)) throw RelayException.InvalidField("outcome");
        AccessRequests.CheckText("comment", comment, required: true);
        var row = await FindAsync(caller, session, cancellation);
        if (await persons.IsOwnAsync(database, caller, row.Issuer, row.Subject, cancellation)) throw new RelayException(ErrorReason.OwnDoing);
        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        await database.TransactAsync(
            async transaction =>
            {
                var now = time.GetUnixMicroseconds();
                // What goes on cannot be looked at as a whole.
                if (!await isOver(transaction, row.Organisation, session)) throw new RelayException(ErrorReason.WrongState, ("rule", "session-live"));
                await persons.RememberAsync(transaction, caller);
                if (!await ReviewQueries.ReviewedAsync(transaction, row.Organisation, session, caller.Issuer, caller.Subject, outcome.Name(), salt, comment, now))
                    throw new RelayException(ErrorReason.WrongState);
                await ledger.AddAsync(transaction, row.Organisation, LedgerEventTypes.EmergencyReviewed, new JsonObject
                {
                    ["session"] = session, ["outcome"] = outcome.Name(), ["subject"] = Person(caller.Issuer, caller.Subject), ["due_us"] = row.DueUs,
                    ["late"] = now > row.DueUs, ["comment"] = Digests.Commitment(salt, comment),
                });
                await notices.AddAsync(transaction, row.Organisation, NoticeKinds.EmergencyReviewed, row.Connection, session: session, state: outcome.Name());
            },
            cancellation);
        return await FindAsync(caller, session, cancellation);
    }

    /// <summary>Notes that the credential was changed after the session.</summary>
    /// <exception cref="RelayException">NOT_PERMITTED, OWN_DOING, WRONG_STATE.</exception>
    public async Task<ReviewRow> ConfirmRotationAsync(Caller caller, string session, CancellationToken cancellation)
    {
        var row = await FindAsync(caller, session, cancellation);
        if (await persons.IsOwnAsync(database, caller, row.Issuer, row.Subject, cancellation)) throw new RelayException(ErrorReason.OwnDoing);
        await database.TransactAsync(
            async transaction =>
            {
                var now = time.GetUnixMicroseconds();
                if (!await isOver(transaction, row.Organisation, session)) throw new RelayException(ErrorReason.WrongState, ("rule", "session-live"));
                await persons.RememberAsync(transaction, caller);
                if (!await ReviewQueries.RotatedAsync(transaction, row.Organisation, session, now)) throw new RelayException(ErrorReason.WrongState);
                await ledger.AddAsync(transaction, row.Organisation, LedgerEventTypes.CredentialRotated, new JsonObject
                {
                    ["session"] = session, ["connection"] = row.Connection, ["subject"] = Person(caller.Issuer, caller.Subject),
                });
            },
            cancellation);
        return await FindAsync(caller, session, cancellation);
    }

    /// <summary>Reminds, once each, of what is owed longer than it may be.</summary>
    public async Task RemindAsync(CancellationToken cancellation)
    {
        foreach (var row in await ReviewQueries.OverdueAsync(database, time.GetUnixMicroseconds(), Most, cancellation))
        {
            await database.TransactAsync(
                async transaction =>
                {
                    if (!await ReviewQueries.ReminderAsync(transaction, row, time.GetUnixMicroseconds())) return;
                    await ledger.AddAsync(transaction, row.Organisation, LedgerEventTypes.EmergencyReviewOverdue, new JsonObject
                    {
                        ["session"] = row.Session, ["due_us"] = row.DueUs, ["reviewed"] = row.ReviewedUs is not null, ["rotated"] = row.RotatedUs is not null,
                    });
                    await notices.AddAsync(transaction, row.Organisation, NoticeKinds.EmergencyOverdue, row.Connection, session: row.Session);
                },
                cancellation);
        }
    }

    // The same answer for a session that is not there and one that was no emergency.
    private async Task<ReviewRow> FindAsync(Caller caller, string session, CancellationToken cancellation) =>
        (Guid.TryParseExact(session, "D", out _) ? await ReviewQueries.FindAsync(database, caller.Organisation, session, cancellation) : null)
        ?? throw new RelayException(ErrorReason.NotPermitted);

    private static JsonObject Person(string issuer, string subject) => new() { ["issuer"] = issuer, ["sub"] = subject };
}
