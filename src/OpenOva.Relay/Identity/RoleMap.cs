using System.Collections.Frozen;
using System.Text.Json;

namespace OpenOva.Relay.Identity;

/// <summary>The roles and groups that an issuer says an account has, before any mapping.</summary>
/// <param name="Clients">Role names by client id.</param>
/// <param name="Groups">Full paths.</param>
internal sealed record IssuerGrants(
    IReadOnlyCollection<string> Realm, IReadOnlyDictionary<string, IReadOnlyList<string>> Clients, IReadOnlyCollection<string> Groups);

/// <summary>Turns Keycloak's roles and groups into relay roles and into the plain names a connection's audience may name.</summary>
internal static class RoleMap
{
    /// <summary>What a token's claims give.</summary>
    /// <exception cref="OddClaimException">A claim has a type that its specification rules out.</exception>
    public static (CallerRoles Roles, FrozenSet<string> TokenRoles) Read(JsonElement payload, IssuerOptions issuer) =>
        Apply(
            new IssuerGrants(Claims.RealmRoles(payload), Claims.ClientRoles(payload), ReadsGroups(issuer) ? Claims.Many(payload, issuer.GroupsClaim) : []),
            issuer);

    /// <summary>The same, of grants however they were learnt: a token and a re-check must not come to different roles.</summary>
    public static (CallerRoles Roles, FrozenSet<string> TokenRoles) Apply(IssuerGrants grants, IssuerOptions issuer)
    {
        var roles = CallerRoles.None;
        foreach (var (name, role) in CallerRoleNames.ByName)
        {
            var given = issuer.Roles.TryGetValue(name, out var mapping)
                ? Gives(mapping, grants)
                : grants.Realm.Contains(name) || HasClientRole(grants, issuer.Audience, name);
            if (given)
                roles |= role;
        }

        var tokenRoles = grants.Clients
            .Where(client => Counts(issuer, client.Key))
            .SelectMany(client => client.Value)
            .Concat(grants.Realm)
            .Where(name => !issuer.AudienceRoles.ContainsKey(name))
            .Concat(issuer.AudienceRoles.Where(entry => Gives(entry.Value, grants)).Select(entry => entry.Key))
            .ToFrozenSet(StringComparer.Ordinal);
        return (roles, tokenRoles);
    }

    /// <summary>Whether any mapping of the issuer looks at groups.</summary>
    public static bool ReadsGroups(IssuerOptions issuer) => Mappings(issuer).Any(mapping => mapping.Groups.Count > 0);

    /// <summary>The clients whose roles can matter: those to ask for where no token tells.</summary>
    public static IReadOnlyCollection<string> ClientsRead(IssuerOptions issuer) =>
        [.. Mappings(issuer).SelectMany(mapping => mapping.ClientRoles).Select(role => role.Client).Concat(issuer.AudienceRoleClients).Append(issuer.Audience)
            .Where(client => client != "*").Distinct(StringComparer.Ordinal)];

    private static IEnumerable<RoleMapping> Mappings(IssuerOptions issuer) => issuer.Roles.Values.Concat(issuer.AudienceRoles.Values);

    private static bool Gives(RoleMapping mapping, IssuerGrants grants) =>
        mapping.RealmRoles.Any(role => grants.Realm.Contains(role))
        || mapping.ClientRoles.Any(role => HasClientRole(grants, role.Client, role.Role))
        || mapping.Groups.Any(pattern => grants.Groups.Any(path => GroupPath.Matches(pattern, path)));

    private static bool HasClientRole(IssuerGrants grants, string client, string role) =>
        grants.Clients.TryGetValue(client, out var roles) && roles.Contains(role);

    private static bool Counts(IssuerOptions issuer, string client) =>
        client == issuer.Audience || issuer.AudienceRoleClients.Contains("*") || issuer.AudienceRoleClients.Contains(client);
}
