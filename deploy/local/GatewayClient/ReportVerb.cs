using System.CommandLine;
using System.Globalization;
using System.Runtime.CompilerServices;
using Google.Protobuf;
using Grpc.Core;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.GatewayClient;

/// <summary><c>relay-gateway-client report</c></summary>
internal static class ReportVerb
{
    public static Command Create()
    {
        var framework = new Option<string>("--framework") { Description = "sox.", HelpName = "ID", DefaultValueFactory = _ => "sox" };
        var from = new Option<DateOnly>("--from") { Description = "First day, UTC. Default: today.", HelpName = "DATE", DefaultValueFactory = _ => Today };
        var to = new Option<DateOnly>("--to") { Description = "Last day, UTC. Default: today.", HelpName = "DATE", DefaultValueFactory = _ => Today };
        var recordings = new Option<bool>("--recordings") { Description = "Put the period's recordings into the bundle." };
        var purpose = new Option<string>("--purpose") { Description = "Why the bundle is taken out; kept as evidence.", HelpName = "TEXT", Required = true };
        var file = new Option<FileInfo>("--out") { Description = "The file for the bundle.", HelpName = "FILE", Required = true };
        var requestId = new Option<string>("--request-id") { Description = "The same id gives the same report again.", HelpName = "ID", DefaultValueFactory = _ => "" };
        return GatewayCommandLine.Verb(
            "report", "Ask for a period's report, follow it, and download its signed bundle.", [framework, from, to, recordings, purpose, file, requestId],
            async (api, parsed, answer, cancellation) =>
            {
                var request = new ReportServiceCreateRequest
                {
                    Framework = parsed.GetValue(framework),
                    FromUs = Microseconds(parsed.GetValue(from)),
                    ToUs = Microseconds(parsed.GetValue(to).AddDays(1)),
                    RequestId = parsed.GetValue(requestId),
                    Recordings = parsed.GetValue(recordings) ? RecordingSelection.All : RecordingSelection.None,
                };
                var created = await api.Reports.CreateAsync(request, await api.AsPersonAsync(cancellation), cancellationToken: cancellation);
                var report = await FollowAsync(api, created.Report, answer, cancellation);
                if (report.State != ReportState.Ready) throw new CallFailedException(CallFailure.Of("Failed", $"The report is {report.State}: {report.Detail}"));

                var path = parsed.GetValue(file)!.FullName;
                var (bytes, sha256) = await PartFile.WriteAsync(path, ReadAsync(api, report.ReportId, parsed.GetValue(purpose)!, cancellation), cancellation);
                if (bytes != report.BundleBytes || sha256 != report.BundleSha256)
                    throw new CallFailedException(CallFailure.Of("DataLoss", "The downloaded bundle is not the one that the report names."));
                answer.Write(
                    parsed, new { reportId = report.ReportId, bundle = path, bytes, sha256, headSize = report.HeadSize },
                    $"report  {report.ReportId}, pinned to the ledger's first {report.HeadSize} events",
                    $"bundle  {path}", $"sha256  {sha256}");
                return ExitCode.Done;
            });
    }

    private static DateOnly Today => DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);

    private static long Microseconds(DateOnly day) => (day.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc) - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    private static async Task<Report> FollowAsync(RelayApi api, Report report, Answer answer, CancellationToken cancellation)
    {
        var request = new ReportServiceWatchRequest { ReportId = report.ReportId };
        using var call = api.Reports.Watch(request, await api.AsPersonAsync(cancellation), cancellationToken: cancellation);
        while (await call.ResponseStream.MoveNext(cancellation))
        {
            report = call.ResponseStream.Current.Report;
            answer.Progress(string.Create(CultureInfo.InvariantCulture, $"report {report.State} {report.ProgressPercent} % {report.Detail}").TrimEnd());
        }

        return report;
    }

    private static async IAsyncEnumerable<ByteString> ReadAsync(
        RelayApi api, string reportId, string purpose, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var request = new ReportServiceDownloadRequest { ReportId = reportId, Purpose = purpose };
        using var call = api.Reports.Download(request, await api.AsPersonAsync(cancellation), cancellationToken: cancellation);
        while (await call.ResponseStream.MoveNext(cancellation)) yield return call.ResponseStream.Current.Data;
    }
}
