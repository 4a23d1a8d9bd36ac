using OpenOva.Relay.Connections;

namespace OpenOva.Relay.Tests.Connections;

[Trait("Kind", "Fast")]
public sealed class PolicyCatalogTests
{
    private const string Recorded = "{ kind: recording-required }";
    private static readonly ConnectionsOptions Options = new() { Folder = "/connections", DefaultOrganisation = "acme", DefaultRetentionDays = 400 };

    private CatalogSnapshot _snapshot = CatalogSnapshot.Empty;

    [Fact]
    public void PoliciesFor_SelectorsOfAllKinds_GivesThoseThatSelectByName()
    {
        Next(("a.yaml", Documents(
            Ssh("db", "tier: gold"), Ssh("web", "tier: silver"), ConnectionYaml.Vnc,
            Policy("z-all"), Policy("named", "{ connections: [db] }"), Policy("gold", "{ matchLabels: { tier: gold } }"), Policy("vnc", "{ protocols: [vnc] }"),
            Policy("both", "{ protocols: [ssh], matchLabels: { tier: silver } }"),
            Policy("foreign").Replace("{ name: foreign }", "{ name: foreign, labels: { catalyst.openova.io/organization: globex } }", StringComparison.Ordinal))));

        Assert.Empty(_snapshot.Problems);
        Assert.Equal("gold named z-all", PoliciesFor("db"));
        Assert.Equal("both z-all", PoliciesFor("web"));
        Assert.Equal("vnc z-all", PoliciesFor("screen"));
    }

    [Fact]
    public void Next_ConnectionAndPolicyOfOneName_AreTwoResources()
    {
        Next(("a.yaml", Documents(Ssh("same"), Policy("same"))));

        Assert.Empty(_snapshot.Problems);
        Assert.Equal("same", PoliciesFor("same"));
    }

    [Fact]
    public void Next_PolicyBecomesInvalid_LastGoodGuardsOn()
    {
        Next(("a.yaml", Documents(Ssh("db"), Policy("p"))));
        Next(("a.yaml", Documents(Ssh("db"), Policy("p", rule: "{ kind: recording }"))));

        Assert.Equal("p", PoliciesFor("db"));
        Assert.NotNull(_snapshot.InUse.Single(used => used.Resource.Kind == ResourceKind.Policy).Stale);
        Assert.False(_snapshot.PoliciesInvalid("acme"));
    }

    [Fact]
    public void PoliciesInvalid_PolicyNeverGood_IsToldOfItsOrganisationAlone()
    {
        Next(("a.yaml", Documents(Ssh("db"), Policy("p", rule: "{ kind: recording }"))));

        Assert.Equal("", PoliciesFor("db"));
        Assert.True(_snapshot.PoliciesInvalid("acme"));
        Assert.False(_snapshot.PoliciesInvalid("globex"));

        Next(("a.yaml", Documents(Ssh("db"), Policy("p"))));
        Assert.False(_snapshot.PoliciesInvalid("acme"));
    }

    [Fact]
    public void PoliciesInvalid_ConnectionInvalid_IsNot()
    {
        Next(("a.yaml", Documents(Ssh("db").Replace("protocol: ssh", "protocol: spice", StringComparison.Ordinal))));

        Assert.True(_snapshot.IsInvalid("acme", "db"));
        Assert.False(_snapshot.PoliciesInvalid("acme"));
    }

    [Fact]
    public void PoliciesInvalid_SecondPolicyOfOneName_IsToldThoughTheFirstIsInUse()
    {
        Next(("a.yaml", Policy("p")), ("b.yaml", Policy("p", rule: "{ kind: max-duration, minutes: 5 }")));

        Assert.True(_snapshot.PoliciesInvalid("acme"));
        Assert.Equal("p", PoliciesFor(Connection("db")));
    }

    [Theory]
    [InlineData("kind: [", true)] // no YAML at all: it may be a policy
    [InlineData("kind: EnvironmentPolicy\nspec: [", true)]
    [InlineData("kind: GuacamoleConnection\nspec: [", false)]
    [InlineData("kind: GuacamoleConnection\nspec: [\nkind: EnvironmentPolicy", true)]
    [InlineData("# was an EnvironmentPolicy\nkind: GuacamoleConnection\nspec: [", true)]
    [InlineData("apiVersion: catalyst.openova.io/v1alpha1\nkind: EnviromentPolicy", true)] // mistyped
    [InlineData("kind: Secret", true)]
    [InlineData("apiVersion: v1\nkind: ConfigMap", false)]
    [InlineData("apiVersion: v1\nkind: EnvironmentPolicy\nmetadata: { name: p }", true)]
    [InlineData("apiVersion: catalyst.openova.io/v1alpha1\nkind: EnvironmentPolicy\nmetadata: { name: P }", true)]
    public void PoliciesInvalid_DocumentThatDoesNotSayWhatItIs_CountsAsOneUnlessItShowsOtherwise(string document, bool invalid)
    {
        Next(("a.yaml", Documents(Ssh("db"), document)));

        Assert.Single(_snapshot.Problems);
        Assert.Equal(invalid, _snapshot.PoliciesInvalid("acme"));
    }

    [Fact]
    public void PoliciesInvalid_PolicyWithoutAName_IsToldOfItsOrganisationAlone()
    {
        Next(("a.yaml", Policy("p").Replace("{ name: p }", "{ labels: { catalyst.openova.io/organization: globex } }", StringComparison.Ordinal)));

        Assert.True(_snapshot.PoliciesInvalid("globex"));
        Assert.False(_snapshot.PoliciesInvalid("acme"));
    }

    [Fact]
    public void Next_FileBecomesUnreadable_KeepsPoliciesUntilMoreIsMissingThanWasThere()
    {
        Next(("a.yaml", Documents(Ssh("db"), Policy("p"))));

        Next(("a.yaml", Documents(Ssh("db"), "kind: [")));
        Assert.Equal("p", PoliciesFor("db"));
        Assert.False(_snapshot.PoliciesInvalid("acme"));

        // A second one cannot be p: its rules were never in use.
        Next(("a.yaml", Documents(Ssh("db"), "kind: [", "kind: [")));
        Assert.Equal("p", PoliciesFor("db"));
        Assert.True(_snapshot.PoliciesInvalid("acme"));

        // Nor can a connection that went stand for a policy that came.
        Next(("a.yaml", Documents(Ssh("db"), Policy("p"))));
        Next(("a.yaml", Documents(Policy("p"), "kind: EnvironmentPolicy\nspec: [")));
        Assert.True(_snapshot.PoliciesInvalid("acme"));
    }

    [Fact]
    public void Next_PolicyRemoved_IsGone()
    {
        Next(("a.yaml", Documents(Ssh("db"), Policy("p"))));
        Next(("a.yaml", Ssh("db")));

        Assert.Equal("", PoliciesFor("db"));
        Assert.False(_snapshot.PoliciesInvalid("acme"));
    }

    private static string Documents(params string[] documents) => string.Join("\n---\n", documents);

    private static string Policy(string name, string selector = "{}", string rule = Recorded) => PolicyYaml.Of(rule, name, selector);

    private static string Ssh(string name, string labels = "") =>
        ConnectionYaml.Of("ssh", "{ host-key: ssh-rsa AAAA }", "", name).Replace($"{{ name: {name} }}", $"{{ name: {name}, labels: {{ {labels} }} }}", StringComparison.Ordinal);

    private static Relay.Connections.Connection Connection(string name) => ConnectionYaml.Only(ResourceReader.Read("x.yaml", Ssh(name), Options));

    private void Next(params (string File, string Text)[] files) => _snapshot = _snapshot.Next(files.Select(file => ResourceReader.Read(file.File, file.Text, Options)));

    private string PoliciesFor(string connection) => PoliciesFor(_snapshot.Find("acme", connection)!.Connection);

    private string PoliciesFor(Relay.Connections.Connection connection) => string.Join(' ', _snapshot.PoliciesFor(connection).Select(policy => policy.Name));
}
