using System.Net;
using Grpc.Core;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Integration.Replicas;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration.Identity;

[Trait("Kind", "Real")]
public sealed class SignOutAcrossEmbeddedReplicasTests : SignOutAcrossReplicasTests
{
    private protected override Task<Deployment> DeployAsync() => Deployment.EmbeddedAsync();
}

[Trait("Kind", "Real")]
public sealed class SignOutAcrossDeployedReplicasTests : SignOutAcrossReplicasTests
{
    private protected override Task<Deployment> DeployAsync() => Deployment.DeployedAsync();
}

/// <summary>An issuer tells one replica; all act on it.</summary>
public abstract class SignOutAcrossReplicasTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(2);

    private protected abstract Task<Deployment> DeployAsync();

    [Fact(Timeout = 60_000)]
    public async Task Logout_ToldToOneReplica_TakesEffectOnTheOther()
    {
        await using var deployment = await DeployAsync();
        await using var world = await IssuerWorld.OnAsync(deployment);
        await using var told = await world.StartReplicaAsync("a");
        await using var other = await world.StartReplicaAsync("b");
        await using var tunnel = await world.ConnectAsync(world.Token("ada", "sid-1"), other);
        var ticket = await world.OpenAsync(world.Token("ada", "sid-1"), other);
        var token = world.Token("ada", "sid-1");
        Assert.Equal(StatusCode.OK, await world.UseAsync(token, other));
        var logout = world.LogoutToken("ada", "sid-1");

        var since = TimeProvider.System.GetTimestamp();
        Assert.Equal(HttpStatusCode.OK, (await world.LogoutAsync(logout, told)).Status);
        await tunnel.Finished.WaitAsync(Bound);
        var ended = TimeProvider.System.GetElapsedTime(since);
        while (await world.UseAsync(token, other) == StatusCode.OK)
            Assert.True(TimeProvider.System.GetElapsedTime(since) < Bound, "the other replica still takes the token");
        TestContext.Current.SendDiagnosticMessage($"ended in {ended.TotalMilliseconds:F0} ms, refused in {TimeProvider.System.GetElapsedTime(since).TotalMilliseconds:F0} ms");

        Assert.Equal(SessionEndReason.SignedOut, tunnel.Ended!.Reason);
        Assert.Equal(StatusCode.Unauthenticated, await world.UseAsync(token, told));
        await using var late = await TunnelClient.RedeemAsync(other, ticket.TunnelTicket);
        Assert.Equal(StatusCode.Unauthenticated, (await Assert.ThrowsAsync<RpcException>(() => late.Started)).StatusCode);

        // Told to the other too, as an issuer that tries again would: it was taken.
        Assert.Equal(HttpStatusCode.BadRequest, (await world.LogoutAsync(logout, other)).Status);
        Assert.Single(await ContractLeaves.WaitAsync(told, "acme", LedgerEventTypes.SubjectSignedOut, 1));
    }
}
