using Microsoft.Extensions.DependencyInjection;
using OpenOva.Relay.Access.Requests;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Integration.Access;
using OpenOva.Relay.ObjectStorage;
using OpenOva.Relay.Sessions;
using OpenOva.Relay.Tests.Database;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration.Replicas;

// Without outside components, but each test boots the whole service.
[Trait("Kind", "Real")]
public sealed class OnceOfTwoEmbeddedTests : OnceOfTwoTests
{
    private protected override Task<Deployment> DeployAsync(IReadOnlyDictionary<string, string?> people) => Deployment.EmbeddedAsync(people);
}

[Trait("Kind", "Real")]
[Collection("real components")]
public sealed class OnceOfTwoDeployedTests : OnceOfTwoTests
{
    private protected override Task<Deployment> DeployAsync(IReadOnlyDictionary<string, string?> people) => Deployment.DeployedAsync(people);
}

/// <summary>What every replica looks for is done by one of them, though all look at the same time.</summary>
public abstract class OnceOfTwoTests
{
    private const int Looks = 4;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private protected abstract Task<Deployment> DeployAsync(IReadOnlyDictionary<string, string?> people);

    [Fact(Timeout = 120_000)]
    public async Task AccessSweeper_OfBoth_ClosesAndRemindsOnce()
    {
        const int Requests = 5;
        var time = new ShiftedTime();
        await using var world = await AccessWorld.StartAsync(
            DeployAsync, AccessWorld.Policy("emergencies", "ssh-plain", "kind: break-glass, roles: [firecall], maxMinutes: 30"), time: time);
        await using var other = await world.ReplicaAsync("b", time);
        for (var i = 0; i < Requests; i++) await world.RequestAsync();
        await world.Relay.Sessions.OpenAsync(new() { Connection = "ssh-plain", Purpose = "a fire", BreakGlass = true }, await world.Relay.AsAsync("olivia"));

        time.Advance(TimeSpan.FromDays(5));
        await Task.WhenAll(Both(world.Relay, other).Select(relay => Task.Run(() => relay.Services.GetRequiredService<AccessSweeper>().SweepAsync(Cancellation), Cancellation)));

        var leaves = await LedgerLeaves.AllAsync(world.Relay);
        var closed = leaves.Where(leaf => leaf.Type == "access.request-closed").Select(leaf => leaf.Data.String("request")).ToList();
        Assert.Equal(Requests, closed.Count);
        Assert.Equal(Requests, closed.Distinct().Count());
        Assert.Single(leaves, leaf => leaf.Type == "emergency.overdue");
    }

    [Fact(Timeout = 120_000)]
    public async Task TicketSweeper_OfBoth_EndsEachSessionOnce()
    {
        const int Sessions = 5;
        await using var world = await AccessWorld.StartAsync(DeployAsync, values: new Dictionary<string, string?> { ["Relay:Sessions:TicketLifetime"] = "00:00:01" });
        await using var other = await world.ReplicaAsync("b");
        for (var i = 0; i < Sessions; i++) await world.Relay.Sessions.OpenAsync(new() { Connection = "ssh-db", Purpose = "a test" }, await world.Relay.AsAsync("olivia"));

        IReadOnlyList<LedgerLeaf> ended = [];
        await Streams.UntilAsync(
            async () =>
            {
                await Task.WhenAll(Both(world.Relay, other).Select(relay => Task.Run(() => relay.Services.GetRequiredService<TicketSweeper>().SweepAsync(Cancellation), Cancellation)));
                ended = [.. (await LedgerLeaves.AllAsync(world.Relay)).Where(leaf => leaf.Type == "session.ended")];
                return ended.Count >= Sessions;
            },
            60);

        Assert.Equal(Sessions, ended.Count);
        Assert.Equal(Sessions, ended.Select(leaf => leaf.Data.String("session")).Distinct().Count());
        Assert.All(ended, leaf => Assert.Equal("TICKET_EXPIRED", leaf.Data.String("reason")));
    }

    [Fact(Timeout = 120_000)]
    public async Task StoreCheck_OfBoth_IsLedgeredOnceADayUnlessItFoundSomethingElse()
    {
        await using var world = await AccessWorld.StartAsync(DeployAsync);
        await using var other = await world.ReplicaAsync("b");
        var found = Report(FindingOutcome.Holds);

        await Task.WhenAll(PublishAsync(world.Relay, found), PublishAsync(other, found));
        Assert.Single(await CheckedAsync(world.Relay));
        await PublishAsync(other, Report(FindingOutcome.Lacks));
        Assert.Equal(["holds", "lacks"], await CheckedAsync(world.Relay));
        await Task.WhenAll(PublishAsync(world.Relay, found, days: 1), PublishAsync(other, found, days: 1));
        Assert.Equal(["holds", "lacks", "holds"], await CheckedAsync(world.Relay));
        Assert.Equal(["holds", "lacks", "holds"], await CheckedAsync(world.Relay, "globex"));
    }

    private static IEnumerable<RelayUnderTest> Both(RelayUnderTest one, RelayUnderTest other) => Enumerable.Range(0, Looks).SelectMany(_ => new[] { one, other });

    private static StoreReport Report(FindingOutcome outcome) => new(
        "tried", new DateTimeOffset(2026, 6, 1, 12, 0, 0, TimeSpan.Zero).ToUnixMicroseconds(), [new("tried", "lock-compliance", outcome, true, "", "")], new(true, true, true));

    private static Task PublishAsync(RelayUnderTest relay, StoreReport report, int days = 0) => Task.WhenAll(
        relay.Services.GetServices<PublishStoreReport>().Select(publish => publish(report with { TimeUs = report.TimeUs + (days * 86_400_000_000L) }, Cancellation)));

    // The deployed store is really checked at each start, too: those are of other buckets.
    private static async Task<IReadOnlyList<string>> CheckedAsync(RelayUnderTest relay, string organisation = "acme") =>
    [
        .. (await LedgerLeaves.AllAsync(relay, organisation)).Where(leaf => leaf.Type == "store.checked")
            .Select(leaf => leaf.Data.Element.GetProperty("findings")[0]).Where(finding => finding.GetProperty("bucket").GetString() == "tried")
            .Select(finding => finding.GetProperty("outcome").GetString()!),
    ];
}
