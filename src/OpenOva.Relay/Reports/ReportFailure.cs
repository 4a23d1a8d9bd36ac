namespace OpenOva.Relay.Reports;

/// <summary>Why an attempt to make a report failed. The names are persisted and told to callers.</summary>
internal enum ReportFailure
{
    Internal = 0,
    DatabaseUnavailable = 1,
    StoreUnavailable = 2,
    PdfRendererMissing = 3,
    PdfRendererFailed = 4,
    PdfTimeLimit = 5,

    /// <summary>The leaves do not lead to the signed head. No report is made of evidence that does not hold.</summary>
    LedgerDamaged = 6,

    /// <summary>This build has no catalogue for the framework.</summary>
    FrameworkUnknown = 7,
}

/// <summary>An attempt failed in a way that can be named.</summary>
internal sealed class ReportFailedException(ReportFailure failure, string message, Exception? inner = null) : Exception(message, inner)
{
    public ReportFailure Failure { get; } = failure;

    /// <summary>Another attempt would fail as well.</summary>
    public bool IsPermanent => Failure is ReportFailure.LedgerDamaged or ReportFailure.FrameworkUnknown;
}

/// <summary>Another process, or another delivery, is making this report now.</summary>
internal sealed class ReportBusyException(string reportId) : Exception($"Report {reportId} is being made by another delivery.");

internal static class ReportFailures
{
    /// <summary>What is told to the caller: fixed wording.</summary>
    public static string Wording(this ReportFailure failure) => failure switch
    {
        ReportFailure.DatabaseUnavailable => "The database could not be used.",
        ReportFailure.StoreUnavailable => "The object store could not be used.",
        ReportFailure.PdfRendererMissing => "The PDF renderer is not installed.",
        ReportFailure.PdfRendererFailed => "The PDF renderer failed.",
        ReportFailure.PdfTimeLimit => "The PDF renderer took too long.",
        ReportFailure.LedgerDamaged => "The ledger's leaves do not lead to its signed head.",
        ReportFailure.FrameworkUnknown => "There is no catalogue for the framework.",
        _ => "Internal error.",
    };

    public static ReportFailure Of(Exception exception) => exception switch
    {
        ReportFailedException failed => failed.Failure,
        Database.DatabaseUnavailableException => ReportFailure.DatabaseUnavailable,
        ObjectStorage.ObjectStoreException => ReportFailure.StoreUnavailable,
        _ => ReportFailure.Internal,
    };
}
