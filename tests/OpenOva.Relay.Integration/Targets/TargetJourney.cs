using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration.Targets;

/// <summary>What a person does on a target: opens it, sees it, types, leaves; and what is left of it.</summary>
internal static class TargetJourney
{
    /// <summary>The whole way, through to the verified recording. The typed command must have left its trace in the home of the target.</summary>
    /// <param name="setup">The service.</param>
    /// <param name="connection">What is opened.</param>
    /// <param name="home">Where the trace is looked for.</param>
    /// <param name="ready">Completes when the target takes what is typed; null: at once.</param>
    public static async Task<IReadOnlyList<LedgerLeaf>> GoAsync(RelaySetup setup, string connection, string home, Func<Task>? ready = null)
    {
        await using var relay = await RelayUnderTest.StartAsync(setup);
        await using var tunnel = await TunnelClient.OpenAsync(relay, connection: connection);
        await tunnel.Started;
        if (ready is not null) await ready();
        await TypeUntilSeenAsync(tunnel, home);
        await tunnel.LeaveAsync();
        await tunnel.Finished;
        Assert.Equal(SessionEndReason.ClientLeft, tunnel.Ended!.Reason);

        await relay.WaitForAsync(tunnel.Session, SessionState.Verified);
        Assert.True((await relay.VerifyAsync(tunnel.Session)).Valid);
        // What came after he left is recorded, and he did not see it.
        var shown = Streams.RecordedPart(tunnel.Received);
        Assert.True(shown.Length > 0 && (await relay.RawAsync(tunnel.Session)).AsSpan().StartsWith(shown), "the recording is not what was shown");
        var leaves = await LedgerLeaves.OfSessionAsync(relay, tunnel.Session);
        Assert.Contains(leaves, leaf => leaf.Type == LedgerEventTypes.RecordingSealed);
        return leaves;
    }

    /// <summary>The data of the session's event of that type.</summary>
    public static LedgerLeaf Of(this IReadOnlyList<LedgerLeaf> leaves, string type) => leaves.Single(leaf => leaf.Type == type);

    // A desktop shows its first frame before it has a terminal under the pointer: what was typed into nothing is typed again.
    private static async Task TypeUntilSeenAsync(TunnelClient tunnel, string home)
    {
        var trace = Path.Combine(home, $"trace-{Guid.NewGuid():N}");
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        for (var beat = 0; !File.Exists(trace); beat++)
        {
            if (beat % 50 == 0) await tunnel.TypeAsync($"\ntouch ~/{Path.GetFileName(trace)}\n");
            await Task.Delay(100, patience.Token);
        }
    }
}
