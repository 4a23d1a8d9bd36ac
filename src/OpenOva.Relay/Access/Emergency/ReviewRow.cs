namespace OpenOva.Relay.Access.Emergency;

/// <summary>An emergency session and what it owes.</summary>
internal sealed class ReviewRow
{
    public string Organisation { get; init; } = "";

    public string Session { get; init; } = "";

    public string Connection { get; init; } = "";

    public string Issuer { get; init; } = "";

    public string Subject { get; init; } = "";

    public long OpenedUs { get; init; }

    public long DueUs { get; init; }

    public long? OverdueUs { get; init; }

    public string? Outcome { get; init; }

    public string? Comment { get; init; }

    public string? ReviewerIssuer { get; init; }

    public string? ReviewerSubject { get; init; }

    public long? ReviewedUs { get; init; }

    public long? RotatedUs { get; init; }
}
