using System.Text.Json;
using OpenOva.Relay.Identity;

namespace OpenOva.Relay.Tests.Identity;

/// <summary>Role mapping over payloads as Keycloak writes them.</summary>
[Trait("Kind", "Fast")]
public sealed class RoleMapTests
{
    private const string Keycloak =
        """
        {
          "iss": "https://sso.example/realms/acme", "sub": "f3c9a1", "aud": ["account", "relay"], "typ": "Bearer", "azp": "relay-ui",
          "realm_access": { "roles": ["offline_access", "default-roles-acme", "uma_authorization", "dba"] },
          "resource_access": {
            "relay": { "roles": ["relay-operator", "payments"] },
            "vault.prod": { "roles": ["auditor", "unseal"] },
            "account": { "roles": ["manage-account"] }
          },
          "groups": ["/emea/auditors", "/emea/auditors/night", "/it", "/emea2/auditors"]
        }
        """;

    [Theory]
    [InlineData("/emea/auditors", "/emea/auditors", true)]
    [InlineData("/emea/auditors", "/emea/auditors/night", false)]
    [InlineData("/emea/auditors", "/emea/Auditors", false)]
    [InlineData("/emea/auditors", "emea/auditors", false)]
    [InlineData("/emea/auditors", "/apac/emea/auditors", false)]
    [InlineData("/emea/*", "/emea/auditors", true)]
    [InlineData("/emea/*", "/emea/auditors/night", true)]
    [InlineData("/emea/*", "/emea", false)]
    [InlineData("/emea/*", "/emea/", false)]
    [InlineData("/emea/*", "/emea2/auditors", false)]
    [InlineData("/emea/*", "/apac/emea/auditors", false)]
    public void GroupPath_AgainstPattern_MatchesExactlyOrBelow(string pattern, string path, bool matches)
    {
        Assert.True(GroupPath.IsPattern(pattern));
        Assert.Equal(matches, GroupPath.Matches(pattern, path));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("/*")]
    [InlineData("*")]
    [InlineData("emea")]
    [InlineData("/emea/")]
    [InlineData("/em*/auditors")]
    [InlineData("/emea*")]
    [InlineData("/emea/**")]
    public void GroupPath_ThatIsNoPattern_IsRefused(string pattern) => Assert.False(GroupPath.IsPattern(pattern));

    [Fact]
    public void Read_RealmClientAndGroup_EachGiveTheRoleTheyAreMappedTo()
    {
        var issuer = Issuer();
        issuer.Roles["relay-admin"] = new RoleMapping { RealmRoles = ["dba"] };
        issuer.Roles["relay-auditor"] = new RoleMapping { ClientRoles = [new ClientRole { Client = "vault.prod", Role = "auditor" }] };
        issuer.Roles["relay-reviewer"] = new RoleMapping { Groups = ["/emea/*"] };
        issuer.Roles["relay-approver"] = new RoleMapping { Groups = ["/emea"] };
        issuer.Roles["relay-job"] = new RoleMapping { ClientRoles = [new ClientRole { Client = "vault", Role = "prod" }] };

        var (roles, _) = Read(Keycloak, issuer);

        Assert.Equal(CallerRoles.Operator | CallerRoles.Admin | CallerRoles.Auditor | CallerRoles.Reviewer, roles);
    }

    [Fact]
    public void Read_AudienceRole_IsGivenByGroupsAndReplacesTheRoleOfTheSameName()
    {
        var issuer = Issuer();
        issuer.AudienceRoles["emea-databases"] = new RoleMapping { Groups = ["/emea/auditors"] };
        issuer.AudienceRoles["dba"] = new RoleMapping { Groups = ["/it/dba"] };

        var (_, names) = Read(Keycloak, issuer);

        Assert.Contains("emea-databases", names.AsEnumerable());
        Assert.Contains("payments", names.AsEnumerable());
        Assert.DoesNotContain("dba", names.AsEnumerable());
        Assert.DoesNotContain("unseal", names.AsEnumerable());
    }

    [Fact]
    public void Read_GroupsClaimOfAnotherName_IsTheOneThatCounts()
    {
        var issuer = Issuer();
        issuer.GroupsClaim = "group_paths";
        issuer.Roles["relay-auditor"] = new RoleMapping { Groups = ["/emea/auditors"] };

        Assert.Equal(CallerRoles.Operator, Read(Keycloak, issuer).Roles);
        Assert.Equal(
            CallerRoles.Operator | CallerRoles.Auditor,
            Read(Keycloak.Replace("\"groups\"", "\"group_paths\"", StringComparison.Ordinal), issuer).Roles);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"realm_access":{},"resource_access":{},"groups":[]}""")]
    [InlineData("""{"groups":["relay-admin","/relay-admin"],"scope":"relay-admin","roles":["relay-admin"]}""")]
    public void Read_NothingMapped_GivesNothing(string payload) => Assert.Equal((CallerRoles.None, 0), Counted(Read(payload, Issuer())));

    [Theory]
    [InlineData("""{"groups":"/emea/auditors"}""")]
    [InlineData("""{"groups":[1]}""")]
    [InlineData("""{"realm_access":["dba"]}""")]
    [InlineData("""{"resource_access":{"relay":["relay-admin"]}}""")]
    public void Read_ClaimOfAnOddType_IsRefused(string payload)
    {
        var issuer = Issuer();
        issuer.Roles["relay-auditor"] = new RoleMapping { Groups = ["/emea/auditors"] };

        Assert.Throws<OddClaimException>(() => Read(payload, issuer));
    }

    [Fact]
    public void ClientsRead_OfAnIssuer_AreAllThatCanGiveSomething()
    {
        var issuer = Issuer();
        issuer.Roles["relay-auditor"] = new RoleMapping { ClientRoles = [new ClientRole { Client = "vault.prod", Role = "auditor" }] };
        issuer.AudienceRoles["db"] = new RoleMapping { ClientRoles = [new ClientRole { Client = "databases", Role = "admin" }] };
        issuer.AudienceRoleClients.Add("payments");

        Assert.Equal(["databases", "payments", "relay", "vault.prod"], RoleMap.ClientsRead(issuer).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("\"4711\"", "4711")]
    [InlineData("\" 4711 \"", "4711")]
    [InlineData("4711", "4711")]
    [InlineData("[\"4711\"]", "4711")]
    [InlineData("[]", null)]
    [InlineData("\"\"", null)]
    [InlineData("null", null)]
    public void Identifier_AsAttributesCome_IsRead(string json, string? expected) =>
        Assert.Equal(expected, Claims.Identifier(JsonElement.Parse($$"""{"employee_number":{{json}}}"""), "employee_number"));

    [Theory]
    [InlineData("[\"1\",\"2\"]")]
    [InlineData("{}")]
    [InlineData("true")]
    [InlineData("1.5")]
    public void Identifier_ThatIsNone_IsRefused(string json) =>
        Assert.Throws<OddClaimException>(() => Claims.Identifier(JsonElement.Parse($$"""{"employee_number":{{json}}}"""), "employee_number"));

    private static (CallerRoles, int) Counted((CallerRoles Roles, System.Collections.Frozen.FrozenSet<string> Names) read) => (read.Roles, read.Names.Count);

    private static IssuerOptions Issuer() => new() { Issuer = "https://sso.example/realms/acme", Organisation = "acme", Audience = "relay" };

    private static (CallerRoles Roles, System.Collections.Frozen.FrozenSet<string> Names) Read(string payload, IssuerOptions issuer) =>
        RoleMap.Read(JsonElement.Parse(payload), issuer);
}
