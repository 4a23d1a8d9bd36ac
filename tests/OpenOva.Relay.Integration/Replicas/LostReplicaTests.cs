using OpenOva.Relay.Integration.Faults;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration.Replicas;

/// <summary>Promise 2, "node and its disk lost", and what happens when it was not lost after all: processes on the real back ends, guacd and SSH target.</summary>
[Trait("Kind", "Real")]
[Collection("real components")]
public sealed class LostReplicaTests
{
    [Fact(Timeout = 180_000)]
    public async Task Replica_KilledForGood_IsFinishedByTheOtherAndSupplementedIfItComesBack()
    {
        var lab = RealLab.OrSkip();
        await using var deployment = await Deployment.DeployedAsync();
        var setups = new[] { "a", "b" }.ToDictionary(name => name, name => deployment.Replica(name, lab.Guacd, lab.Yaml(), lab.Values()));
        await using var b = await RelayProcess.StartAsync(setups["b"]);
        var a = await RelayProcess.StartAsync(setups["a"]);
        string session;
        byte[] delivered;
        await using (var tunnel = await FloodAsync(a))
        {
            session = tunnel.Session;
            await Streams.UntilAsync(() => tunnel.DrawnFor > TimeSpan.FromSeconds(8), 60);
            await a.KillAsync();
            await Assert.ThrowsAnyAsync<Exception>(() => tunnel.Finished);
            delivered = Streams.RecordedPart(tunnel.Received);
        }

        var clock = System.Diagnostics.Stopwatch.StartNew();
        await a.DisposeAsync();
        var found = await b.WaitForAsync(session, SessionState.Verified, 60);
        var took = clock.Elapsed.TotalSeconds;
        var first = await b.RawAsync(session);
        var firstManifest = await b.ManifestAsync(session);
        Assert.True(found.Recovered);
        Assert.Equal(SessionEndReason.ReplicaLost, found.EndReason);
        Assert.True(first.Length > 10_000, $"{first.Length} bytes were in the store");
        Assert.True(delivered.AsSpan().StartsWith(first) || first.AsSpan().StartsWith(delivered));
        Assert.Equal("disk-lost", firstManifest["recovered"]!["bound"]!.GetValue<string>());
        Assert.Empty(firstManifest["gaps"]!.AsArray());
        Assert.True((await b.VerifyAsync(session)).Valid);

        // The disk was not lost: the replica comes back with all that was delivered.
        await using var again = await RelayProcess.StartAsync(setups["a"]);
        await Streams.UntilAsync(async () => (await b.Sessions.GetAsync(new() { SessionId = session }, await b.AsAsync("anton"))).Session.RecordedBytes > first.Length, 60);
        await Streams.UntilAsync(async () => (await b.VerifyAsync(session)).Valid, 60);
        var all = await b.RawAsync(session);
        var manifest = await b.ManifestAsync(session);
        Assert.True(all.AsSpan().StartsWith(delivered), $"{delivered.Length} bytes were delivered, {all.Length} are recorded, and they differ");
        Assert.True(all.AsSpan().StartsWith(first));
        Assert.Equal("process-killed", manifest["recovered"]!["bound"]!.GetValue<string>());
        Assert.Single(manifest["supplements"]!.AsArray());
        await new FaultRow($"replica killed: {first.Length} bytes sealed by the other, all after its return", 1, 1, delivered.Length, all.Length, 0, took).NoteAsync();
    }

    [Fact(Timeout = 3_600_000)]
    public async Task Replica_PausedPastItsLease_FindsItsSessionsOver()
    {
        var lab = RealLab.OrSkip();
        await using var deployment = await Deployment.DeployedAsync();
        await using var b = await RelayProcess.StartAsync(deployment.Replica("b", lab.Guacd, lab.Yaml(), lab.Values()));
        await using var a = await RelayProcess.StartAsync(deployment.Replica("a", lab.Guacd, lab.Yaml(), lab.Values()));
        var (delivered, proved, slowest) = (0L, 0L, 0.0);
        for (var pause = 0; pause < FaultBench.Repeats; pause++)
        {
            var (seen, all, took) = await PauseAsync(a, b);
            (delivered, proved, slowest) = (delivered + seen, proved + all, Math.Max(slowest, took));
        }

        await new FaultRow("replica paused past its lease and resumed", FaultBench.Repeats, FaultBench.Repeats, delivered, proved, 0, slowest).NoteAsync();
        await using var next = await TunnelClient.OpenAsync(a);
        await next.Started;
    }

    private static async Task<(long Delivered, long Proved, double Seconds)> PauseAsync(RelayProcess a, RelayProcess b)
    {
        await using var tunnel = await FloodAsync(a);
        await Streams.UntilAsync(() => tunnel.DrawnFor > TimeSpan.FromSeconds(8), 60);

        await a.SignalAsync("STOP");
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var taken = await b.WaitForAsync(tunnel.Session, SessionState.Verified, 60);
        var took = clock.Elapsed.TotalSeconds;
        var first = await b.RawAsync(tunnel.Session);
        await a.SignalAsync("CONT");
        await tunnel.Finished;

        Assert.Equal(SessionEndReason.ReplicaLost, taken.EndReason);
        Assert.Equal(SessionEndReason.ReplicaLost, tunnel.Ended!.Reason);
        var delivered = Streams.RecordedPart(tunnel.Received);
        await Streams.UntilAsync(async () => (await b.Sessions.GetAsync(new() { SessionId = tunnel.Session }, await b.AsAsync("anton"))).Session.RecordedBytes >= delivered.Length, 60);
        await Streams.UntilAsync(async () => (await b.VerifyAsync(tunnel.Session)).Valid, 60);
        var all = await b.RawAsync(tunnel.Session);
        // guacd was drained after the person had been cut off, so there is more than he saw.
        Assert.True(all.AsSpan().StartsWith(delivered), $"{delivered.Length} bytes were delivered, {all.Length} are recorded, and they differ");
        Assert.True(all.AsSpan().StartsWith(first));
        return (delivered.Length, all.Length, took);
    }

    private static async Task<TunnelClient> FloodAsync(RelayProcess relay)
    {
        var tunnel = await TunnelClient.OpenAsync(relay);
        await tunnel.Started;
        await tunnel.TypeAsync(RealLab.KeepsDrawing);
        return tunnel;
    }
}
