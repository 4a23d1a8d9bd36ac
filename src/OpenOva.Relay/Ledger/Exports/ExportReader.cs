using System.Text;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence;
using OpenOva.Relay.Evidence.Ledger;

namespace OpenOva.Relay.Ledger.Exports;

/// <summary>Reads what goes out next, in order: each head stands behind the last leaf it covers.</summary>
/// <param name="withLeaves">False: heads alone.</param>
internal sealed class ExportReader(RelayDatabase database, bool withLeaves)
{
    /// <summary>Most records of one kind at a time.</summary>
    public const int Page = 200;

    /// <summary>No record is added to a batch of this many bytes; one record is always read, whatever its size.</summary>
    private const int EnoughBytes = 2 << 20;

    public bool WithLeaves => withLeaves;

    /// <summary>Whether there is anything behind a position.</summary>
    public bool HasMore(ExportRow row, ExportPosition from) => (withLeaves && row.Size > from.NextSequence) || row.NewestHead > from.HeadSize;

    /// <summary>The next records behind a position.</summary>
    public async Task<IReadOnlyList<ExportItem>> ReadAsync(string organisation, ExportPosition from, CancellationToken cancellation)
    {
        var leaves = withLeaves ? await LedgerQueries.EventsAsync(database, organisation, from.NextSequence, Page, cancellation) : [];
        var end = withLeaves ? from.NextSequence + leaves.Count : long.MaxValue;
        var heads = new Queue<CheckpointRow>(await ExportQueries.HeadsAsync(database, organisation, from.HeadSize, end, Page, cancellation));
        var items = new List<ExportItem>(leaves.Count + heads.Count);
        var (position, bytes) = (from, 0L);
        AddHeads(withLeaves ? from.NextSequence : long.MaxValue);
        foreach (var leaf in leaves.TakeWhile(_ => bytes < EnoughBytes))
        {
            position = position with { NextSequence = leaf.Seq + 1 };
            bytes += leaf.Leaf.Length;
            items.Add(new(new(organisation, leaf.Seq, leaf.Type, leaf.TimeUs, Convert.ToHexStringLower(MerkleHash.Leaf(leaf.Leaf)), leaf.Leaf), position));
            AddHeads(position.NextSequence);
        }

        return items;

        void AddHeads(long upTo)
        {
            while (heads.TryPeek(out var head) && head.Size <= upTo)
            {
                var jws = Encoding.ASCII.GetBytes(heads.Dequeue().Jws);
                position = position with { HeadSize = head.Size };
                items.Add(new(new(organisation, head.Size, ExportRecord.HeadType, head.TimeUs, Digests.Hex(jws), jws), position));
            }
        }
    }
}
