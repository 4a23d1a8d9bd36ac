namespace OpenOva.Relay.Reports;

/// <summary>States of a report, as the table has them.</summary>
internal static class ReportStates
{
    public const string Requested = "requested";
    public const string Running = "running";
    public const string Ready = "ready";
    public const string Failed = "failed";

    /// <summary>Whether nothing changes any more.</summary>
    public static bool IsFinal(string state) => state is Ready or Failed;
}

/// <summary>A report's row.</summary>
internal sealed class ReportRow
{
    public string Organisation { get; init; } = "";

    public string ReportId { get; init; } = "";

    public string Framework { get; init; } = "";

    public long FromUs { get; init; }

    public long ToUs { get; init; }

    /// <summary><c>none</c> or <c>all</c>.</summary>
    public string Recordings { get; init; } = "none";

    /// <summary>Who asked.</summary>
    public string Issuer { get; init; } = "";

    public string Subject { get; init; } = "";

    public string? RequestId { get; init; }

    public long RequestedUs { get; init; }

    public string State { get; init; } = ReportStates.Requested;

    public long Percent { get; init; }

    public string Detail { get; init; } = "";

    /// <summary>The name of a <see cref="ReportFailure"/>, where the last attempt failed.</summary>
    public string? Failure { get; init; }

    public long Attempts { get; init; }

    public long? StartedUs { get; init; }

    public long? HeadSize { get; init; }

    public string? HeadRoot { get; init; }

    public long? FirstLeaf { get; init; }

    /// <summary>The assurance policy in force at the first attempt, as JSON.</summary>
    public string? Assurance { get; init; }

    public long? FinishedUs { get; init; }

    public string? BundleKey { get; init; }

    public long? BundleBytes { get; init; }

    public string? BundleSha256 { get; init; }

    public bool WithRecordings => Recordings == "all";
}

/// <summary>A report is to be made.</summary>
internal sealed record ReportRequested(string Organisation, string ReportId);
