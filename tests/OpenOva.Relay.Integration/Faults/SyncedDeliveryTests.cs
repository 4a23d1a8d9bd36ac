using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using OpenOva.Relay.Evidence.Tests.Spool;
using OpenOva.Relay.Recordings;
using OpenOva.Relay.Shared;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration.Faults;

/// <summary>An emergency's output is handed over when it is on the disk, not when it is written: what was delivered survives the loss of power to the last byte.</summary>
[Trait("Kind", "Real")]
public sealed class SyncedDeliveryTests
{
    private const string Emergencies =
        """
        apiVersion: catalyst.openova.io/v1alpha1
        kind: EnvironmentPolicy
        metadata:
          name: emergencies
          labels:
            catalyst.openova.io/organization: acme
        spec:
          selector: {connections: [ssh-db]}
          rules:
          - {kind: break-glass, roles: [db], maxMinutes: 30}
        """;

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

    [Fact(Timeout = 120_000)]
    public async Task Emergency_WhileNothingIsSynced_IsHandedNothingThatPowerLossWouldTake()
    {
        var disk = new FaultySpoolFolder();
        await using var guacd = FakeGuacd.Start(new FakeGuacdOptions { Play = Frames });
        await using var relay = await StartAsync(guacd, disk);
        var opened = await relay.Sessions.OpenAsync(new() { Connection = "ssh-db", Purpose = "a fire", BreakGlass = true }, await relay.AsAsync("olivia"));
        await using var emergency = await TunnelClient.RedeemAsync(relay, opened.TunnelTicket);
        await using var ordinary = await TunnelClient.OpenAsync(relay);
        await Task.WhenAll(emergency.Started, ordinary.Started);
        using var release = new ManualResetEventSlim();
        using var held = new ManualResetEventSlim();
        disk.DuringSync = () =>
        {
            held.Set();
            release.Wait(TimeSpan.FromSeconds(60));
        };
        FaultySpoolFolder after;
        string folder;
        byte[] delivered, ordinarily;
        try
        {
            Assert.True(held.Wait(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
            // The ordinary session goes on, written and not synced: it shows that nothing else holds the emergency up.
            var before = ordinary.ReceivedBytes;
            await Streams.UntilAsync(() => ordinary.ReceivedBytes > before + 4_000, 30);
            (delivered, ordinarily) = (Streams.RecordedPart(emergency.Received), Streams.RecordedPart(ordinary.Received));
            after = disk.AfterPowerLoss();
            folder = relay.CopyFolder();
        }
        finally
        {
            disk.DuringSync = null;
            release.Set();
        }

        await using var again = await StartAsync(guacd, after, folder);
        await again.WaitForAsync(emergency.Session, SessionState.Verified);
        await again.WaitForAsync(ordinary.Session, SessionState.Verified);
        var (raw, rawOrdinary) = (await again.RawAsync(emergency.Session), await again.RawAsync(ordinary.Session));
        Assert.True(delivered.Length > 0 && raw.AsSpan().StartsWith(delivered), $"{delivered.Length} bytes were delivered, {raw.Length} are on the disk");
        Assert.True(rawOrdinary.Length < ordinarily.Length, "the syncs were not held: the test shows nothing");
    }

    private static Task<RelayUnderTest> StartAsync(FakeGuacd guacd, FaultySpoolFolder disk, string? folder = null) => RelayUnderTest.StartAsync(new RelaySetup
    {
        Guacd = guacd.Endpoint,
        Folder = folder,
        Connections = $"{RelayUnderTest.SshYaml()}\n---\n{Emergencies}",
        Values = new Dictionary<string, string?> { ["Relay:Recordings:MinimumFreeBytes"] = "0" },
        Services = services => services.AddSingleton(p => new SpoolIntake(disk, p.GetRequiredService<TimeProvider>(), NullLogger<SpoolIntake>.Instance)),
    });
}
