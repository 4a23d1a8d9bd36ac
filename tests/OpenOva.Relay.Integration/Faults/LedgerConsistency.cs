using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Evidence.Verification;

namespace OpenOva.Relay.Integration.Faults;

/// <summary>What must hold of a ledger whatever failed while it was written.</summary>
internal static class LedgerConsistency
{
    private static readonly string[] OncePerSession = ["session.opened", "session.ended", "recording.sealed", "recording.verified", "recording.live-deleted"];

    /// <summary>No number is missing, every session reconciles, and nothing that happens once to a session stands twice or not at all.</summary>
    /// <param name="sessions">All of them, recorded and over.</param>
    public static async Task CheckAsync(RelayUnderTest relay, int sessions)
    {
        IReadOnlyList<LedgerLeaf> leaves = [];
        // Live pieces are deleted last: when they are gone, nothing is under way any more.
        await Streams.UntilAsync(async () => (leaves = await LedgerLeaves.AllAsync(relay)).Count(l => l.Type == "recording.live-deleted") >= sessions, 60);
        Assert.Equal(Enumerable.Range(0, leaves.Count).Select(n => (long)n), leaves.Select(l => l.Sequence));
        Assert.Equal(leaves.Count, leaves.Select(l => l.Id).Distinct().Count());
        var completeness = new Completeness();
        foreach (var leaf in leaves) completeness.Add(leaf);
        Assert.Empty(completeness.Open(0));
        foreach (var type in OncePerSession)
        {
            var named = leaves.Where(l => l.Type == type).Select(l => l.Data.String("session")).ToList();
            Assert.True(named.Count == sessions && named.Distinct().Count() == sessions, $"{type} stands {named.Count} times, of {named.Distinct().Count()} sessions, and {sessions} there were");
        }
    }
}
