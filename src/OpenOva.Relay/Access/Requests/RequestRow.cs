using System.Text.Json;

namespace OpenOva.Relay.Access.Requests;

/// <summary>A request's row.</summary>
internal sealed class RequestRow
{
    public string Organisation { get; init; } = "";

    public string Id { get; init; } = "";

    public string Connection { get; init; } = "";

    public string ConnectionDigest { get; init; } = "";

    public string Issuer { get; init; } = "";

    public string Subject { get; init; } = "";

    public string State { get; init; } = "";

    public long FromUs { get; init; }

    public long UntilUs { get; init; }

    public long ApproversNeeded { get; init; }

    public long Approvals { get; init; }

    public string? ExtendsSession { get; init; }

    public string TicketState { get; init; } = "";

    public long CreatedUs { get; init; }

    public long ExpiresUs { get; init; }

    public long ChangedUs { get; init; }

    public long Version { get; init; }

    public override string ToString() => Id;
}

/// <summary>What the person wrote.</summary>
internal sealed class RequestTexts
{
    public string Reason { get; init; } = "";

    public string TicketReference { get; init; } = "";
}

/// <summary>One person's decision on a request.</summary>
internal sealed class RequestDecisionRow
{
    public string Issuer { get; init; } = "";

    public string Subject { get; init; } = "";

    public string Verdict { get; init; } = "";

    /// <summary>The connection's approver roles that the person had: a JSON array.</summary>
    public string Roles { get; init; } = "[]";

    public IReadOnlyList<string> MatchedRoles => JsonSerializer.Deserialize<List<string>>(Roles) ?? [];

    public byte[] Salt { get; init; } = [];

    public string Comment { get; init; } = "";

    public long DecidedUs { get; init; }
}
