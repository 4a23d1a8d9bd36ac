using System.Text;
using Google.Protobuf;
using Grpc.Core;
using OpenOva.Relay.Evidence.Verification;
using OpenOva.Relay.Identity;
using OpenOva.Relay.ObjectStorage;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Recordings;

/// <summary>The door of <c>openova.relay.v1.RecordingService</c>. Every read has a purpose and is in the ledger before its first byte is out.</summary>
internal sealed class RecordingsGrpcService(RecordingReads reads, IObjectStore store, RecordingVerification verification) : RecordingService.RecordingServiceBase
{
    private const CallerRoles Readers = RecordingReads.Readers;
    private const int MaxManifestBytes = 1 << 20;
    private const int ChunkBytes = 64 * 1024;

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

    private Task<RecordingRow> FindAsync(string session, string purpose, string part, ServerCallContext context) =>
        reads.ViewAsync(context.Callers().Caller, session, purpose, part, context.CancellationToken);

    private static V1.CheckOutcome OutcomeOf(Check check) => check.Outcome switch
    {
        Evidence.Verification.CheckOutcome.Held => V1.CheckOutcome.Held,
        Evidence.Verification.CheckOutcome.Failed => V1.CheckOutcome.Failed,
        Evidence.Verification.CheckOutcome.Missing => V1.CheckOutcome.Missing,
        _ => V1.CheckOutcome.NotMade,
    };
}
