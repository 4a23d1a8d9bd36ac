using Grpc.Core;
using OpenOva.Relay.Integration.Replicas;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration.Access;

// Without outside components, but each test boots the whole service.
[Trait("Kind", "Real")]
public sealed class EmbeddedAccessPathTests : AccessPathTests
{
    private protected override Task<Deployment> DeployAsync(IReadOnlyDictionary<string, string?> people) => Deployment.EmbeddedAsync(people);
}

[Trait("Kind", "Real")]
[Collection("real components")]
public sealed class DeployedAccessPathTests : AccessPathTests
{
    private protected override Task<Deployment> DeployAsync(IReadOnlyDictionary<string, string?> people) => Deployment.DeployedAsync(people);
}

/// <summary>Access that is asked for, approved by others, used in its time and cut, over gRPC, with what stands in the ledger afterwards.</summary>
public abstract class AccessPathTests
{
    private protected abstract Task<Deployment> DeployAsync(IReadOnlyDictionary<string, string?> people);

    [Fact(Timeout = 60_000)]
    public async Task Request_ApprovedOpenedAndOverrun_IsCutAndOnRecord()
    {
        await using var world = await AccessWorld.StartAsync(DeployAsync);
        Assert.Equal(ErrorReason.ApprovalRequired, await AccessWorld.RefusedAsync(() => TunnelClient.OpenAsync(world.Relay, connection: "ssh-jit")));
        var request = await world.RequestAsync(seconds: 10);
        Assert.Equal((AccessRequestState.Pending, 1), (request.State, request.ApproversNeeded));
        Assert.Equal(ErrorReason.ApprovalRequired, await AccessWorld.RefusedAsync(() => TunnelClient.OpenAsync(world.Relay, connection: "ssh-jit")));

        var approved = await world.DecideAsync(request.RequestId, comment: "go ahead");
        await using var tunnel = await TunnelClient.OpenAsync(world.Relay, connection: "ssh-jit");
        await tunnel.Started;
        await tunnel.Finished;

        Assert.Equal((AccessRequestState.Approved, "go ahead"), (approved.State, Assert.Single(approved.Decisions).Comment));
        Assert.Equal((SessionEndReason.TimeOver, 522), (tunnel.Ended!.Reason, tunnel.Ended.GuacamoleStatus));
        Assert.Equal(request.UntilUs, Assert.Single(tunnel.Notices, notice => notice.Kind == TunnelNoticeKind.TimeOver).AtUs, 600_000d);
        var session = await world.Relay.WaitForAsync(tunnel.Session, SessionState.Verified);
        Assert.Equal((request.RequestId, request.UntilUs), (session.RequestId, session.UntilUs));
        Assert.InRange(session.EndedUs, request.UntilUs - 100_000, request.UntilUs + 5_000_000);
        await Streams.UntilAsync(async () => (await ReadAsync(world, request.RequestId)).State == AccessRequestState.Expired);
        Assert.Equal(ErrorReason.ApprovalRequired, await AccessWorld.RefusedAsync(() => TunnelClient.OpenAsync(world.Relay, connection: "ssh-jit")));
        var ledger = await world.LedgerAsync();
        foreach (var type in (string[])["access.requested", "access.request-decided", "session.opened", "session.noticed", "session.ended", "access.request-closed"])
            Assert.Single(ledger, type);
        Assert.Equal(4, ledger.Count(type => type == "access.decided"));
    }

    [Fact(Timeout = 60_000)]
    public async Task Decision_OnOnesOwn_IsRefusedAlsoThroughASecondAccount()
    {
        await using var world = await AccessWorld.StartAsync(DeployAsync);
        var request = await world.RequestAsync();

        Assert.Equal(ErrorReason.NotPermitted, await AccessWorld.RefusedAsync(() => world.DecideAsync(request.RequestId, "olivia")));
        Assert.Equal(ErrorReason.OwnDoing, await AccessWorld.RefusedAsync(() => world.DecideAsync(request.RequestId, "olga")));

        Assert.Equal(AccessRequestState.Pending, (await ReadAsync(world, request.RequestId)).State);
        Assert.Single(await world.LedgerAsync(), "access.decision-refused");
    }

    [Fact(Timeout = 60_000)]
    public async Task Decision_OfTwoPersons_NeedsTwoAndNotTwoAccountsOfOne()
    {
        await using var world = await AccessWorld.StartAsync(DeployAsync, AccessWorld.Policy("two", "ssh-jit", "kind: approval-required, approvers: 2"));
        var request = await world.RequestAsync();

        Assert.Equal(AccessRequestState.Pending, (await world.DecideAsync(request.RequestId, "albert")).State);
        Assert.Equal(ErrorReason.OwnDoing, await AccessWorld.RefusedAsync(() => world.DecideAsync(request.RequestId, "albert")));
        Assert.Equal(ErrorReason.OwnDoing, await AccessWorld.RefusedAsync(() => world.DecideAsync(request.RequestId, "alba")));
        Assert.Equal(ErrorReason.ApprovalRequired, await AccessWorld.RefusedAsync(() => TunnelClient.OpenAsync(world.Relay, connection: "ssh-jit")));
        Assert.Equal(AccessRequestState.Approved, (await world.DecideAsync(request.RequestId, "abel")).State);

        await using var tunnel = await TunnelClient.OpenAsync(world.Relay, connection: "ssh-jit");
        await tunnel.Started;
    }

    [Fact(Timeout = 60_000)]
    public async Task Decision_Denied_IsFinal()
    {
        await using var world = await AccessWorld.StartAsync(DeployAsync);
        var request = await world.RequestAsync();

        Assert.Equal(ErrorReason.InvalidArgument, await AccessWorld.RefusedAsync(() => world.DecideAsync(request.RequestId, verdict: AccessRequestVerdict.Deny)));
        var denied = await world.DecideAsync(request.RequestId, verdict: AccessRequestVerdict.Deny, comment: "not now");

        Assert.Equal(AccessRequestState.Denied, denied.State);
        Assert.Equal(ErrorReason.WrongState, await AccessWorld.RefusedAsync(() => world.DecideAsync(request.RequestId, "abel")));
    }

    [Fact(Timeout = 60_000)]
    public async Task Approval_RevokedThroughAnotherReplica_EndsTheLiveSessionWithinASecond()
    {
        await using var world = await AccessWorld.StartAsync(DeployAsync);
        await using var other = await world.ReplicaAsync("b");
        var request = await world.RequestAsync();
        await world.DecideAsync(request.RequestId);
        await using var tunnel = await TunnelClient.OpenAsync(world.Relay, connection: "ssh-jit");
        await tunnel.Started;

        var revoked = (await other.Access.RevokeAsync(new() { RequestId = request.RequestId, Reason = "enough" }, await other.AsAsync("sofia"))).Request;
        await tunnel.Finished.WaitAsync(TimeSpan.FromSeconds(3), TestContext.Current.CancellationToken);

        Assert.Equal(AccessRequestState.Revoked, revoked.State);
        Assert.Equal(SessionEndReason.ApprovalRevoked, tunnel.Ended!.Reason);
        Assert.Equal(ErrorReason.ApprovalRequired, await AccessWorld.RefusedAsync(() => TunnelClient.OpenAsync(world.Relay, connection: "ssh-jit")));
        Assert.Equal(ErrorReason.WrongState, await AccessWorld.RefusedAsync(async () =>
            await other.Access.RevokeAsync(new() { RequestId = request.RequestId, Reason = "again" }, await other.AsAsync("sofia"))));
    }

    [Fact(Timeout = 60_000)]
    public async Task Extension_Approved_MovesTheEndOfTheLiveSession()
    {
        await using var world = await AccessWorld.StartAsync(DeployAsync);
        var first = await world.RequestAsync(seconds: 60);
        await world.DecideAsync(first.RequestId);
        await using var tunnel = await TunnelClient.OpenAsync(world.Relay, connection: "ssh-jit");
        await tunnel.Started;

        Assert.Equal(ErrorReason.InvalidArgument, await AccessWorld.RefusedAsync(() => world.RequestAsync(seconds: 30, extends: tunnel.Session)));
        Assert.Equal(ErrorReason.NotPermitted, await AccessWorld.RefusedAsync(() => world.RequestAsync(extends: AuthorizationCalls.Unknown)));
        Assert.Equal(ErrorReason.InvalidArgument, await AccessWorld.RefusedAsync(async () => await world.Relay.Access.RequestAsync(
            new()
            {
                Connection = "ssh-jit", Reason = "longer than the connection allows", FromUs = AccessWorld.InSeconds(86_400), UntilUs = AccessWorld.InSeconds(86_700),
                ExtendsSession = tunnel.Session,
            },
            await world.Relay.AsAsync("olivia"))));
        var extension = await world.RequestAsync(seconds: 1_200, extends: tunnel.Session);
        await world.DecideAsync(extension.RequestId, "abel");
        await Streams.UntilAsync(() => tunnel.Notices.Any(notice => notice.Kind == TunnelNoticeKind.Extended && notice.AtUs == extension.UntilUs));

        var session = (await world.Relay.Sessions.GetAsync(new() { SessionId = tunnel.Session }, await world.Relay.AsAsync("olivia"))).Session;
        Assert.Equal((extension.UntilUs, extension.RequestId), (session.UntilUs, session.RequestId));
        Assert.Single(await world.LedgerAsync(), "session.extended");
        // It rests on both approvals, whichever is taken back.
        await world.Relay.Access.RevokeAsync(new() { RequestId = first.RequestId, Reason = "forged" }, await world.Relay.AsAsync("sofia"));
        await tunnel.Finished;
        Assert.Equal(SessionEndReason.ApprovalRevoked, tunnel.Ended!.Reason);
        // What extends a session opens none.
        Assert.Equal(ErrorReason.ApprovalRequired, await AccessWorld.RefusedAsync(() => TunnelClient.OpenAsync(world.Relay, connection: "ssh-jit")));
    }

    [Fact(Timeout = 60_000)]
    public async Task Extension_BeyondWhatAPolicyAllows_IsRefusedAndTheRequestStays()
    {
        await using var world = await AccessWorld.StartAsync(DeployAsync, AccessWorld.Policy("short", "ssh-jit", "kind: max-duration, minutes: 5"));
        await world.DecideAsync((await world.RequestAsync(seconds: 1_800)).RequestId);
        await using var tunnel = await TunnelClient.OpenAsync(world.Relay, connection: "ssh-jit");
        await tunnel.Started;
        var extension = await world.RequestAsync(seconds: 2_400, extends: tunnel.Session);

        Assert.Equal(ErrorReason.WrongState, await AccessWorld.RefusedAsync(() => world.DecideAsync(extension.RequestId)));

        Assert.Equal(AccessRequestState.Pending, (await ReadAsync(world, extension.RequestId)).State);
        Assert.Null(tunnel.Ended);
    }

    [Fact(Timeout = 60_000)]
    public async Task Request_OfAnotherOrganisation_IsThereForNobody()
    {
        await using var world = await AccessWorld.StartAsync(DeployAsync);
        var request = await world.RequestAsync();

        Assert.Equal(ErrorReason.NotPermitted, await AccessWorld.RefusedAsync(() => world.RequestAsync("ssh-globex")));
        foreach (var person in (string[])["gina", "gus", "oscar"])
            Assert.Equal(ErrorReason.NotPermitted, await AccessWorld.RefusedAsync(async () =>
                await world.Relay.Access.GetAsync(new() { RequestId = request.RequestId }, await world.Relay.AsAsync(person))));
        Assert.Empty((await world.Relay.Access.ListAsync(new(), await world.Relay.AsAsync("gus"))).Requests);
        Assert.Single((await world.Relay.Access.ListAsync(new() { State = AccessRequestState.Pending }, await world.Relay.AsAsync("abel"))).Requests);
    }

    [Fact(Timeout = 60_000)]
    public async Task Watch_OfAnApprover_TellsOfEveryChange()
    {
        await using var world = await AccessWorld.StartAsync(DeployAsync);
        var before = await world.RequestAsync();
        using var watch = world.Relay.Access.Watch(new(), await world.Relay.AsAsync("abel"));
        await watch.ResponseStream.MoveNext(TestContext.Current.CancellationToken);
        Assert.Equal(before.RequestId, watch.ResponseStream.Current.Request.RequestId);

        await world.DecideAsync(before.RequestId);
        await watch.ResponseStream.MoveNext(TestContext.Current.CancellationToken);
        var decided = watch.ResponseStream.Current.Request;
        var next = await world.RequestAsync();
        await watch.ResponseStream.MoveNext(TestContext.Current.CancellationToken);

        Assert.Equal((before.RequestId, AccessRequestState.Approved), (decided.RequestId, decided.State));
        Assert.Equal((next.RequestId, AccessRequestState.Pending), (watch.ResponseStream.Current.Request.RequestId, watch.ResponseStream.Current.Request.State));
    }

    [Fact(Timeout = 60_000)]
    public async Task Openings_AtOnce_AreNotMoreThanTheLimit()
    {
        await using var world = await AccessWorld.StartAsync(DeployAsync, AccessWorld.Policy("few", "ssh-db", "kind: session-limit, perPerson: 2"));
        await using var other = await world.ReplicaAsync("b");
        var headers = await world.Relay.AsAsync("olivia");

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(async n =>
        {
            try
            {
                await (n % 2 == 0 ? world.Relay : other).Sessions.OpenAsync(new() { Connection = "ssh-db", Purpose = "a test" }, headers);
                return StatusCode.OK;
            }
            catch (RpcException refused)
            {
                return refused.StatusCode;
            }
        }));

        Assert.Equal(2, answers.Count(code => code == StatusCode.OK));
        Assert.Equal(6, answers.Count(code => code == StatusCode.ResourceExhausted));
    }

    private static async Task<AccessRequest> ReadAsync(AccessWorld world, string request) =>
        (await world.Relay.Access.GetAsync(new() { RequestId = request }, await world.Relay.AsAsync("anton"))).Request;
}
