using System.Text.Json.Nodes;
using OpenOva.Relay.Tests.Database;

namespace OpenOva.Relay.Tests.Connections.Kubernetes;

[Trait("Kind", "Fast")]
public sealed class ResourceStatusOnSqliteTests() : ResourceStatusTests(TestDatabaseKind.Sqlite);

[Trait("Kind", "Real")]
public sealed class ResourceStatusOnPostgresTests() : ResourceStatusTests(TestDatabaseKind.Postgres);

/// <summary>What stands in a resource's status, who writes it, and how often.</summary>
public abstract class ResourceStatusTests(TestDatabaseKind kind) : KubernetesFixture(kind)
{
    [Fact]
    public async Task Status_OfAGoodObject_SaysSoOnceWithTheDigestInUse()
    {
        Server.Apply(Connections, "a", Ssh());
        var replica = Start();

        var (name, status) = await PatchedAsync();
        Assert.Equal($"{Connections}/a", name);
        Assert.Equal(replica.Catalog.Snapshot.Find("acme", "a")!.Connection.Digest, (string?)status["digest"]);
        var condition = Assert.Single(status["conditions"]!.AsArray())!;
        Assert.Equal(
            ("Accepted", "True", "Read", 1L),
            ((string?)condition["type"], (string?)condition["status"], (string?)condition["reason"], (long)condition["observedGeneration"]!));
        Assert.Matches("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$", (string?)condition["lastTransitionTime"]);

        // What we wrote comes back as a change; the next patch is for the next object, not for the same again.
        Server.Apply(Connections, "b", Ssh());
        Assert.Equal($"{Connections}/b", (await PatchedAsync()).Name);
        Server.Apply(Policies, "p", Rules());
        Assert.Equal($"{Policies}/p", (await PatchedAsync()).Name);
        Assert.Equal(3, Server.Asked.Count(asked => asked.StartsWith("PATCH", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Status_ObjectBecomesInvalidAndGoodAgain_FollowsAndKeepsTheDigestInUse()
    {
        Server.Apply(Policies, "p", Rules());
        Start();
        var good = (await PatchedAsync()).Status;

        Server.Apply(Policies, "p", Rules("recordings-required"));
        var invalid = (await PatchedAsync()).Status;
        Assert.Equal((string?)good["digest"], (string?)invalid["digest"]);
        var condition = Assert.Single(invalid["conditions"]!.AsArray())!;
        Assert.Equal(("False", "Invalid", 2L), ((string?)condition["status"], (string?)condition["reason"], (long)condition["observedGeneration"]!));
        Assert.StartsWith("spec.rules[0].kind must be one of", (string?)condition["message"], StringComparison.Ordinal);
        Assert.EndsWith("The last good version stays in use.", (string?)condition["message"], StringComparison.Ordinal);

        Server.Apply(Policies, "p", Rules());
        condition = Assert.Single((await PatchedAsync()).Status["conditions"]!.AsArray())!;
        Assert.Equal(("True", 3L), ((string?)condition["status"], (long)condition["observedGeneration"]!));
    }

    [Fact]
    public async Task Status_NeverGood_HasNoDigest()
    {
        Server.Apply(Policies, "p", Rules("recordings-required"));
        Start();

        var status = (await PatchedAsync()).Status;
        Assert.True(status.ContainsKey("digest"));
        Assert.Null(status["digest"]);
        Assert.EndsWith("Nothing of it is in use.", (string?)status["conditions"]![0]!["message"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_RestartAndSeveralReplicas_WriteNothingAgain()
    {
        Server.Apply(Connections, "a", Ssh());
        var one = Start("one");
        var two = Start("two");
        await one.NextAsync();
        await two.NextAsync();
        await PatchedAsync();
        await Start("three").NextAsync();

        // Both of the first two have seen b before the patch of it can be written; one of them writes it.
        Server.Apply(Connections, "b", Ssh());
        await one.NextAsync();
        await two.NextAsync();
        await PatchedAsync();
        Server.Apply(Connections, "c", Ssh());
        await PatchedAsync();

        Assert.Equal(3, Server.Asked.Count(asked => asked.StartsWith("PATCH", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Status_ConditionsOfOthers_StayAndOursKeepsItsTime()
    {
        Server.Apply(Connections, "a", Ssh());
        Start();
        var first = (await PatchedAsync()).Status;
        Server.AddCondition(Connections, "a", JsonNode.Parse("""{"type":"Reviewed","status":"True","reason":"x","message":"","lastTransitionTime":"2026-01-01T00:00:00Z"}""")!.AsObject());
        Server.SetTransition(Connections, "a", "2026-01-02T00:00:00Z");

        Server.Apply(Connections, "a", Ssh(2222));

        var second = (await PatchedAsync()).Status;
        Assert.NotEqual((string?)first["digest"], (string?)second["digest"]);
        Assert.Equal(["Reviewed 2026-01-01T00:00:00Z", "Accepted 2026-01-02T00:00:00Z"], second["conditions"]!.AsArray().Select(condition => $"{condition!["type"]} {condition["lastTransitionTime"]}"));
    }

    [Fact]
    public async Task Status_NotPermitted_HoldsNothingUp()
    {
        Server.PatchesRefused = 403;
        Server.Apply(Connections, "a", Ssh());
        var replica = Start();
        await replica.NextAsync();
        Server.Apply(Connections, "a", Ssh(2222));
        Assert.Equal("changed a", await replica.NextAsync());
        Server.PatchesRefused = null;
        Server.Apply(Connections, "a", Ssh(2223));

        Assert.Equal(3L, (long)(await PatchedAsync()).Status["conditions"]![0]!["observedGeneration"]!);
    }

    private async Task<(string Name, JsonObject Status)> PatchedAsync() => await BoundedAsync(Server.Patched.Reader.ReadAsync(Cancellation).AsTask());
}
