using System.Net;
using OpenOva.Relay.Connections;
using OpenOva.Relay.Connections.Policies;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Identity.Recheck;

namespace OpenOva.Relay.Access;

/// <summary>"May this person open this connection now?", with everything that the rules may read.</summary>
/// <param name="DecisionId">UUIDv7, made from the same clock as <paramref name="Now"/>.</param>
/// <param name="Gateway">The gateway that asks on the person's behalf; null where the person asks directly.</param>
/// <param name="Organisation">The organisation that is asked for.</param>
/// <param name="ConnectionName">As asked for; it need not exist.</param>
/// <param name="Connection">The connection of that name in that organisation; null where none is in use.</param>
/// <param name="IsDeclaredInvalid">It is declared, but no version of it was ever good.</param>
internal sealed record AccessQuestion(
    Guid DecisionId,
    Caller Caller,
    Caller? Gateway,
    string Organisation,
    string ConnectionName,
    Connection? Connection,
    bool IsDeclaredInvalid,
    DateTimeOffset Now)
{
    /// <summary>Those that select the connection, by name.</summary>
    public IReadOnlyList<EnvironmentPolicy> Policies { get; init; } = [];

    /// <summary>A policy of the organisation is declared, and no version of it was ever good.</summary>
    public bool ArePoliciesInvalid { get; init; }

    /// <summary>Where the person is, as the gateway or the connection says; null where nobody says.</summary>
    public IPAddress? Source { get; init; }

    /// <summary>The person's approved requests for this connection that have not run out.</summary>
    public IReadOnlyList<AccessGrant> Grants { get; init; } = [];

    /// <summary>Open sessions now; null where no rule counts them.</summary>
    public SessionCounts? Sessions { get; init; }

    /// <summary>Emergency access is asked for.</summary>
    public bool BreakGlass { get; init; }

    /// <summary>The person says why.</summary>
    public bool IsReasoned { get; init; }

    /// <summary>What the issuer said of the account when it was asked again.</summary>
    public AccountState Account { get; init; }

    /// <summary>The live session that is decided on again; null: one is to be opened.</summary>
    public string? RecheckOf { get; init; }
}

/// <summary>An approved request, as a decision reads it.</summary>
/// <param name="Request">The request's id.</param>
/// <param name="FromUs">Microseconds UTC, inclusive.</param>
/// <param name="UntilUs">Microseconds UTC, exclusive.</param>
/// <param name="Approvals">For each person who approved, and who is not the one who asked: the approver roles that he had.</param>
internal sealed record AccessGrant(string Request, long FromUs, long UntilUs, IReadOnlyList<IReadOnlyList<string>> Approvals);

/// <summary>Sessions that are open now: those whose ticket is still out among them.</summary>
/// <param name="OfPerson">The person's in the organisation, through whichever account.</param>
/// <param name="OnConnection">Anybody's on the connection that is asked for.</param>
internal sealed record SessionCounts(int OfPerson, int OnConnection);
