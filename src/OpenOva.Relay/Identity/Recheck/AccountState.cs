using System.Collections.Frozen;

namespace OpenOva.Relay.Identity.Recheck;

/// <summary>What the issuer says of an account, whatever roles it has. The ledger keeps the names.</summary>
internal enum AccountState
{
    /// <summary>A token that has just passed says so, or the issuer when asked.</summary>
    Active = 0,
    Disabled = 1,
    Gone = 2,

    /// <summary>The issuer has not answered for longer than its configuration allows.</summary>
    Unanswered = 3,
}

/// <summary>An account as its issuer knows it at this moment; without roles unless it is active.</summary>
internal sealed record AccountStanding(AccountState State, CallerRoles Roles, FrozenSet<string> TokenRoles)
{
    public static AccountStanding Without(AccountState state) => new(state, CallerRoles.None, FrozenSet<string>.Empty);
}
