namespace OpenOva.Relay.Reports;

/// <summary>Event ids 7000 to 7099.</summary>
internal static partial class ReportsLog
{
    [LoggerMessage(7000, LogLevel.Information, "Report {ReportId} of {Organisation} is ready: {Bytes} bytes over {Leaves} leaves")]
    public static partial void ReportReady(this ILogger logger, string reportId, string organisation, long bytes, long leaves);

    [LoggerMessage(7001, LogLevel.Warning, "Attempt {Attempt} to make report {ReportId} failed ({Failure}); it is tried again")]
    public static partial void ReportPostponed(this ILogger logger, Exception exception, string reportId, long attempt, ReportFailure failure);

    [LoggerMessage(7002, LogLevel.Error, "Report {ReportId} failed ({Failure})")]
    public static partial void ReportFailed(this ILogger logger, Exception exception, string reportId, ReportFailure failure);

    [LoggerMessage(7003, LogLevel.Warning, "The PDF renderer ended with {ExitCode}: {Output}")]
    public static partial void PdfRendererFailed(this ILogger logger, int exitCode, string output);
}
