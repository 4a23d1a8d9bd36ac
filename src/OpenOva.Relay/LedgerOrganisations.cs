using OpenOva.Relay.Connections;
using OpenOva.Relay.Identity;

namespace OpenOva.Relay;

/// <summary>The organisations that this installation is configured for: what concerns all of them is told in the ledger of each.</summary>
internal sealed class LedgerOrganisations(IdentityOptions identity, ConnectionsOptions connections)
{
    public IReadOnlyList<string> All { get; } =
        [.. identity.Issuers.Select(issuer => issuer.Organisation).Append(connections.DefaultOrganisation).Where(name => name.Length > 0).Distinct(StringComparer.Ordinal)];
}
