using System.Diagnostics;
using System.Globalization;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using OpenOva.Relay.Guacamole;
using OpenOva.Relay.Integration.Replicas;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration.Faults;

/// <summary>What a fault was survived with. Bytes are of recorded classes.</summary>
internal sealed record FaultRow(string Fault, int Times, int Sessions, long Delivered, long Proved, long Lost, double SecondsToVerified)
{
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"| {Fault} | {Times} | {Sessions} | {Delivered} | {Proved} | {Lost} | {SecondsToVerified:0.0} |");

    /// <summary>Says the row, and appends it to the file RELAY_TEST_FAULTS_TABLE if there is one.</summary>
    public async Task NoteAsync()
    {
        TestContext.Current.TestOutputHelper?.WriteLine(ToString());
        if (Environment.GetEnvironmentVariable("RELAY_TEST_FAULTS_TABLE") is { Length: > 0 } table) await File.AppendAllTextAsync(table, this + "\n");
    }
}

/// <summary>
/// Sessions on the real back ends, guacd and SSH target, while something fails. In the end every session must be over and verified, every byte that was
/// delivered must be proved, nothing may stand twice, and the ledger must reconcile. Each row also goes to the file RELAY_TEST_FAULTS_TABLE.
/// </summary>
internal sealed class FaultBench : IAsyncDisposable
{
    private readonly Deployment _deployment;
    private readonly List<TunnelClient> _tunnels = [];
    private readonly List<(string Session, byte[] Delivered)> _ended = [];

    private FaultBench(Deployment deployment, RelayUnderTest relay) => (_deployment, Relay) = (deployment, relay);

    public RelayUnderTest Relay { get; }

    public IReadOnlyList<TunnelClient> Tunnels => _tunnels;

    /// <summary>How often a soak run repeats a fault; 1 in the suite.</summary>
    public static int Times(int inTheSuite = 1) =>
        int.TryParse(Environment.GetEnvironmentVariable("RELAY_SOAK_TIMES"), CultureInfo.InvariantCulture, out var times) ? times : inTheSuite;

    /// <summary>How often a soak run repeats one that takes many seconds.</summary>
    public static int Repeats => Math.Min(Times(), 20);

    /// <param name="configure">Changes the configuration: to stand something faulty between the service and a back end.</param>
    /// <param name="guacd">Another way to the lab's guacd.</param>
    /// <param name="services">Changes the services.</param>
    public static async Task<FaultBench> StartAsync(
        Action<Dictionary<string, string?>>? configure = null, GuacdEndpoint? guacd = null, Action<IServiceCollection>? services = null)
    {
        var lab = RealLab.OrSkip();
        var deployment = await Deployment.DeployedAsync();
        var values = lab.Values();
        values["Relay:Recordings:RetryPeriod"] = "00:00:00.500";
        values["Relay:Sessions:Lease"] = "00:00:06";
        configure?.Invoke(values);
        var relay = await RelayUnderTest.StartAsync(deployment.Replica("a", guacd ?? lab.Guacd, lab.Yaml(), values, services));
        return new FaultBench(deployment, relay);
    }

    /// <summary>Opens sessions whose target draws all the time.</summary>
    public async Task OpenAsync(int sessions)
    {
        for (var i = 0; i < sessions; i++)
        {
            var tunnel = await TunnelClient.OpenAsync(Relay);
            _tunnels.Add(tunnel);
            try
            {
                await tunnel.Started;
            }
            catch (RpcException exception)
            {
                Assert.Fail($"session {i + 1} of {sessions} did not start: {exception.Status.Detail} The service says: {Relay.Warnings}");
            }

            await tunnel.TypeAsync(RealLab.KeepsDrawing);
        }
    }

    /// <summary>Waits until each open session has drawn so much more.</summary>
    public async Task DrawAsync(int bytes, int seconds = 60)
    {
        var wanted = _tunnels.Select(t => (Tunnel: t, Length: t.ReceivedBytes + bytes)).ToList();
        try
        {
            await Streams.UntilAsync(() => wanted.All(w => w.Tunnel.ReceivedBytes >= w.Length), seconds);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail("too little was drawn: " + string.Join(
                "; ", wanted.Select(w => $"{w.Tunnel.Session} has {w.Tunnel.ReceivedBytes} of {w.Length} bytes, {w.Tunnel.DrawnFor} drawn, ended: {w.Tunnel.Ended?.Reason.ToString() ?? "no"}")));
        }
    }

    /// <summary>The persons leave those sessions that are still there.</summary>
    public async Task LeaveAsync()
    {
        foreach (var tunnel in _tunnels)
        {
            if (tunnel.Ended is null) await tunnel.LeaveAsync();
            await tunnel.Finished;
            _ended.Add((tunnel.Session, Streams.RecordedPart(tunnel.Received)));
            await tunnel.DisposeAsync();
        }

        _tunnels.Clear();
    }

    /// <summary>Waits until everything that ended is verified, and checks the promises.</summary>
    public async Task<FaultRow> SettleAsync(string fault, int times = 1, int seconds = 90)
    {
        var clock = Stopwatch.StartNew();
        var (delivered, proved, lost) = (0L, 0L, 0L);
        foreach (var (session, _) in _ended) await Relay.WaitForAsync(session, SessionState.Verified, seconds);
        var took = clock.Elapsed.TotalSeconds;
        foreach (var (session, seen) in _ended)
        {
            var raw = await Relay.RawAsync(session);
            Assert.True(raw.AsSpan().StartsWith(seen), $"{fault}: {seen.Length} bytes were delivered, {raw.Length} are recorded, and they differ");
            Assert.True((await Relay.VerifyAsync(session)).Valid, fault);
            (delivered, proved, lost) = (delivered + seen.Length, proved + raw.Length, lost + Math.Max(0, seen.Length - raw.Length));
        }

        await LedgerConsistency.CheckAsync(Relay, _ended.Count);
        var row = new FaultRow(fault, times, _ended.Count, delivered, proved, lost, took);
        await row.NoteAsync();
        return row;
    }

    /// <summary>Waits until a component's outage has begun in the ledger, where that can be written while it lasts.</summary>
    public Task OutageBeganAsync(string component) => Relay.OutageAsync("outage.began", component);

    /// <summary>Waits for an outage of a component, from beginning to end, in the ledger.</summary>
    public async Task OutageAsync(string component)
    {
        await Relay.OutageAsync("outage.ended", component);
        await OutageBeganAsync(component);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var tunnel in _tunnels) await tunnel.DisposeAsync();
        await Relay.DisposeAsync();
        await _deployment.DisposeAsync();
    }
}
