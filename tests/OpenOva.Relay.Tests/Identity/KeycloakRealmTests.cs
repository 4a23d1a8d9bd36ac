using System.Text.Json.Nodes;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Tests.Contract;

namespace OpenOva.Relay.Tests.Identity;

/// <summary>The realm that is handed out for import names what Relay reads. Whether Keycloak takes it is for Keycloak to say.</summary>
[Trait("Kind", "Fast")]
public sealed class KeycloakRealmTests
{
    private readonly JsonObject _realm = JsonNode.Parse(File.ReadAllText(SourceTree.Find("deploy/keycloak/realm.json")))!.AsObject();

    [Fact]
    public void Roles_AreThoseThatRelayKnows() =>
        Assert.Equal(CallerRoleNames.ByName.Keys.Order(StringComparer.Ordinal), _realm["roles"]!["realm"]!.AsArray().Select(role => role!["name"]!.GetValue<string>()).Order(StringComparer.Ordinal));

    [Theory]
    [InlineData("relay-web")]
    [InlineData("relay-gateway")]
    public void Client_ThatPeopleSignInThrough_GivesTokensThatRelayTakes(string id)
    {
        var client = Client(id);
        Assert.Equal(("S256", "true"), (client["attributes"]!["pkce.code.challenge.method"]!.GetValue<string>(), client["attributes"]!["backchannel.logout.session.required"]!.GetValue<string>()));
        Assert.EndsWith("/auth/backchannel-logout", client["attributes"]!["backchannel.logout.url"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.False(client["directAccessGrantsEnabled"]!.GetValue<bool>());
        Assert.False(client["fullScopeAllowed"]!.GetValue<bool>());
        var scopes = client["defaultClientScopes"]!.AsArray().Select(scope => scope!.GetValue<string>()).ToList();
        Assert.All((string[])["basic", "acr", "profile", "roles"], scope => Assert.Contains(scope, scopes));
        var audience = Assert.Single(client["protocolMappers"]!.AsArray(), mapper => mapper!["protocolMapper"]!.GetValue<string>() == "oidc-audience-mapper")!;
        Assert.Equal(("relay", "true"), (audience["config"]!["included.client.audience"]!.GetValue<string>(), audience["config"]!["access.token.claim"]!.GetValue<string>()));
    }

    [Fact]
    public void Person_CannotComeByTheGatewaysRole()
    {
        var web = _realm["scopeMappings"]!.AsArray().Single(mapping => mapping!["client"]!.GetValue<string>() == "relay-web")!;
        Assert.DoesNotContain("relay-gateway", web["roles"]!.AsArray().Select(role => role!.GetValue<string>()));
        Assert.Equal(["service-account-relay-gateway"], _realm["users"]!.AsArray().Where(user => user!["realmRoles"]?.AsArray().Any(role => role!.GetValue<string>() == "relay-gateway") == true).Select(user => user!["username"]!.GetValue<string>()));
    }

    private JsonObject Client(string id) => Assert.Single(_realm["clients"]!.AsArray(), client => client!["clientId"]!.GetValue<string>() == id)!.AsObject();
}
