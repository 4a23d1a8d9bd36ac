using System.Globalization;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using OpenOva.Relay.Evidence.Tests.Spool;
using OpenOva.Relay.Recordings;
using OpenOva.Relay.Shared;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration.Faults;

/// <summary>Promises 1 and 2 with faults under the spool: nothing unrecorded is delivered, and what is lost is bounded and declared.</summary>
[Trait("Kind", "Real")]
public sealed class SpoolFaultTests
{
    private static readonly FakeGuacdPlay Frames = new(async (user, cancellation) =>
    {
        await user.SendAsync("size", "0", "800", "600");
        for (var frame = 1; !cancellation.IsCancellationRequested; frame++)
        {
            await user.SendAsync("rect", "0", $"{frame % 800}", "0", "10", "10");
            await user.SendAsync("cfill", "14", "0", "1", "2", "3", "255");
            await user.SendAsync("sync", frame.ToString(CultureInfo.InvariantCulture));
            await Task.Delay(5, cancellation);
        }
    });

    [Fact(Timeout = 60_000)]
    public async Task Disk_Full_EndsTheSessionAndNothingUnrecordedWasDelivered()
    {
        var disk = new FaultySpoolFolder { Room = 60_000 };
        await using var guacd = FakeGuacd.Start(new FakeGuacdOptions { Play = Frames });
        await using var relay = await StartAsync(guacd, disk);
        await using var tunnel = await TunnelClient.OpenAsync(relay);
        await tunnel.Started;
        await tunnel.Finished;

        Assert.Equal(SessionEndReason.RecorderFailed, tunnel.Ended!.Reason);
        var session = await relay.WaitForAsync(tunnel.Session, SessionState.Verified);
        var delivered = Streams.RecordedPart(tunnel.Received);
        var raw = await relay.RawAsync(tunnel.Session);
        Assert.True(delivered.Length > 5_000);
        Assert.Equal(raw, delivered);
        Assert.True(session.Recovered);
        Assert.Contains("5.error,", System.Text.Encoding.UTF8.GetString(tunnel.Received), StringComparison.Ordinal);
        Assert.Equal("recorder-failed", (await relay.ManifestAsync(tunnel.Session))["recovered"]!["reason"]!.GetValue<string>());
    }

    [Fact(Timeout = 60_000)]
    public async Task Sync_FailingOnce_EndsEverySessionAndRefusesNewOnes()
    {
        var disk = new FaultySpoolFolder();
        await using var guacd = FakeGuacd.Start(new FakeGuacdOptions { Play = Frames });
        await using var relay = await StartAsync(guacd, disk);
        await using var tunnel = await TunnelClient.OpenAsync(relay);
        await tunnel.Started;
        disk.FailingSyncs = 1;
        await tunnel.Finished;

        Assert.Equal(SessionEndReason.RecorderFailed, tunnel.Ended!.Reason);
        var refused = await Assert.ThrowsAsync<RpcException>(() => TunnelClient.OpenAsync(relay));
        Assert.Equal(StatusCode.Unavailable, refused.StatusCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task Power_Lost_LosesAtMostASecondAndSaysSo()
    {
        var disk = new FaultySpoolFolder();
        await using var guacd = FakeGuacd.Start(new FakeGuacdOptions { Play = Frames });
        await using var relay = await StartAsync(guacd, disk);
        await using var tunnel = await TunnelClient.OpenAsync(relay);
        await tunnel.Started;
        var session = tunnel.Session;
        await Task.Delay(1_500, TestContext.Current.CancellationToken);
        // What was delivered a second before the moment of the loss must survive it.
        var before = tunnel.Received;
        await Task.Delay(1_100, TestContext.Current.CancellationToken);
        var after = disk.AfterPowerLoss();
        var folder = relay.CopyFolder();
        var delivered = Streams.RecordedPart(before);
        var lastFrame = Frame(before);

        await using var again = await StartAsync(guacd, after, folder);
        var found = await again.WaitForAsync(session, SessionState.Verified);
        var raw = await again.RawAsync(session);
        var manifest = await again.ManifestAsync(session);
        Assert.True(found.Recovered);
        Assert.Equal("power-lost", manifest["recovered"]!["bound"]!.GetValue<string>());
        Assert.True(raw.AsSpan().StartsWith(delivered), $"{delivered.Length} bytes were delivered a second before the loss, {raw.Length} are recorded");
        Assert.True(Frame(raw) >= lastFrame);
        Assert.True((await again.VerifyAsync(session)).Valid);
    }

    private static Task<RelayUnderTest> StartAsync(FakeGuacd guacd, FaultySpoolFolder disk, string? folder = null) => RelayUnderTest.StartAsync(new RelaySetup
    {
        Guacd = guacd.Endpoint,
        Folder = folder,
        Values = new Dictionary<string, string?> { ["Relay:Recordings:MinimumFreeBytes"] = "0" },
        Services = services => services.AddSingleton(p => new SpoolIntake(disk, p.GetRequiredService<TimeProvider>(), NullLogger<SpoolIntake>.Instance)),
    });

    // The number of the last frame, which is its sync's timestamp.
    private static long Frame(byte[] stream)
    {
        var text = System.Text.Encoding.UTF8.GetString(stream);
        var at = text.LastIndexOf("4.sync,", StringComparison.Ordinal);
        at = text.IndexOf('.', at + 6) + 1;
        return long.Parse(text[at..text.IndexOf(';', at)], CultureInfo.InvariantCulture);
    }
}
