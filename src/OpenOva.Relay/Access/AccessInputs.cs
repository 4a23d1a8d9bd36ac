using System.Net;
using OpenOva.Relay.Connections.Policies;
using OpenOva.Relay.Database;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Identity.Recheck;

namespace OpenOva.Relay.Access;

/// <summary>Whether there is something to open. The ledger keeps the names.</summary>
internal enum ConnectionStanding
{
    InUse = 0,
    Unknown = 1,

    /// <summary>Declared, but no version of it was ever good.</summary>
    Invalid = 2,
}

/// <summary>
/// What the rules read, and no more: of the person's roles only those that connection and policies name, of his address only which of the policies' networks
/// it is in. The decision is a function of this alone, so that a record of it can be replayed.
/// </summary>
internal sealed record AccessInputs
{
    private const int MaximumNameLength = 253;

    public required string Organisation { get; init; }

    /// <summary>Person, gateway and connection are of the organisation that is asked for.</summary>
    public required bool IsOfOneOrganisation { get; init; }

    public required bool HasOperatorRole { get; init; }

    /// <summary>As asked for, cut at the length that a name can have.</summary>
    public required string ConnectionName { get; init; }

    public required ConnectionStanding Connection { get; init; }

    public string? ConnectionDigest { get; init; }

    public string? Protocol { get; init; }

    public bool IsRecorded { get; init; }

    public IReadOnlyList<string> AudienceRoles { get; init; } = [];

    /// <summary>Those of the audience's roles that the person has.</summary>
    public IReadOnlyList<string> MatchedRoles { get; init; } = [];

    /// <summary>The approver roles that the connection names.</summary>
    public IReadOnlyList<string> ApproverRoles { get; init; } = [];

    /// <summary>The longest time that an approved session on the connection may take; null: it does not say.</summary>
    public int? MaxDurationMinutes { get; init; }

    /// <summary>Those that select the connection, by name.</summary>
    public IReadOnlyList<EnvironmentPolicy> Policies { get; init; } = [];

    public bool ArePoliciesInvalid { get; init; }

    /// <summary>Of the person's roles those that a policy names.</summary>
    public IReadOnlyList<string> PolicyRoles { get; init; } = [];

    /// <summary>The networks, of those that policies name, that the person's address is in.</summary>
    public IReadOnlyList<string> MatchedNetworks { get; init; } = [];

    public bool IsSourceKnown { get; init; }

    public string? Acr { get; init; }

    /// <summary>Empty where no policy reads them, too.</summary>
    public IReadOnlyList<string> Amr { get; init; } = [];

    public DateTimeOffset? AuthenticatedAt { get; init; }

    public string? GatewayClient { get; init; }

    public IReadOnlyList<AccessGrant> Grants { get; init; } = [];

    public SessionCounts? Sessions { get; init; }

    public bool BreakGlass { get; init; }

    public bool IsReasoned { get; init; }

    public required DateTimeOffset Now { get; init; }

    /// <summary>What the issuer said of the account; null where a token has just said it.</summary>
    public AccountState? Account { get; init; }

    /// <summary>A live session is decided on again: rules of the moment of opening are not asked.</summary>
    public bool IsRecheck => Account is not null;

    public static AccessInputs Of(AccessQuestion question)
    {
        // Nothing of a foreign organisation's connection enters this organisation's ledger.
        var connection = question.Connection is { } found && found.Organisation == question.Caller.Organisation ? found : null;
        var policies = connection is null ? [] : question.Policies;
        var caller = question.Caller;
        return new AccessInputs
        {
            Organisation = question.Organisation,
            IsOfOneOrganisation = IsOfOne(question),
            HasOperatorRole = caller.Has(CallerRoles.Operator),
            ConnectionName = Printable(question.ConnectionName),
            Connection = question.IsDeclaredInvalid ? ConnectionStanding.Invalid : question.Connection is null ? ConnectionStanding.Unknown : ConnectionStanding.InUse,
            ConnectionDigest = connection?.Digest,
            Protocol = connection?.Protocol,
            IsRecorded = connection?.Recording.Required ?? false,
            AudienceRoles = connection is null ? [] : [.. connection.AudienceRoles],
            MatchedRoles = connection is null ? [] : [.. connection.AudienceRoles.Where(caller.TokenRoles.Contains)],
            ApproverRoles = connection?.Jit is { } jit ? [.. jit.RequiredApprovers] : [],
            MaxDurationMinutes = connection?.Jit?.MaxDurationMinutes,
            Policies = policies,
            ArePoliciesInvalid = question.ArePoliciesInvalid,
            PolicyRoles = [.. PolicyRules.RolesRead(policies).Where(caller.TokenRoles.Contains).Order(StringComparer.Ordinal)],
            MatchedNetworks = [.. PolicyRules.Networks(policies).Where(cidr => Contains(cidr, question.Source)).Order(StringComparer.Ordinal)],
            IsSourceKnown = question.Source is not null,
            Acr = caller.Acr,
            Amr = policies.Any(p => p.Rules.Any(r => r is PolicyRule.MfaRequired)) ? [.. caller.Amr] : [],
            AuthenticatedAt = caller.AuthenticatedAt is { } at ? Microseconds(at) : null,
            GatewayClient = question.Gateway?.ClientId,
            Grants = question.Grants,
            Sessions = question.Sessions,
            BreakGlass = question.BreakGlass,
            IsReasoned = question.IsReasoned,
            Now = Microseconds(question.Now),
            Account = question.RecheckOf is null ? null : question.Account,
        };
    }

    // As a record holds it: a finer time could decide otherwise than its replay.
    private static DateTimeOffset Microseconds(DateTimeOffset time) => RowClock.FromUnixMicroseconds(time.ToUnixMicroseconds());

    private static bool IsOfOne(AccessQuestion question) =>
        question.Caller.Organisation == question.Organisation
        && (question.Connection is null || question.Connection.Organisation == question.Organisation)
        && (question.Gateway is null || question.Gateway.Organisation == question.Organisation);

    private static bool Contains(string cidr, IPAddress? source)
    {
        if (source is null) return false;
        return IPNetwork.Parse(cidr).Contains(source.IsIPv4MappedToIPv6 ? source.MapToIPv4() : source);
    }

    // The name is the caller's text: it enters the ledger only as far as it could be a name.
    private static string Printable(string name) =>
        name.Length <= MaximumNameLength && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_') ? name : "(not a name)";
}
