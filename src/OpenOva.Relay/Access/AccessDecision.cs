using System.Text.Json.Nodes;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Identity.Recheck;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Access;

/// <summary>The rule that decided. The ledger keeps the names: values only grow.</summary>
internal enum AccessReason
{
    /// <summary>No rule objected.</summary>
    Admitted = 0,
    OrganisationMismatch = 1,
    OperatorRoleMissing = 2,
    ConnectionUnknown = 3,
    ConnectionInvalid = 4,
    AudienceRoleMissing = 5,

    /// <summary>The connection names approvers, and nobody has approved.</summary>
    ApprovalMissing = 6,

    /// <summary>On a re-check: the issuer says that the account is disabled.</summary>
    AccountDisabled = 7,

    /// <summary>On a re-check: the issuer knows no such account.</summary>
    AccountGone = 8,

    /// <summary>On a re-check: the issuer has not answered for too long.</summary>
    AccountUnanswered = 9,
}

internal static class AccessReasonNames
{
    private static readonly string[] Names =
        ["admitted", "organisation-mismatch", "operator-role-missing", "connection-unknown", "connection-invalid", "audience-role-missing",
            "approval-missing", "account-disabled", "account-gone", "account-unanswered"];

    public static string Name(this AccessReason reason) => Names[(int)reason];
}

/// <summary>What the rules read, and no more: of the person's roles only those that the connection names.</summary>
internal sealed record AccessInputs
{
    private const int MaximumNameLength = 253;

    public required bool HasOperatorRole { get; init; }
    public required string Organisation { get; init; }

    /// <summary>As asked for, cut at the length that a name can have.</summary>
    public required string ConnectionName { get; init; }
    public string? ConnectionDigest { get; init; }
    public string? Protocol { get; init; }
    public IReadOnlyList<string> AudienceRoles { get; init; } = [];

    /// <summary>Those of the audience's roles that the person has.</summary>
    public IReadOnlyList<string> MatchedRoles { get; init; } = [];
    public string? Acr { get; init; }
    public DateTimeOffset? AuthenticatedAt { get; init; }
    public string? GatewayClient { get; init; }
    public required DateTimeOffset Now { get; init; }

    /// <summary>What the issuer said of the account; null where a token has just said it.</summary>
    public AccountState? Account { get; init; }

    public static AccessInputs Of(AccessRequest request)
    {
        // Nothing of a foreign organisation's connection enters this organisation's ledger.
        var connection = request.Connection is { } found && found.Organisation == request.Caller.Organisation ? found : null;
        return new AccessInputs
        {
            HasOperatorRole = request.Caller.Has(CallerRoles.Operator),
            Organisation = request.Organisation,
            ConnectionName = Printable(request.ConnectionName),
            ConnectionDigest = connection?.Digest,
            Protocol = connection?.Protocol,
            AudienceRoles = connection is null ? [] : [.. connection.AudienceRoles],
            MatchedRoles = connection is null ? [] : [.. connection.AudienceRoles.Where(request.Caller.TokenRoles.Contains)],
            Acr = request.Caller.Acr,
            AuthenticatedAt = request.Caller.AuthenticatedAt,
            GatewayClient = request.Gateway?.ClientId,
            Now = request.Now,
            Account = request.RecheckOf is null ? null : request.Account,
        };
    }

    // The name is the caller's text: it enters the ledger only as far as it could be a name.
    private static string Printable(string name) =>
        name.Length <= MaximumNameLength && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_') ? name : "(not a name)";
}

/// <summary>One decision, allowed or not. A denial tells the caller nothing but that it is one; the reason is for the ledger.</summary>
internal sealed record AccessDecision(
    Guid DecisionId, bool Allowed, AccessReason Reason, string Organisation, string Issuer, string Subject, AccessInputs Inputs)
{
    /// <summary>The live session that was decided on again; null: one was to be opened.</summary>
    public string? RecheckOf { get; init; }

    /// <summary>The same answer for an unknown connection, a foreign one and one the caller's roles do not reach.</summary>
    /// <exception cref="RelayException">NOT_PERMITTED, where the decision is a denial.</exception>
    public void ThrowIfDenied()
    {
        if (!Allowed)
            throw new RelayException(V1.ErrorReason.NotPermitted);
    }

    /// <summary>The data of the event <c>access.decided</c>.</summary>
    public JsonObject ToLedgerData()
    {
        var data = Data();
        if (RecheckOf is null)
            return data;
        data["recheck_of"] = RecheckOf;
        data["inputs"]!["account"] = Inputs.Account?.ToString().ToLowerInvariant();
        return data;
    }

    private JsonObject Data() => new()
    {
        ["decision"] = DecisionId.ToString(),
        ["allowed"] = Allowed,
        ["reason"] = Reason.Name(),
        ["subject"] = new JsonObject { ["issuer"] = Issuer, ["sub"] = Subject },
        ["connection"] = new JsonObject
        {
            ["name"] = Inputs.ConnectionName,
            ["digest"] = Inputs.ConnectionDigest,
            ["protocol"] = Inputs.Protocol,
        },
        ["inputs"] = new JsonObject
        {
            ["organisation"] = Inputs.Organisation,
            ["relay_operator"] = Inputs.HasOperatorRole,
            ["audience_roles"] = Strings(Inputs.AudienceRoles),
            ["matched_roles"] = Strings(Inputs.MatchedRoles),
            ["acr"] = Inputs.Acr,
            ["auth_time_us"] = Microseconds(Inputs.AuthenticatedAt),
            ["gateway_client"] = Inputs.GatewayClient,
            ["time_us"] = Microseconds(Inputs.Now),
        },
    };

    private static JsonArray Strings(IEnumerable<string> values) => new([.. values.Select(value => JsonValue.Create(value))]);

    private static JsonValue? Microseconds(DateTimeOffset? time) =>
        time is { } at ? JsonValue.Create((at - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond) : null;
}
