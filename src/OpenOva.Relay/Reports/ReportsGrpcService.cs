using System.Globalization;
using System.Text;
using Grpc.Core;
using OpenOva.Relay.Database;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Identity.Logout;
using OpenOva.Relay.Reports.Controls;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Reports;

/// <summary>The door of <c>openova.relay.v1.ReportService</c>.</summary>
internal sealed class ReportsGrpcService(ReportRequests requests, ReportDownloads downloads, RelayDatabase database, Catalogues catalogues, CallerStanding standing,
    TimeProvider time)
    : ReportService.ReportServiceBase
{
    private const CallerRoles Readers = CallerRoles.Auditor | CallerRoles.Job;
    private const int MaxRequestIdChars = 100;
    private const int MaxPurposeChars = 1000;
    private const int DefaultPage = 50;
    private const int MaxPage = 200;
    private static readonly long EndOfTimeUs = DateTimeOffset.MaxValue.ToUnixMicroseconds();
    private static readonly TimeSpan LookPeriod = TimeSpan.FromSeconds(1);

    [Allow(Readers)]
    public override Task<ReportServiceListFrameworksResponse> ListFrameworks(ReportServiceListFrameworksRequest request, ServerCallContext context) =>
        Task.FromResult(new ReportServiceListFrameworksResponse
        {
            Frameworks = { catalogues.All.Select(c => new Framework { Id = c.Framework, Title = c.Title, CatalogueVersion = c.CatalogueVersion }) },
        });

    [Allow(Readers)]
    public override async Task<ReportServiceCreateResponse> Create(ReportServiceCreateRequest request, ServerCallContext context)
    {
        if (catalogues.Find(request.Framework) is null) throw RelayException.InvalidField("framework");
        if (request.FromUs < 0) throw RelayException.InvalidField("from_us");
        if (request.ToUs <= request.FromUs || request.ToUs > EndOfTimeUs) throw RelayException.InvalidField("to_us");
        if (!IsText(request.RequestId, MaxRequestIdChars)) throw RelayException.InvalidField("request_id");
        if (!Enum.IsDefined(request.Recordings)) throw RelayException.InvalidField("recordings");
        var row = await requests.CreateAsync(
            context.Callers().Caller, request.Framework, request.FromUs, request.ToUs, request.Recordings == RecordingSelection.All,
            request.RequestId.Length == 0 ? null : request.RequestId, context.CancellationToken);
        return new ReportServiceCreateResponse { Report = Message(row) };
    }

    [Allow(Readers)]
    public override async Task<ReportServiceGetResponse> Get(ReportServiceGetRequest request, ServerCallContext context) =>
        new() { Report = Message(await requests.FindAsync(context.Callers().Caller, request.ReportId, context.CancellationToken)) };

    [Allow(Readers)]
    public override async Task<ReportServiceListResponse> List(ReportServiceListRequest request, ServerCallContext context)
    {
        if (request.PageSize is < 0 or > MaxPage) throw RelayException.InvalidField("page_size");
        var size = request.PageSize == 0 ? DefaultPage : request.PageSize;
        var (beforeUs, beforeId) = Position(request.PageToken);
        var rows = await ReportQueries.ListAsync(database, context.Callers().Caller.Organisation, beforeUs, beforeId, size + 1, context.CancellationToken);
        var response = new ReportServiceListResponse { Reports = { rows.Take(size).Select(Message) } };
        if (rows.Count > size) response.NextPageToken = Token(rows[size - 1]);
        return response;
    }

    [Allow(Readers)]
    public override async Task Watch(ReportServiceWatchRequest request, IServerStreamWriter<ReportServiceWatchResponse> responseStream, ServerCallContext context)
    {
        var caller = context.Callers().Caller;
        Report? told = null;
        while (true)
        {
            standing.Guard(caller);
            var row = await requests.FindAsync(caller, request.ReportId, context.CancellationToken);
            var now = Message(row);
            if (!now.Equals(told))
            {
                await responseStream.WriteAsync(new ReportServiceWatchResponse { Report = now }, context.CancellationToken);
                told = now;
            }

            if (ReportStates.IsFinal(row.State)) return;
            await Task.Delay(LookPeriod, time, context.CancellationToken);
        }
    }

    [Allow(Readers)]
    public override async Task Download(ReportServiceDownloadRequest request, IServerStreamWriter<ReportServiceDownloadResponse> responseStream, ServerCallContext context)
    {
        var caller = context.Callers().Caller;
        if (string.IsNullOrWhiteSpace(request.Purpose) || !IsText(request.Purpose, MaxPurposeChars)) throw RelayException.InvalidField("purpose");
        var row = await requests.FindAsync(caller, request.ReportId, context.CancellationToken);
        if (row.State != ReportStates.Ready) throw new RelayException(ErrorReason.WrongState, ("state", row.State));
        await downloads.SendAsync(
            caller, row, request.Purpose,
            piece => responseStream.WriteAsync(new ReportServiceDownloadResponse { Data = Google.Protobuf.ByteString.CopyFrom(piece.Span) }, context.CancellationToken),
            context.CancellationToken);
    }

    private static Report Message(ReportRow row) => new()
    {
        ReportId = row.ReportId,
        Organisation = row.Organisation,
        Framework = row.Framework,
        FromUs = row.FromUs,
        ToUs = row.ToUs,
        State = row.State switch
        {
            ReportStates.Requested => ReportState.Requested,
            ReportStates.Running => ReportState.Running,
            ReportStates.Ready => ReportState.Ready,
            ReportStates.Failed => ReportState.Failed,
            _ => ReportState.Unspecified,
        },
        ProgressPercent = (int)row.Percent,
        Detail = row.Detail,
        RequestedUs = row.RequestedUs,
        FinishedUs = row.FinishedUs ?? 0,
        BundleBytes = row.BundleBytes ?? 0,
        BundleSha256 = row.BundleSha256 ?? "",
        HeadSize = row.HeadSize ?? 0,
    };

    // NUL is no text to PostgreSQL, and a lone surrogate none to anybody.
    private static bool IsText(string text, int most) => text.Length <= most && !text.Contains('\0') && !text.EnumerateRunes().Any(rune => rune == Rune.ReplacementChar);

    private static string Token(ReportRow row) =>
        Convert.ToHexStringLower(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{row.RequestedUs}:{row.ReportId}")));

    private static (long BeforeUs, string BeforeId) Position(string token)
    {
        if (token.Length == 0) return (long.MaxValue, "");
        try
        {
            var parts = Encoding.ASCII.GetString(Convert.FromHexString(token)).Split(':');
            if (parts.Length == 2 && long.TryParse(parts[0], CultureInfo.InvariantCulture, out var us) && Guid.TryParseExact(parts[1], "D", out _)) return (us, parts[1]);
        }
        catch (FormatException)
        {
            // Told below.
        }

        throw RelayException.InvalidField("page_token");
    }
}
