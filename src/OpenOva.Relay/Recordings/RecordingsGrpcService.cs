using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Grpc.Core;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Evidence.Verification;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Ledger;
using OpenOva.Relay.ObjectStorage;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Recordings;

/// <summary>The door of <c>openova.relay.v1.RecordingService</c>. Every read has a purpose and is in the ledger before its first byte is out.</summary>
internal sealed class RecordingsGrpcService(
    RelayDatabase database, LedgerStage ledger, IObjectStore store, RecordingVerification verification, Persons persons) : RecordingService.RecordingServiceBase
{
    private const CallerRoles Readers = CallerRoles.Auditor | CallerRoles.Reviewer;
    private const int MaxPurposeLength = 1_000;
    private const int MaxManifestBytes = 1 << 20;
    private const int ChunkBytes = 64 * 1024;
    private const int SaltBytes = 16;

    [Allow(Readers)]
    public override async Task<RecordingServiceGetResponse> Get(RecordingServiceGetRequest request, ServerCallContext context)
    {
        var row = await FindAsync(request.SessionId, request.Purpose, "manifest", context);
        var manifest = await store.GetVersionBytesAsync(row.EvidenceBucket, row.ManifestKey, row.ManifestVersion, MaxManifestBytes, context.CancellationToken);
        return new()
        {
            Recording = new Recording
            {
                SessionId = row.Session,
                Organisation = row.Organisation,
                Manifest = Encoding.ASCII.GetString(manifest),
                ObjectKey = row.ObjectKey,
                IndexKey = row.IndexKey,
                ManifestKey = row.ManifestKey,
                ObjectBytes = row.ObjectBytes,
                Recovered = row.Recovered,
            },
        };
    }

    [Allow(Readers)]
    public override async Task Stream(RecordingServiceStreamRequest request, IServerStreamWriter<RecordingServiceStreamResponse> responses, ServerCallContext context)
    {
        if (request.Offset < 0) throw RelayException.InvalidField("offset");
        if (request.Length < 0) throw RelayException.InvalidField("length");
        if (request.Part is < RecordingPart.Recording or > RecordingPart.Manifest) throw RelayException.InvalidField("part");
        var row = await FindAsync(request.SessionId, request.Purpose, request.Part.ToString().ToLowerInvariant(), context);
        var (bucket, key, version) = request.Part switch
        {
            RecordingPart.Recording => (row.Bucket, row.ObjectKey, row.ObjectVersion),
            RecordingPart.Index => (row.Bucket, row.IndexKey, row.IndexVersion),
            _ => (row.EvidenceBucket, row.ManifestKey, row.ManifestVersion),
        };
        var whole = request.Offset == 0 && request.Length == 0;
        var range = whole ? (ByteRange?)null : new ByteRange(request.Offset, request.Length == 0 ? null : request.Length);
        try
        {
            await using var opened = await store.GetVersionAsync(bucket, key, version, range, context.CancellationToken);
            var buffer = new byte[ChunkBytes];
            int read;
            while ((read = await opened.Content.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, context.CancellationToken)) > 0)
                await responses.WriteAsync(new() { Data = ByteString.CopyFrom(buffer.AsSpan(0, read)) }, context.CancellationToken);
        }
        catch (ObjectRangeException)
        {
            throw RelayException.InvalidField("offset");
        }
    }

    [Allow(Readers | CallerRoles.Job)]
    public override async Task<RecordingServiceVerifyResponse> Verify(RecordingServiceVerifyRequest request, ServerCallContext context)
    {
        var row = await FindAsync(request.SessionId, request.Purpose, "verification", context);
        var checks = await verification.VerifyAsync(row, context.CancellationToken);
        return new()
        {
            Valid = checks.All(c => c.Outcome == Evidence.Verification.CheckOutcome.Held),
            Checks = { checks.Select(c => new VerificationCheck { Name = c.Name, Outcome = OutcomeOf(c), Detail = c.Detail }) },
        };
    }

    private async Task<RecordingRow> FindAsync(string session, string purpose, string part, ServerCallContext context)
    {
        if (purpose.Length is 0 or > MaxPurposeLength || purpose.Contains('\0', StringComparison.Ordinal)) throw RelayException.InvalidField("purpose");
        var caller = context.Callers().Caller;
        // What is no id is looked up nowhere: a NUL in it would be an error of PostgreSQL's, and so another answer.
        if (!Guid.TryParseExact(session, "D", out _)) throw new RelayException(ErrorReason.NotPermitted);
        var people = await RecordingQueries.SubjectAsync(database, caller.Organisation, session, context.CancellationToken);
        // Nobody reads his own, by whichever of his accounts, and whether another organisation's exists is nobody's business.
        if (people is null || await persons.IsOwnAsync(database, caller, people.Issuer, people.Subject, context.CancellationToken)) throw new RelayException(ErrorReason.NotPermitted);
        var row = await RecordingQueries.FindAsync(database, caller.Organisation, session, context.CancellationToken) ?? throw new RelayException(ErrorReason.NotSealed);
        await database.TransactAsync(
            async transaction =>
            {
                var salt = RandomNumberGenerator.GetBytes(SaltBytes);
                await persons.RememberAsync(transaction, caller);
                await RecordingQueries.InsertViewAsync(transaction, row.Organisation, row.Session, caller.Issuer, caller.Subject, part, salt, purpose);
                await ledger.AddAsync(transaction, row.Organisation, LedgerEventTypes.RecordingViewed, new JsonObject
                {
                    ["session"] = row.Session,
                    ["subject"] = new JsonObject { ["issuer"] = caller.Issuer, ["sub"] = caller.Subject },
                    ["part"] = part,
                    ["purpose"] = Digests.Commitment(salt, purpose),
                });
            },
            context.CancellationToken);
        return row;
    }

    private static V1.CheckOutcome OutcomeOf(Check check) => check.Outcome switch
    {
        Evidence.Verification.CheckOutcome.Held => V1.CheckOutcome.Held,
        Evidence.Verification.CheckOutcome.Failed => V1.CheckOutcome.Failed,
        Evidence.Verification.CheckOutcome.Missing => V1.CheckOutcome.Missing,
        _ => V1.CheckOutcome.NotMade,
    };
}
