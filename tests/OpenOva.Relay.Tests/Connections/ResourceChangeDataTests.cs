using OpenOva.Relay.Connections;

namespace OpenOva.Relay.Tests.Connections;

[Trait("Kind", "Fast")]
public sealed class ResourceChangeDataTests
{
    private static readonly ConnectionsOptions Options = new() { Folder = "/connections", DefaultOrganisation = "acme", DefaultRetentionDays = 400 };

    [Fact]
    public void Data_OfAConnection_HoldsWhatGuardsItAndNothingOfTheTarget()
    {
        var data = ResourceChangeData.Of(Added(ConnectionYaml.Ssh), "folder");

        Assert.Equal(
            """{"recording_required":true,"retention_days":90,"required_approvers":["lead"],"audience_roles":["dba","sre"],"channels":{"clipboard_in":false,"clipboard_out":false,"file_upload":false,"file_download":false,"printing":false,"audio_out":true,"audio_in":false},"labels":{"catalyst.openova.io/organization":"globex"}}""",
            data["guard"]!.ToJsonString());
        var text = data.ToJsonString();
        Assert.DoesNotContain("db.core.svc", text, StringComparison.Ordinal);
        Assert.DoesNotContain("RELAY_SECRET", text, StringComparison.Ordinal);
        Assert.Equal(
            ["change", "connection", "digest", "guard", "previous_digest", "problem", "source", "target_identity"],
            data.Select(entry => entry.Key).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Data_OfAPolicy_HoldsAllThatItSaysUnderTheDigestOfIt()
    {
        var data = ResourceChangeData.Of(Added(PolicyYaml.Full), "folder");

        Assert.Equal(ConnectionDigest.Of(data["specification"]!.AsObject()), data["digest"]!.GetValue<string>());
        Assert.Equal(10, data["specification"]!["rules"]!.AsArray().Count);
        Assert.Equal("production", data["policy"]!.GetValue<string>());
        Assert.DoesNotContain("guard", data.Select(entry => entry.Key));
    }

    [Fact]
    public void Data_OfAnInvalidDocument_HoldsPlaceAndFieldButNoValue()
    {
        var problem = new ResourceProblem("a.yaml", 3, 5, "spec.parameters.password", "is a secret: move it to spec.secretRef", ResourceKind.Connection, "acme", "a");

        var data = ResourceChangeData.Of(ResourceChange.Of(ResourceChangeKind.Invalid, problem.Key!.Value, null, null, problem), "kubernetes");

        Assert.Equal(
            """{"file":"a.yaml","line":3,"field":"spec.parameters.password","message":"is a secret: move it to spec.secretRef"}""", data["problem"]!.ToJsonString());
        Assert.Equal("invalid", data["change"]!.GetValue<string>());
        Assert.Null(data["guard"]);
        Assert.Equal("""{"kind":"kubernetes","actor":null,"commit":null,"ticket":null,"approved_by":null,"manager":null}""", data["source"]!.ToJsonString());
    }

    [Theory]
    [InlineData("annotations: { catalyst.openova.io/actor: ada, catalyst.openova.io/commit: abc1, catalyst.openova.io/ticket: CHG-7, catalyst.openova.io/approved-by: grace }", "ada abc1 CHG-7 grace")]
    [InlineData("annotations: { other: 1 }", "- - - -")]
    [InlineData("annotations: {}", "- - - -")]
    [InlineData("annotations: { catalyst.openova.io/actor: \"  \\n \" }", "- - - -")]
    [InlineData("annotations: { catalyst.openova.io/actor: \"a\\tb\\u202Ec\" }", "a b c - - -")]
    [InlineData("labels: { kustomize.toolkit.fluxcd.io/name: relay, kustomize.toolkit.fluxcd.io/namespace: flux-system }", "flux/flux-system/relay - - -")]
    [InlineData("annotations: { argocd.argoproj.io/tracking-id: \"relay:catalyst.openova.io/EnvironmentPolicy:relay/p\" }", "argocd/relay - - -")]
    [InlineData("annotations: { argocd.argoproj.io/tracking-id: \"relay:x/y:z\", catalyst.openova.io/actor: ada }", "ada - - -")]
    [InlineData("annotations: { config.kubernetes.io/origin: \"path: p.yaml\\nref: 1f2e3d\\nrepo: https://git.example/x\\n\" }", "- 1f2e3d - -")]
    public void Provenance_OfAnnotations_IsWhatTheySay(string metadata, string expected)
    {
        var (actor, commit, ticket, approver, _) = Read(PolicyYaml.Of("{ kind: recording-required }").Replace("{ name: p }", $"{{ name: p, {metadata} }}", StringComparison.Ordinal)).Provenance;

        Assert.Equal(expected, string.Join(' ', new[] { actor, commit, ticket, approver }.Select(text => text ?? "-")));
    }

    [Fact]
    public void Provenance_LongText_IsCutBetweenCharacters()
    {
        Assert.Equal(128, Provenance.Printable(new string('a', 500))!.Length);
        Assert.Equal(new string('a', 127), Provenance.Printable(new string('a', 127) + "\U0001F600 and more"));
    }

    [Fact]
    public void Provenance_IsNoPartOfTheDigest()
    {
        var plain = PolicyYaml.Of("{ kind: recording-required }");

        Assert.Equal(Read(plain).Digest, Read(plain.Replace("{ name: p }", "{ name: p, annotations: { catalyst.openova.io/actor: ada } }", StringComparison.Ordinal)).Digest);
    }

    private static ResourceChange Added(string yaml)
    {
        var resource = Read(yaml);
        return ResourceChange.Of(ResourceChangeKind.Added, resource.Key, resource, null);
    }

    private static DeclaredResource Read(string yaml) => Assert.Single(ResourceReader.Read("p.yaml", yaml, Options).Resources).Resource;
}
