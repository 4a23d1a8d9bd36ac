using OpenOva.Relay.Connections;
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
internal sealed record AccessRequest(
    Guid DecisionId,
    Caller Caller,
    Caller? Gateway,
    string Organisation,
    string ConnectionName,
    Connection? Connection,
    bool IsDeclaredInvalid,
    DateTimeOffset Now)
{
    /// <summary>What the issuer said of the account when it was asked again.</summary>
    public AccountState Account { get; init; }

    /// <summary>The live session that is decided on again; null: one is to be opened.</summary>
    public string? RecheckOf { get; init; }
}
