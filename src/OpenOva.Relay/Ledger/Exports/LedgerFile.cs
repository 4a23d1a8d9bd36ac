using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence.Keys;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Evidence.Verification;
using OpenOva.Relay.Ledger.Stamps;

namespace OpenOva.Relay.Ledger.Exports;

/// <summary>
/// A whole ledger as one file that <c>relay-verify ledger</c> takes (section 5.4 of the evidence format), written page by page: keys, then every leaf up to the newest head,
/// with each head and stamp behind the last leaf it covers.
/// </summary>
internal sealed class LedgerFile(RelayDatabase database)
{
    private const int Page = 1_000;

    /// <summary>Writes up to the newest head; what is not under a head yet is left for the next export.</summary>
    /// <returns>The number of leaves; zero: there is no head, and nothing was written.</returns>
    /// <exception cref="InvalidDataException">A leaf is missing from the database.</exception>
    public async Task<long> WriteAsync(Stream to, KeyHistory keys, CancellationToken cancellation)
    {
        var organisation = keys.Organisation;
        if (await LedgerQueries.NewestCheckpointAsync(database, organisation, cancellation) is not { } newest) return 0;
        Line(to, LedgerExport.Line(keys));
        for (var next = 0L; next < newest.Size;)
        {
            var leaves = await LedgerQueries.EventsAsync(database, organisation, next, (int)Math.Min(Page, newest.Size - next), cancellation);
            if (leaves.Count == 0) throw new InvalidDataException($"leaf {next} of {organisation} is missing");
            var end = next + leaves.Count;
            var heads = new Queue<CheckpointRow>(await ExportQueries.HeadsAsync(database, organisation, next, end, Page, cancellation));
            var stamps = new Queue<StampRow>(await StampQueries.BetweenAsync(database, organisation, next + 1, end, Page, cancellation));
            foreach (var leaf in leaves)
            {
                Line(to, leaf.Leaf);
                if (heads.TryPeek(out var head) && head.Size == leaf.Seq + 1) Line(to, LedgerExport.Line(Checkpoint.Parse(System.Text.Encoding.ASCII.GetBytes(heads.Dequeue().Jws), "a head")));
                if (stamps.TryPeek(out var stamp) && stamp.Size == leaf.Seq + 1) Line(to, LedgerExport.Line(stamps.Dequeue().ToStamp()));
            }

            await to.FlushAsync(cancellation);
            next = end;
        }

        return newest.Size;
    }

    private static void Line(Stream to, byte[] line)
    {
        to.Write(line);
        to.WriteByte((byte)'\n');
    }
}
