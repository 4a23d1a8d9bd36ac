using System.Security.Cryptography;
using System.Text.Json.Nodes;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Ledger;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Recordings;

/// <summary>Who may read a recording, and the evidence that he did, for every door: a read has a purpose and is in the ledger before its first byte is out.</summary>
internal sealed class RecordingReads(RelayDatabase database, LedgerStage ledger, Persons persons)
{
    public const CallerRoles Readers = CallerRoles.Auditor | CallerRoles.Reviewer;
    private const int MaxPurposeLength = 1_000;
    private const int SaltBytes = 16;

    /// <summary>The sealed recording, for a caller whose purpose is in the ledger now.</summary>
    /// <param name="part">What is read of it, as the event names it.</param>
    /// <exception cref="RelayException">INVALID_ARGUMENT, NOT_PERMITTED (also where there is none), NOT_SEALED.</exception>
    public async Task<RecordingRow> ViewAsync(Caller caller, string session, string purpose, string part, CancellationToken cancellation)
    {
        if (purpose.Length is 0 or > MaxPurposeLength || purpose.Contains('\0', StringComparison.Ordinal)) throw RelayException.InvalidField("purpose");
        var row = await FindAsync(caller, session, cancellation);
        await database.TransactAsync(
            async transaction =>
            {
                await persons.RememberAsync(transaction, caller);
                await NoteAsync(transaction, row, caller.Issuer, caller.Subject, part, purpose);
            },
            cancellation);
        return row;
    }

    /// <summary>Ledgers that a recording goes to an account that was found to be allowed to read it.</summary>
    public async Task NoteAsync(RelayTransaction transaction, RecordingRow row, string issuer, string subject, string part, string purpose)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        await RecordingQueries.InsertViewAsync(transaction, row.Organisation, row.Session, issuer, subject, part, salt, purpose);
        await ledger.AddAsync(transaction, row.Organisation, LedgerEventTypes.RecordingViewed, new JsonObject
        {
            ["session"] = row.Session,
            ["subject"] = new JsonObject { ["issuer"] = issuer, ["sub"] = subject },
            ["part"] = part,
            ["purpose"] = Digests.Commitment(salt, purpose),
        });
    }

    /// <summary>The same without a purpose: for what goes on of a view that is in the ledger already.</summary>
    public async Task<RecordingRow> FindAsync(Caller caller, string session, CancellationToken cancellation)
    {
        // What is no id is looked up nowhere: a NUL in it would be an error of PostgreSQL's, and so another answer.
        if (!Guid.TryParseExact(session, "D", out _)) throw new RelayException(ErrorReason.NotPermitted);
        var people = await RecordingQueries.SubjectAsync(database, caller.Organisation, session, cancellation);
        // Nobody reads his own, by whichever of his accounts, and whether another organisation's exists is nobody's business.
        if (people is null || await persons.IsOwnAsync(database, caller, people.Issuer, people.Subject, cancellation)) throw new RelayException(ErrorReason.NotPermitted);
        return await RecordingQueries.FindAsync(database, caller.Organisation, session, cancellation) ?? throw new RelayException(ErrorReason.NotSealed);
    }
}
