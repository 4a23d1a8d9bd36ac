using Microsoft.Extensions.DependencyInjection;
using OpenOva.Relay.Access;
using OpenOva.Relay.Database;
using OpenOva.Relay.Integration.Replicas;
using OpenOva.Relay.Tests.Database;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration.Access;

/// <summary>
/// What policies refuse at the service's door, each with its own reason; and what the ledger makes of it years later. Without outside components, but each test boots
/// the whole service.
/// </summary>
[Trait("Kind", "Real")]
public sealed class RefusalTests
{
    private const string TwoApprovals = """
        "approvals":[{"roles":["db-approver"]},{"roles":["db-approver"]}]
        """;
    private const string OneApproval = """
        "approvals":[{"roles":["db-approver"]}]
        """;
    private const string Mfa = "kind: mfa-required, mapping: {version: v1, acr: [\"1\"]}, maxAgeMinutes: 1";

    [Theory(Timeout = 60_000)]
    [InlineData("kind: change-window, windows: [{cron: \"0 0 29 2 *\", durationMinutes: 1, timeZone: Europe/Berlin}]", ErrorReason.OutsideChangeWindow)]
    [InlineData("kind: mfa-required, mapping: {version: v1, acr: [gold]}", ErrorReason.StepUpRequired)]
    [InlineData("kind: source-networks, cidrs: [10.0.0.0/8]", ErrorReason.SourceNotAllowed)]
    [InlineData("kind: separation-of-duties, conflictingRoles: [db]", ErrorReason.DutiesConflict)]
    [InlineData("kind: approval-required, approvers: 1", ErrorReason.ApprovalRequired)]
    [InlineData("kind: recording-required", ErrorReason.PolicyNotMet)]
    public async Task Open_AgainstAPolicy_SaysWhatIsMissing(string rule, ErrorReason reason)
    {
        await using var world = await AccessWorld.StartAsync(Deployment.EmbeddedAsync, AccessWorld.Policy("strict", "ssh-plain", rule));

        Assert.Equal(reason, await AccessWorld.RefusedAsync(() => TunnelClient.OpenAsync(world.Relay, connection: "ssh-plain")));

        // Whom the connection is not for is told nothing of it, and a connection that the policy does not select is opened.
        Assert.Equal(ErrorReason.NotPermitted, await AccessWorld.RefusedAsync(() => TunnelClient.OpenAsync(world.Relay, "oscar", "ssh-plain")));
        await using var other = await TunnelClient.OpenAsync(world.Relay);
        await other.Started;
    }

    [Fact(Timeout = 60_000)]
    public async Task Open_WithAStaleSignIn_IsRefused()
    {
        var time = new ShiftedTime();
        await using var world = await AccessWorld.StartAsync(Deployment.EmbeddedAsync, AccessWorld.Policy("mfa", "ssh-db", Mfa), time: time);
        var headers = await world.Relay.AsAsync("olivia");
        await world.Relay.Sessions.OpenAsync(new() { Connection = "ssh-db", Purpose = "a test" }, headers);

        time.Advance(TimeSpan.FromMinutes(2));

        Assert.Equal(ErrorReason.StepUpRequired, await AccessWorld.RefusedAsync(async () =>
            await world.Relay.Sessions.OpenAsync(new() { Connection = "ssh-db", Purpose = "a test" }, headers)));
    }

    [Fact(Timeout = 60_000)]
    public async Task Open_FromANetwork_GoesByWhatTheGatewaySays()
    {
        await using var world = await AccessWorld.StartAsync(Deployment.EmbeddedAsync, AccessWorld.Policy("office", "ssh-db", "kind: source-networks, cidrs: [10.0.0.0/8, 127.0.0.0/8]"));
        Task<ErrorReason> RefusedAsync(string source, bool throughGateway) => AccessWorld.RefusedAsync(async () => await world.Relay.Sessions.OpenAsync(
            new() { Connection = "ssh-db", Purpose = "a test", SourceAddress = source }, await world.Relay.AsAsync("olivia", throughGateway)));
        async Task<string> AllowedAsync(string source, bool throughGateway) => (await world.Relay.Sessions.OpenAsync(
            new() { Connection = "ssh-db", Purpose = "a test", SourceAddress = source }, await world.Relay.AsAsync("olivia", throughGateway))).SessionId;

        Assert.NotEmpty(await AllowedAsync("10.20.30.40", true));
        Assert.NotEmpty(await AllowedAsync("", false));
        Assert.Equal(ErrorReason.SourceNotAllowed, await RefusedAsync("192.0.2.1", true));
        Assert.Equal(ErrorReason.SourceNotAllowed, await RefusedAsync("", true));
        Assert.Equal(ErrorReason.InvalidArgument, await RefusedAsync("10.20.30.40", false));
        Assert.Equal(ErrorReason.InvalidArgument, await RefusedAsync("not an address", true));
    }

    [Fact(Timeout = 60_000)]
    public async Task Policy_ThatWasNeverGood_LetsNobodyIn()
    {
        await using var world = await AccessWorld.StartAsync(Deployment.EmbeddedAsync, AccessWorld.Policy("odd", "ssh-plain", "kind: recording-requird"));

        Assert.Equal(ErrorReason.PolicyNotMet, await AccessWorld.RefusedAsync(() => TunnelClient.OpenAsync(world.Relay)));
    }

    [Fact(Timeout = 60_000)]
    public async Task Approval_OfAConnectionThatHasChangedSince_IsNone()
    {
        await using var world = await AccessWorld.StartAsync(Deployment.EmbeddedAsync);
        var approved = await world.RequestAsync();
        var pending = await world.RequestAsync();
        await world.DecideAsync(approved.RequestId);

        var file = Directory.EnumerateFiles(Path.Combine(world.Relay.Folder, "connections")).Single();
        await File.WriteAllTextAsync(file, (await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken)).Replace("port: 22", "port: 2222", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        var catalog = world.Relay.Services.GetRequiredService<Connections.ConnectionCatalog>();
        await Streams.UntilAsync(() => catalog.Snapshot.Find("acme", "ssh-jit")!.Connection.Port == 2222);

        Assert.Equal(ErrorReason.ApprovalRequired, await AccessWorld.RefusedAsync(() => TunnelClient.OpenAsync(world.Relay, connection: "ssh-jit")));
        Assert.Equal(ErrorReason.WrongState, await AccessWorld.RefusedAsync(() => world.DecideAsync(pending.RequestId)));
        Assert.Equal(AccessRequestState.Denied, (await world.DecideAsync(pending.RequestId, verdict: AccessRequestVerdict.Deny, comment: "it has changed")).State);
    }

    [Fact(Timeout = 60_000)]
    public async Task Person_WhoDoesNothing_IsWarnedAndCut()
    {
        await using var world = await AccessWorld.StartAsync(Deployment.EmbeddedAsync, AccessWorld.Policy("idle", "ssh-db", "kind: idle-limit, minutes: 1, warnSeconds: 30"));
        var opened = await world.Relay.Sessions.OpenAsync(new() { Connection = "ssh-db", Purpose = "a test" }, await world.Relay.AsAsync("olivia"));
        Assert.Equal(60, opened.IdleLimitSeconds);
        // A minute is the shortest that can be declared; the tunnel keeps what the session's row says.
        await world.Relay.Services.GetRequiredService<RelayDatabase>().ExecuteAsync("UPDATE sessions SET idle_seconds = 3, idle_warn_seconds = 2");
        await using var tunnel = await TunnelClient.RedeemAsync(world.Relay, opened.TunnelTicket);
        await tunnel.Started;

        await tunnel.Finished;

        Assert.Equal((SessionEndReason.Idle, 522), (tunnel.Ended!.Reason, tunnel.Ended.GuacamoleStatus));
        Assert.Single(tunnel.Notices, notice => notice.Kind == TunnelNoticeKind.Idle);
        Assert.Single(await world.LedgerAsync(), "session.noticed");
    }

    [Fact(Timeout = 60_000)]
    public async Task Decisions_Replayed_ComeOutAsRecordedUnlessTheRecordWasChanged()
    {
        var policies = AccessWorld.Policy("mfa", "ssh-db", Mfa) + "\n---\n" + AccessWorld.Policy("two", "ssh-jit", "kind: approval-required, approvers: 2", "kind: max-duration, minutes: 30");
        await using var world = await AccessWorld.StartAsync(Deployment.EmbeddedAsync, policies);
        await using (var tunnel = await TunnelClient.OpenAsync(world.Relay)) await tunnel.Started;
        await AccessWorld.RefusedAsync(() => TunnelClient.OpenAsync(world.Relay, connection: "ssh-jit"));
        var request = await world.RequestAsync();
        await world.DecideAsync(request.RequestId, "albert");
        await world.DecideAsync(request.RequestId, "abel");
        await using (var tunnel = await TunnelClient.OpenAsync(world.Relay, connection: "ssh-jit")) await tunnel.Started;
        await AccessWorld.RefusedAsync(() => TunnelClient.OpenAsync(world.Relay, "oscar"));
        await LedgerLeaves.AllAsync(world.Relay);
        var replay = world.Relay.Services.GetRequiredService<DecisionReplay>();

        var before = await replay.RunAsync("acme", TestContext.Current.CancellationToken);
        await ForgeAsync(world.Relay.Services.GetRequiredService<RelayDatabase>());
        var after = await replay.RunAsync("acme", TestContext.Current.CancellationToken);

        Assert.Equal((4L, 4L), (before.Decisions, before.Agreed));
        Assert.Equal((4L, 3L), (after.Decisions, after.Agreed));
        Assert.Equal(("admitted", "approval-missing"), (Assert.Single(after.Otherwise).Recorded, after.Otherwise[0].Replayed));
    }

    // One approval instead of two, in the decision that rested on them.
    private static async Task ForgeAsync(RelayDatabase database)
    {
        var leaves = await database.QueryAsync<Leaf>("SELECT seq, leaf AS bytes FROM ledger_leaves WHERE type = 'access.decided'");
        foreach (var leaf in leaves.Where(l => System.Text.Encoding.UTF8.GetString(l.Bytes).Contains(TwoApprovals, StringComparison.Ordinal)))
        {
            var forged = System.Text.Encoding.UTF8.GetBytes(System.Text.Encoding.UTF8.GetString(leaf.Bytes).Replace(TwoApprovals, OneApproval, StringComparison.Ordinal));
            await database.ExecuteAsync("UPDATE ledger_leaves SET leaf = @forged WHERE seq = @Seq AND organisation = 'acme'", new { forged, leaf.Seq });
        }
    }

    private sealed class Leaf
    {
        public long Seq { get; init; }

        public byte[] Bytes { get; init; } = [];
    }
}
