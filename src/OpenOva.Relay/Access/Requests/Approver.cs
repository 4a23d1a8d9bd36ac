using OpenOva.Relay.Connections;
using OpenOva.Relay.Connections.Policies;
using OpenOva.Relay.Identity;

namespace OpenOva.Relay.Access.Requests;

/// <summary>Who may approve access to a connection, as it and its policies stand.</summary>
internal sealed class Approver(ConnectionCatalog connections)
{
    /// <summary>The connection in use with the policies that select it; null: there is none.</summary>
    public (Connection Connection, IReadOnlyList<EnvironmentPolicy> Policies)? Find(string organisation, string name)
    {
        var snapshot = connections.Snapshot;
        return snapshot.Find(organisation, name)?.Connection is { } connection ? (connection, snapshot.PoliciesFor(connection)) : null;
    }

    /// <summary>The roles by which the caller may approve; null: he may not.</summary>
    public IReadOnlyList<string>? MatchedRoles(Caller caller, string organisation, string name) =>
        Find(organisation, name) is var (connection, policies) ? MatchedRoles(caller, connection, policies) : null;

    /// <inheritdoc cref="MatchedRoles(Caller, string, string)"/>
    public static IReadOnlyList<string>? MatchedRoles(Caller caller, Connection connection, IReadOnlyCollection<EnvironmentPolicy> policies)
    {
        if (!caller.Has(CallerRoles.Approver) || caller.Organisation != connection.Organisation) return null;
        var named = Approvals.Roles(connection, policies);
        var matched = named.Where(caller.TokenRoles.Contains).ToList();
        return named.Count == 0 || matched.Count > 0 ? matched : null;
    }
}
