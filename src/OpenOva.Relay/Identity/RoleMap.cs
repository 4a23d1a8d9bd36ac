using System.Collections.Frozen;
using System.Text.Json;

namespace OpenOva.Relay.Identity;

/// <summary>Turns Keycloak's role and group claims into relay roles and into the plain names a connection's audience may name.</summary>
internal static class RoleMap
{
    public static (CallerRoles Roles, FrozenSet<string> TokenRoles) Read(JsonElement payload, IssuerOptions issuer)
    {
        var realm = Claims.RealmRoles(payload);
        var clients = Claims.ClientRoles(payload);
        var groups = issuer.Roles.Values.Any(mapping => mapping.Groups.Count > 0) ? Claims.Many(payload, "groups") : [];

        var roles = CallerRoles.None;
        foreach (var (name, role) in CallerRoleNames.ByName)
        {
            var given = issuer.Roles.TryGetValue(name, out var mapping)
                ? Gives(mapping, realm, clients, groups)
                : realm.Contains(name) || HasClientRole(clients, issuer.Audience, name);
            if (given)
                roles |= role;
        }

        var tokenRoles = clients
            .Where(client => Counts(issuer, client.Key))
            .SelectMany(client => client.Value)
            .Concat(realm)
            .ToFrozenSet(StringComparer.Ordinal);
        return (roles, tokenRoles);
    }

    private static bool Gives(
        RoleMapping mapping, IReadOnlyList<string> realm, IReadOnlyDictionary<string, IReadOnlyList<string>> clients, IReadOnlyList<string> groups) =>
        mapping.RealmRoles.Any(role => realm.Contains(role))
        || mapping.ClientRoles.Any(role => HasClientRole(clients, role.Client, role.Role))
        || mapping.Groups.Any(group => groups.Contains(group));

    private static bool HasClientRole(IReadOnlyDictionary<string, IReadOnlyList<string>> clients, string client, string role) =>
        clients.TryGetValue(client, out var roles) && roles.Contains(role);

    private static bool Counts(IssuerOptions issuer, string client) =>
        client == issuer.Audience || issuer.AudienceRoleClients.Contains("*") || issuer.AudienceRoleClients.Contains(client);
}
