using OpenOva.Relay.Integration.Targets;
using OpenOva.Relay.Shared;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration;

/// <summary>guacd 1.6.0, by its parameters and its recorded streams.</summary>
[Trait("Kind", "Real")]
public sealed class NewerGuacdTests(ParameterWorld world) : IClassFixture<ParameterWorld>
{
    private static readonly string[] Plugins = ["ssh", "vnc", "rdp", "telnet", "kubernetes"];

    [Fact]
    public async Task Rdp_PinnedOn160_IsAVerifiedTarget()
    {
        var left = await world.VisitAsync("rdp", Newer(ParameterWorld.Picture));

        Assert.Equal("verified", left.Leaves.Of("session.opened").Data.String("target_identity"));
        Assert.Equal("VERSION_1_5_0", left.Leaves.Of("session.connected").Data.String("guacd_version"));
        Assert.Empty(left.Leaves.Of("session.connected").Data.Strings("parameters_ignored"));
        Assert.StartsWith("sha256:ab:ab:", left.User.Parameters["cert-fingerprints"], StringComparison.Ordinal);
        Assert.Equal(("VERSION_1_5_0", 89), (left.User.Parameters["VERSION_1_5_0"], left.User.Parameters.Count));
    }

    [Fact]
    public async Task Rdp_PinnedOn130_IsRefusedBeforeConnecting()
    {
        var welcomed = world.Guacd.Welcomed;
        world.Guacd.Options = new FakeGuacdOptions { Play = ParameterWorld.Picture };

        var told = await FailedOpening.OfAsync(world.Relay, ErrorReason.ConnectionMisconfigured, 10, "rdp");

        Assert.Equal("cert-fingerprints", told.Metadata["parameters"]);
        Assert.Equal(welcomed, world.Guacd.Welcomed);
    }

    [Fact]
    public async Task Kubernetes_WithCommandOn130_IsRefusedBeforeItAttachesToSomethingElse()
    {
        world.Guacd.Options = new FakeGuacdOptions { Play = ParameterWorld.Picture, Plugins = Plugins };

        var told = await FailedOpening.OfAsync(world.Relay, ErrorReason.ConnectionMisconfigured, 10, "kubernetes");

        Assert.Equal("exec-command", told.Metadata["parameters"]);
    }

    [Fact]
    public async Task Sync_OfTwoArguments_IsAnsweredByItsFirst()
    {
        var left = await world.VisitAsync(
            "ssh", Newer(FakeGuacdPlay.Script(["size", "0", "800", "600"], ["sync", "4182011", "3"])), (_, user) => user.WaitForAsync("sync"));

        Assert.Equal(["sync", "4182011"], left.User.Received.First(instruction => instruction[0] == "sync"));
        Assert.Equal("4.size,1.0,3.800,3.600;4.sync,7.4182011,1.3;", System.Text.Encoding.UTF8.GetString(left.Recorded));
    }

    [Theory]
    [InlineData("ssh", "ssh-guacd160.guac")]
    [InlineData("kubernetes", "k8s-attach-guacd160.guac")]
    public async Task Stream_Of160_IsDeliveredWholeAndRecordedLessWhatIsForOneUser(string connection, string sample)
    {
        var stream = Streams.AfterReady(await File.ReadAllBytesAsync($"testdata/{sample}", TestContext.Current.CancellationToken));

        var left = await world.VisitAsync(
            connection, Newer(FakeGuacdPlay.Replay(stream)), (tunnel, _) => Streams.UntilAsync(() => tunnel.ReceivedBytes >= stream.Length));

        Assert.Equal(stream, left.Shown[..stream.Length]);
        Assert.Equal(Streams.RecordedPart(stream), left.Recorded);
    }

    private static FakeGuacdOptions Newer(FakeGuacdPlay play) => new() { Release = FakeGuacdRelease.Guacd160, Plugins = Plugins, Play = play };
}
