using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using OpenOva.Relay.Connections;
using OpenOva.Relay.Connections.Kubernetes;
using OpenOva.Relay.Connections.Policies;

namespace OpenOva.Relay.Tests.Connections.Kubernetes;

/// <summary>One object of the API: what is read of it, and what is not.</summary>
[Trait("Kind", "Fast")]
public sealed class DeclaredObjectTests
{
    private static readonly ConnectionsOptions Options = new() { DefaultOrganisation = "acme", DefaultRetentionDays = 400, Kubernetes = { Namespace = "relay" } };
    private static readonly DeclaredKind Policy = DeclaredKind.All.Single(kind => kind.Kind == ResourceKind.Policy);

    [Fact]
    public void Of_TextsThatJsonEscapes_ReachTheReaderAsTheyAre()
    {
        var roles = new[] { "a\"b", "c\\d", "e/f", "g\th", "i\nj", "k: l # m", "é", "漢", "\U0001F600", "\u2028", "<&>", "'", "- n", "--- o", "{", "true", "\u0001", "\u0085", "\uFEFFp" };

        var policy = Assert.IsType<EnvironmentPolicy>(Assert.Single(Of(Shown(roles)).Read.Resources).Resource);

        Assert.Equal(roles.Order(StringComparer.Ordinal), Assert.IsType<PolicyRule.SeparationOfDuties>(policy.Rules[0]).ConflictingRoles);
    }

    [Fact]
    public void Of_LoneSurrogate_IsAFaultOfTheObject() =>
        Assert.Single(DeclaredObject.Of(Policy, JsonElement.Parse(Shown(["a"]).ToJsonString().Replace("\"a\"", "\"\\ud800\"", StringComparison.Ordinal)), null, Options).Read.Problems);

    [Fact]
    public void Of_StatusOrBookkeepingChanged_IsNotReadAgain()
    {
        var before = Of(Shown(["a"]));
        var shown = Shown(["a"]);
        shown["status"] = new JsonObject { ["digest"] = "x" };
        shown["metadata"]!["resourceVersion"] = "8";
        shown["metadata"]!["managedFields"]!.AsArray().Add(new JsonObject { ["manager"] = "relay", ["subresource"] = "status", ["time"] = "2026-04-01T00:00:00Z" });

        var after = Of(shown, before);

        Assert.Same(before.Read, after.Read);
        Assert.Equal(("8", "x"), (after.ResourceVersion, (string?)after.Status!["digest"]));
        Assert.NotSame(before.Read, Of(Shown(["b"]), before).Read);
    }

    [Fact]
    public void Of_SeveralManagers_TheNewestThatWroteTheDeclarationIsNamed()
    {
        var shown = Shown(["a"]);
        shown["metadata"]!["managedFields"] = JsonNode.Parse("""
            [{"manager":"kustomize-controller","time":"2026-03-02T00:00:00Z"},{"manager":"kubectl-edit","time":"2026-03-03T00:00:00Z"},
             {"manager":"helm","time":"2026-03-01T00:00:00Z"},{"manager":"relay","subresource":"status","time":"2026-03-04T00:00:00Z"}]
            """);

        Assert.Equal("kubectl-edit", Assert.Single(Of(shown).Read.Resources).Resource.Provenance.Manager);
    }

    [Fact]
    public void Of_ObjectTooLarge_IsAProblemOfItsKind()
    {
        var shown = Shown(["a"]);
        shown["metadata"]!["annotations"] = new JsonObject { ["note"] = new string('x', 1024 * 1024) };

        var problem = Assert.Single(Of(shown).Read.Problems);
        Assert.Equal(("relay/p: is larger than 1 MiB", ResourceKind.Policy), (problem.ToString(), problem.Kind));
    }

    [Fact]
    public void Of_ProblemOfAConnection_CountsAsNoPolicy()
    {
        var connection = DeclaredKind.All.Single(kind => kind.Kind == ResourceKind.Connection);
        var shown = JsonNode.Parse("""{"metadata":{"name":"a","namespace":"relay"},"spec":[[[[[[[[[[[[[[]]]]]]]]]]]]]]}""")!;

        Assert.Equal(ResourceKind.Connection, Assert.Single(DeclaredObject.Of(connection, JsonElement.Parse(shown.ToJsonString()), null, Options).Read.Problems).Kind);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"metadata":{}}""")]
    [InlineData("""{"metadata":{"name":7}}""")]
    public void Of_NoObjectWithAName_IsTheServersFault(string shown) =>
        Assert.Throws<KubernetesApiException>(() => DeclaredObject.Of(Policy, JsonElement.Parse(shown), null, Options));

    [Fact]
    public async Task Lines_CutOffLine_IsNone()
    {
        List<string> lines = [];
        await foreach (var line in KubernetesLines.ReadAsync(new MemoryStream("one\n\ntwo\nthr"u8.ToArray()), 100, TestContext.Current.CancellationToken))
            lines.Add(Encoding.UTF8.GetString(line));

        Assert.Equal(["one", "two"], lines);
    }

    [Fact]
    public async Task Lines_LineWithoutEnd_IsGivenUp()
    {
        var stream = new MemoryStream(Encoding.ASCII.GetBytes(new string('x', 500_000)));
        var lines = KubernetesLines.ReadAsync(stream, 100_000, TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);

        await Assert.ThrowsAsync<KubernetesApiException>(async () => await lines.MoveNextAsync());

        Assert.True(stream.Position < 250_000, $"{stream.Position} bytes were read");
        await lines.DisposeAsync();
    }

    private static DeclaredObject Of(JsonObject shown, DeclaredObject? before = null) => DeclaredObject.Of(Policy, JsonElement.Parse(shown.ToJsonString()), before, Options);

    private static JsonObject Shown(IEnumerable<string> roles) => new()
    {
        ["apiVersion"] = "catalyst.openova.io/v1alpha1",
        ["kind"] = "EnvironmentPolicy",
        ["metadata"] = new JsonObject
        {
            ["name"] = "p", ["namespace"] = "relay", ["resourceVersion"] = "7", ["generation"] = 3,
            ["managedFields"] = new JsonArray(new JsonObject { ["manager"] = "kubectl", ["time"] = "2026-03-01T00:00:00Z" }),
        },
        ["spec"] = new JsonObject
        {
            ["rules"] = new JsonArray(new JsonObject { ["kind"] = "separation-of-duties", ["conflictingRoles"] = new JsonArray([.. roles.Select(role => JsonValue.Create(role))]) }),
        },
    };
}
