using System.Diagnostics;
using System.Text.Json.Nodes;
using OpenOva.Relay.Connections;
using OpenOva.Relay.Tests.Database;

namespace OpenOva.Relay.Tests.Connections.Kubernetes;

/// <summary>Lists, watches, and all that goes wrong with them, against a server of the same protocol.</summary>
[Trait("Kind", "Fast")]
public sealed class KubernetesSourceTests() : KubernetesFixture(TestDatabaseKind.Sqlite)
{
    [Fact]
    public async Task Start_ListsOfSeveralPages_AreTakenWithTheirPoliciesAsOne()
    {
        Server.PageSize = 2;
        foreach (var name in new[] { "a", "b", "c", "d", "e" }) Server.Apply(Connections, name, Ssh());
        Server.Apply(Policies, "p", Rules());
        var replica = Start();

        Assert.Equal("added a, added b, added c, added d, added e, added p", await replica.NextAsync());
        await HealthyAsync(replica.Health);
        var connection = replica.Catalog.Snapshot.Find("acme", "e")!.Connection;
        Assert.Equal(("relay/e", "kubectl"), (connection.File, connection.Provenance.Manager));
        Assert.Equal("p", Assert.Single(replica.Catalog.Snapshot.PoliciesFor(connection)).Name);
        Assert.Equal(3, Server.Asked.Count(asked => asked.StartsWith($"GET /{Connections}?limit=250", StringComparison.Ordinal)));
    }

    // It is told of each change before the whole is said to be in use.
    private static async Task HealthyAsync(ResourceHealth health)
    {
        for (var clock = Stopwatch.StartNew(); ; await Task.Delay(10, Cancellation))
        {
            try
            {
                await health.CheckAsync(Cancellation);
                return;
            }
            catch (InvalidOperationException) when (clock.Elapsed < TimeSpan.FromSeconds(30))
            {
                // Not yet.
            }
        }
    }

    [Fact]
    public async Task Start_PoliciesNotListedYet_NothingIsTakenAndTheReplicaIsNotReady()
    {
        Server.Apply(Connections, "a", Ssh());
        Server.Refused[Policies] = 403;
        var replica = Start();

        await UntilAsync(() => !replica.Health.IsWell && Server.Asked.Any(asked => asked.Contains("watch=true", StringComparison.Ordinal)));
        Assert.Empty(replica.Catalog.Snapshot.Entries);
        await Assert.ThrowsAsync<InvalidOperationException>(() => replica.Health.CheckAsync(Cancellation));

        Server.Refused.Clear();
        Assert.Equal("added a", await replica.NextAsync());
        await UntilAsync(() => replica.Health.IsWell);
    }

    [Fact]
    public async Task Watch_ObjectsComeChangeAndGo_EachIsTaken()
    {
        Server.Apply(Connections, "a", Ssh());
        var replica = Start();
        await replica.NextAsync();

        Server.Apply(Policies, "p", Rules());
        Assert.Equal("added p", await replica.NextAsync());
        Server.Apply(Connections, "a", Ssh(2222));
        Assert.Equal("changed a", await replica.NextAsync());
        Assert.Equal(2222, replica.Catalog.Snapshot.Find("acme", "a")!.Connection.Port);
        Server.Apply(Connections, "a", Ssh(2222), new JsonObject { ["labels"] = new JsonObject { ["tier"] = "gold" } });
        Assert.Equal("relabelled a", await replica.NextAsync());
        Server.Delete(Policies, "p");
        Assert.Equal("removed p", await replica.NextAsync());
    }

    [Fact]
    public async Task Watch_ObjectInvalid_IsTakenInNoPart()
    {
        Server.Apply(Connections, "a", Ssh());
        Server.Apply(Policies, "p", Rules());
        var replica = Start();
        await replica.NextAsync();

        Server.Apply(Policies, "p", Rules("recordings-required"));
        Assert.Equal("invalid p", await replica.NextAsync());

        var snapshot = replica.Catalog.Snapshot;
        Assert.StartsWith("relay/p: spec.rules[0].kind must be one of", Assert.Single(snapshot.Problems).ToString(), StringComparison.Ordinal);
        Assert.Equal("p", Assert.Single(snapshot.PoliciesFor(snapshot.Find("acme", "a")!.Connection)).Name);
    }

    [Fact]
    public async Task Watch_EndsAfterABookmark_GoesOnFromThere()
    {
        Server.Apply(Connections, "a", Ssh());
        var replica = Start();
        await replica.NextAsync();
        await OpenedAsync(Policies);

        var version = Server.Bookmark(Policies);
        Server.EndWatches();

        Assert.Equal(version, await OpenedAsync(Policies));
    }

    [Fact]
    public async Task Watch_EndsInTheMiddleOfALine_TheLineComesAgain()
    {
        Server.Apply(Connections, "a", Ssh());
        var replica = Start();
        await replica.NextAsync();
        await OpenedAsync(Connections);

        Server.EndWatchesMidLine();
        await OpenedAsync(Connections);
        Server.Apply(Connections, "a", Ssh(2222));

        Assert.Equal("changed a", await replica.NextAsync());
        Assert.True(replica.Health.IsWell);
    }

    [Fact]
    public async Task Watch_ConnectionIsCut_NothingIsMissed()
    {
        Server.Apply(Connections, "a", Ssh());
        var replica = Start();
        await replica.NextAsync();
        await OpenedAsync(Connections);

        Server.CutWatches();
        Server.Apply(Connections, "b", Ssh());
        Server.Delete(Connections, "a");

        var seen = await replica.NextAsync();
        if (seen == "added b") seen += ", " + await replica.NextAsync();
        Assert.Equal("added b, removed a", seen);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Watch_VersionForgotten_ListsAnewAndWhatWasDeletedGoes(bool asEvent)
    {
        Server.TellsExpiredAsEvent = asEvent;
        Server.Apply(Connections, "a", Ssh());
        Server.Apply(Connections, "b", Ssh());
        var replica = Start();
        await replica.NextAsync();
        await OpenedAsync(Connections);

        // While no watch is open, a goes, and the server forgets that it went.
        Server.IsDown = true;
        Server.EndWatches();
        Server.Delete(Connections, "a");
        Server.Forget();
        Server.IsDown = false;

        Assert.Equal("removed a", await replica.NextAsync());
        Assert.NotNull(replica.Catalog.Snapshot.Find("acme", "b"));
    }

    [Fact]
    public async Task List_ForgottenBetweenPages_BeginsAnew()
    {
        Server.PageSize = 1;
        foreach (var name in new[] { "a", "b", "c" }) Server.Apply(Connections, name, Ssh());
        var forgot = false;
        Server.BetweenPages = () =>
        {
            if (!forgot) Server.Forget();
            forgot = true;
        };
        var replica = Start();

        Assert.Equal("added a, added b, added c", await replica.NextAsync());
        Assert.True(forgot);
    }

    [Fact]
    public async Task Server_Away_WhatIsInUseStaysAndIsCaughtUp()
    {
        Server.Apply(Connections, "a", Ssh());
        var replica = Start();
        await replica.NextAsync();
        await OpenedAsync(Connections);

        Server.IsDown = true;
        Server.CutWatches();
        await UntilAsync(() => !replica.Health.IsWell);
        Assert.NotNull(replica.Catalog.Snapshot.Find("acme", "a"));
        await HealthyAsync(replica.Health);

        Server.Apply(Connections, "b", Ssh());
        Server.IsDown = false;
        Assert.Equal("added b", await replica.NextAsync());
        await UntilAsync(() => replica.Health.IsWell);
    }

    [Fact]
    public async Task Server_OfAnotherAuthorityOfTheSameName_GetsNoRequest()
    {
        using var other = TestApiServer.Authority();
        var right = await File.ReadAllTextAsync(CaFile, Cancellation);
        await File.WriteAllTextAsync(CaFile, other.ExportCertificatePem(), Cancellation);
        Server.Apply(Connections, "a", Ssh());
        var replica = Start();

        await UntilAsync(() => !replica.Health.IsWell);
        Assert.Empty(Server.Asked);

        // The cluster's authorities were replaced.
        await File.WriteAllTextAsync(CaFile, right, Cancellation);
        Assert.Equal("added a", await replica.NextAsync());
    }

    [Fact]
    public async Task Token_NotAccepted_IsReadAnewOnceItIsReplaced()
    {
        Server.Token = "token-2";
        Server.Apply(Connections, "a", Ssh());
        var replica = Start();

        await UntilAsync(() => !replica.Health.IsWell);
        Assert.Empty(replica.Catalog.Snapshot.Entries);

        await File.WriteAllTextAsync(TokenFile, "token-2", Cancellation);
        Assert.Equal("added a", await replica.NextAsync());
    }

    /// <summary>The version that the next watch of a kind is opened from.</summary>
    private async Task<long> OpenedAsync(string plural)
    {
        while (true)
        {
            var (opened, from) = await BoundedAsync(Server.Opened.Reader.ReadAsync(Cancellation).AsTask());
            if (opened == plural) return from;
        }
    }
}
