using Grpc.Core;
using OpenOva.Relay.Integration.Replicas;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration.Faults;

/// <summary>Promise 2, "process killed: no delivered byte lost", on a real guacd and a real SSH target.</summary>
[Trait("Kind", "Real")]
[Collection("real components")]
public sealed class KillTests
{
    [Fact(Timeout = 3_600_000)]
    public async Task Relay_KilledInMidSession_RecoversEveryRecordedByteThatWasDelivered()
    {
        var lab = RealLab.OrSkip();
        using var folder = new TemporaryFolder();
        await KillAsync("embedded", new RelaySetup { Guacd = lab.Guacd, Connections = lab.Yaml(), Values = lab.Values(), Folder = folder.Path }, FaultBench.Times(6));
    }

    [Fact(Timeout = 3_600_000)]
    public async Task Relay_KilledInMidSessionOnTheRealBackEnds_RecoversEveryRecordedByteThatWasDelivered()
    {
        var lab = RealLab.OrSkip();
        await using var deployment = await Deployment.DeployedAsync();
        await KillAsync("real", deployment.Replica("a", lab.Guacd, lab.Yaml(), lab.Values()), FaultBench.Times(4));
    }

    private static async Task KillAsync(string backEnds, RelaySetup setup, int kills)
    {
        var (deliveredBytes, provedBytes) = (0L, 0L);
        var slowest = TimeSpan.Zero;
        var relay = await RelayProcess.StartAsync(setup);
        try
        {
            for (var kill = 0; kill < kills; kill++)
            {
                var (session, delivered) = await ReceiveUntilKilledAsync(relay, kill);
                await relay.DisposeAsync();
                var clock = System.Diagnostics.Stopwatch.StartNew();
                relay = await RelayProcess.StartAsync(setup);
                var found = await relay.WaitForAsync(session, SessionState.Verified, 60);

                if (clock.Elapsed > slowest) slowest = clock.Elapsed;
                Assert.True(found.Recovered);
                Assert.Equal(SessionEndReason.ReplicaLost, found.EndReason);
                var raw = await relay.RawAsync(session);
                var expected = Streams.RecordedPart(delivered);
                Assert.True(expected.Length > 10_000, $"kill {kill}: only {expected.Length} bytes were delivered");
                Assert.True(raw.AsSpan().StartsWith(expected), $"kill {kill}: {expected.Length} bytes were delivered, {raw.Length} are recorded, and they differ");
                var manifest = await relay.ManifestAsync(session);
                Assert.Equal("process-killed", manifest["recovered"]!["bound"]!.GetValue<string>());
                Assert.True((await relay.VerifyAsync(session)).Valid);
                (deliveredBytes, provedBytes) = (deliveredBytes + expected.Length, provedBytes + raw.Length);
            }
        }
        finally
        {
            await relay.DisposeAsync();
        }

        // Once more, in this process: its ledger can be read as it is hashed.
        await using (var last = await RelayUnderTest.StartAsync(setup)) await LedgerConsistency.CheckAsync(last, kills);
        await new FaultRow($"kill -9, {backEnds} back ends (seconds: the slowest, restart included)", kills, kills, deliveredBytes, provedBytes, 0, slowest.TotalSeconds).NoteAsync();
    }

    private static async Task<(string Session, byte[] Delivered)> ReceiveUntilKilledAsync(RelayProcess relay, int kill)
    {
        var tunnel = await TunnelClient.OpenAsync(relay);
        await tunnel.Started;
        await tunnel.TypeAsync("while :; do ls -la /usr/bin; done\n");
        // A different moment each time, somewhere within the flood of frames.
        await Streams.UntilAsync(() => tunnel.ReceivedBytes > 60_000 + kill % 20 * 37_000, 60);
        await relay.KillAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => tunnel.Finished);
        var delivered = tunnel.Received;
        await tunnel.DisposeAsync();
        return (tunnel.Session, delivered);
    }
}
