using System.Security.Cryptography;
using System.Text.Json.Nodes;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Ledger;
using OpenOva.Relay.Messaging;
using OpenOva.Relay.Recordings;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Reports;

/// <summary>What callers do to reports, with the events that tell of it.</summary>
internal sealed class ReportRequests(RelayDatabase database, LedgerStage ledger, Outbox outbox, Persons persons, TimeProvider time)
{
    private const int SaltBytes = 16;

    /// <summary>Asks for a report; the same request id of the same caller gives the same one again.</summary>
    /// <exception cref="RelayException">
    /// INVALID_ARGUMENT: the request id stands for another request. NOT_PERMITTED: recordings are wanted by one who may read none.
    /// </exception>
    public async Task<ReportRow> CreateAsync(
        Caller caller, string framework, long fromUs, long toUs, bool withRecordings, string? requestId, CancellationToken cancellation)
    {
        if (withRecordings && !caller.Has(RecordingReads.Readers)) throw new RelayException(ErrorReason.NotPermitted);
        var row = new ReportRow
        {
            Organisation = caller.Organisation,
            ReportId = time.NewRowId(),
            Framework = framework,
            FromUs = fromUs,
            ToUs = toUs,
            Recordings = withRecordings ? "all" : "none",
            Issuer = caller.Issuer,
            Subject = caller.Subject,
            RequestId = requestId,
            RequestedUs = time.GetUnixMicroseconds(),
            Detail = "Requested",
        };
        var found = await database.TransactAsync(
            async transaction =>
            {
                // The bundle is made without his token: whose sessions are his own must be known by then.
                await persons.RememberAsync(transaction, caller);
                if (requestId is not null && await ReportQueries.FindRequestAsync(transaction, row.Organisation, row.Issuer, row.Subject, requestId) is { } before) return before;
                if (!await ReportQueries.InsertAsync(transaction, row)) throw new InvalidOperationException("the report was not inserted");
                await ledger.AddAsync(transaction, row.Organisation, LedgerEventTypes.ReportRequested, new JsonObject
                {
                    ["report"] = row.ReportId,
                    ["framework"] = framework,
                    ["from_us"] = fromUs,
                    ["to_us"] = toUs,
                    ["recordings"] = row.Recordings,
                    ["subject"] = Subject(caller),
                });
                await outbox.AddAsync(transaction, new ReportRequested(row.Organisation, row.ReportId), row.Organisation);
                return row;
            },
            cancellation);
        return (found.Framework, found.FromUs, found.ToUs, found.Recordings) == (framework, fromUs, toUs, row.Recordings)
            ? found
            : throw RelayException.InvalidField("request_id");
    }

    /// <summary>The report, as far as the caller's organisation has it.</summary>
    /// <exception cref="RelayException">NOT_PERMITTED: the same for one that does not exist and one of another organisation.</exception>
    public async Task<ReportRow> FindAsync(Caller caller, string reportId, CancellationToken cancellation) =>
        // Text that is no id is unknown like any other, and PostgreSQL need not be asked what it thinks of it.
        Guid.TryParseExact(reportId, "D", out _) && await ReportQueries.FindAsync(database, caller.Organisation, reportId, cancellation) is { } row
            ? row
            : throw new RelayException(ErrorReason.NotPermitted);

    /// <summary>Ledgers that the caller takes the bundle out, before he gets a byte of it.</summary>
    /// <exception cref="RelayException">It holds recordings: NOT_PERMITTED for one who may read none, OWN_DOING where one is his own.</exception>
    public async Task NoteDownloadAsync(Caller caller, ReportRow row, string purpose, CancellationToken cancellation)
    {
        if (row.WithRecordings && !caller.Has(RecordingReads.Readers)) throw new RelayException(ErrorReason.NotPermitted);
        foreach (var of in await ReportQueries.RecordedPersonsAsync(database, row, cancellation))
        {
            if (await persons.IsOwnAsync(database, caller, of.Issuer, of.Subject, cancellation)) throw new RelayException(ErrorReason.OwnDoing);
        }

        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        await database.TransactAsync(
            async transaction =>
            {
                await ReportQueries.InsertDownloadAsync(transaction, row, time.NewRowId(), caller, purpose, salt, time.GetUnixMicroseconds());
                await ledger.AddAsync(transaction, row.Organisation, LedgerEventTypes.ReportDownloaded, new JsonObject
                {
                    ["report"] = row.ReportId,
                    ["subject"] = Subject(caller),
                    ["purpose"] = Digests.Commitment(salt, purpose),
                });
            },
            cancellation);
    }

    private static JsonObject Subject(Caller caller) => new() { ["issuer"] = caller.Issuer, ["sub"] = caller.Subject };
}
