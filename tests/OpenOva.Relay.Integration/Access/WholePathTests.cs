using OpenOva.Relay.Integration.Replicas;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration.Access;

// Without outside components, but each test boots the whole service.
[Trait("Kind", "Real")]
public sealed class EmbeddedWholePathTests : WholePathTests
{
    private protected override Task<Deployment> DeployAsync(IReadOnlyDictionary<string, string?> people) => Deployment.EmbeddedAsync(people);
}

[Trait("Kind", "Real")]
[Collection("real components")]
public sealed class DeployedWholePathTests : WholePathTests
{
    private protected override Task<Deployment> DeployAsync(IReadOnlyDictionary<string, string?> people) => Deployment.DeployedAsync(people);
}

/// <summary>Request, approval, opening, overrun, cut and review over gRPC, one after the other.</summary>
public abstract class WholePathTests
{
    private protected abstract Task<Deployment> DeployAsync(IReadOnlyDictionary<string, string?> people);

    [Fact(Timeout = 120_000)]
    public async Task Access_FromItsRequestToItsReview_IsCutWhenItsTimeIsOverAndLeavesEachStepInTheLedger()
    {
        var time = new FastTime();
        // A minute that passes at once must not take the lease with it.
        await using var world = await AccessWorld.StartAsync(
            DeployAsync, AccessWorld.Policy("emergencies", "ssh-jit", "kind: break-glass, roles: [firecall], maxMinutes: 1"),
            new Dictionary<string, string?> { ["Relay:Sessions:Lease"] = "00:05:00" }, time);
        var olivia = await world.Relay.AsAsync("olivia");

        var request = await world.RequestAsync(seconds: 60);
        Assert.Equal(ErrorReason.OwnDoing, await AccessWorld.RefusedAsync(() => world.DecideAsync(request.RequestId, "olga")));
        Assert.Equal(AccessRequestState.Approved, (await world.DecideAsync(request.RequestId)).State);
        var approved = await world.Relay.Sessions.OpenAsync(new() { Connection = "ssh-jit", Purpose = "a disk is full" }, olivia);
        Assert.Equal(request.UntilUs, approved.UntilUs);
        // Approval has no part in an emergency, which is open beside it.
        var emergency = await world.Relay.Sessions.OpenAsync(new() { Connection = "ssh-jit", Purpose = "a fire", BreakGlass = true }, olivia);

        await using var one = await TunnelClient.RedeemAsync(world.Relay, approved.TunnelTicket);
        await using var two = await TunnelClient.RedeemAsync(world.Relay, emergency.TunnelTicket);
        await Task.WhenAll(one.Started, two.Started);
        Assert.Equal(ErrorReason.WrongState, await AccessWorld.RefusedAsync(() => ReviewAsync(world, emergency.SessionId, "rita")));
        time.Advance(TimeSpan.FromSeconds(61));
        await Task.WhenAll(one.Finished, two.Finished);

        Assert.Equal((SessionEndReason.TimeOver, SessionEndReason.TimeOver), (one.Ended!.Reason, two.Ended!.Reason));
        foreach (var session in (string[])[approved.SessionId, emergency.SessionId])
        {
            await world.Relay.WaitForAsync(session, SessionState.Verified);
            Assert.True((await world.Relay.VerifyAsync(session)).Valid);
        }

        Assert.Equal(emergency.SessionId, Assert.Single((await world.Relay.Access.ListReviewsAsync(new() { Owed = true }, await world.Relay.AsAsync("sofia"))).Reviews).SessionId);
        await ReviewAsync(world, emergency.SessionId, "rita");
        await world.Relay.Access.ConfirmRotationAsync(new() { SessionId = emergency.SessionId }, await world.Relay.AsAsync("adam"));
        Assert.Empty((await world.Relay.Access.ListReviewsAsync(new() { Owed = true }, await world.Relay.AsAsync("sofia"))).Reviews);

        var ledger = await world.LedgerAsync();
        foreach (var (type, times) in new[]
        {
            ("access.requested", 1), ("access.decision-refused", 1), ("access.request-decided", 1), ("access.decided", 2), ("session.opened", 2), ("emergency.review-owed", 1),
            ("session.connected", 2), ("session.ended", 2), ("recording.sealed", 2), ("recording.verified", 2), ("emergency.reviewed", 1), ("credential.rotated", 1),
        })
            Assert.True(ledger.Count(found => found == type) == times, $"{type} stands {ledger.Count(found => found == type)} times, not {times}");
    }

    private static async Task ReviewAsync(AccessWorld world, string session, string person) =>
        await world.Relay.Access.ReviewAsync(new() { SessionId = session, Outcome = ReviewOutcome.Accepted, Comment = "there was a fire" }, await world.Relay.AsAsync(person));

    /// <summary>The system's clocks, both of them, plus what a test adds. Timers run in real time.</summary>
    private sealed class FastTime : TimeProvider
    {
        private long _shift;

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddTicks(Interlocked.Read(ref _shift));

        public override long GetTimestamp() =>
            base.GetTimestamp() + (long)(Interlocked.Read(ref _shift) * ((double)TimestampFrequency / TimeSpan.TicksPerSecond));

        public void Advance(TimeSpan by) => Interlocked.Add(ref _shift, by.Ticks);
    }
}
