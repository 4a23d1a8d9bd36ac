using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Shared;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration;

/// <summary>What is left of a session that is over and verified.</summary>
/// <param name="Session">Its id.</param>
/// <param name="User">Relay as the fake guacd saw it.</param>
/// <param name="Shown">What the person was sent.</param>
/// <param name="Recorded">The recording as <c>zcat</c> gives it.</param>
/// <param name="Leaves">Its events.</param>
internal sealed record LeftSession(string Session, FakeGuacdUser User, byte[] Shown, byte[] Recorded, IReadOnlyList<LedgerLeaf> Leaves)
{
    /// <summary>Opens a connection of a service through a fake guacd, leaves it, and returns what is left of it.</summary>
    public static async Task<LeftSession> VisitAsync(
        RelayUnderTest relay, FakeGuacd guacd, string connection, FakeGuacdOptions options, Func<TunnelClient, FakeGuacdUser, Task>? visit = null)
    {
        guacd.Options = options;
        await using var tunnel = await TunnelClient.OpenAsync(relay, connection: connection);
        var user = await guacd.NextUserAsync();
        await tunnel.Started;
        if (visit is not null) await visit(tunnel, user);
        await tunnel.LeaveAsync();
        await tunnel.Finished;
        await relay.WaitForAsync(tunnel.Session, SessionState.Verified);
        Assert.True((await relay.VerifyAsync(tunnel.Session)).Valid);
        return new(tunnel.Session, user, tunnel.Received, await relay.RawAsync(tunnel.Session), await LedgerLeaves.OfSessionAsync(relay, tunnel.Session));
    }
}
