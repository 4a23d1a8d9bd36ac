using Microsoft.Extensions.DependencyInjection;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Ledger;

namespace OpenOva.Relay.Integration;

/// <summary>The ledger of a running service as an auditor would have it: numbered leaves, parsed.</summary>
internal static class ContractLeaves
{
    /// <summary>All leaves of a type, after everything that is staged now was numbered.</summary>
    public static async Task<IReadOnlyList<LedgerLeaf>> OfTypeAsync(RelayUnderTest relay, string organisation, string type)
    {
        await relay.Services.GetRequiredService<LedgerSequencer>().SequenceAsync(TestContext.Current.CancellationToken);
        var rows = await LedgerQueries.LeavesAsync(
            relay.Services.GetRequiredService<RelayDatabase>(), organisation, 0, long.MaxValue, int.MaxValue, TestContext.Current.CancellationToken);
        return [.. rows.Select(row => LedgerEventTable.Check(LedgerLeaf.Parse(row.Leaf, $"leaf {row.Seq}"))).Where(leaf => leaf.Type == type)];
    }

    /// <summary>The same, once there are as many as expected.</summary>
    public static async Task<IReadOnlyList<LedgerLeaf>> WaitAsync(RelayUnderTest relay, string organisation, string type, int count)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
        {
            var leaves = await OfTypeAsync(relay, organisation, type);
            if (leaves.Count >= count) return leaves;
            Assert.False(patience.IsCancellationRequested, $"{leaves.Count} of {count} {type}");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }
}
