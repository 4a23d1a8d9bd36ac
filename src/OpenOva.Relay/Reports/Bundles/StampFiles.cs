using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence.Bundle;
using OpenOva.Relay.Ledger.Stamps;

namespace OpenOva.Relay.Reports.Bundles;

/// <summary>The stamps over heads within a bundle's range of leaves.</summary>
internal static class StampFiles
{
    private const int Page = 100;

    /// <summary>Copies them; each is in memory alone.</summary>
    public static async Task<IReadOnlyList<BundleFile>> WriteAsync(
        RelayDatabase database, string organisation, long first, long size, string folder, CancellationToken cancellation)
    {
        var files = new List<BundleFile>();
        for (var next = Math.Max(first, 1); next <= size;)
        {
            var rows = await StampQueries.BetweenAsync(database, organisation, next, size, Page, cancellation);
            foreach (var row in rows)
            {
                var stamp = row.ToStamp();
                var path = Path.Combine(folder, $"stamp-{stamp.Checkpoint.Jws.Digest}.json");
                await File.WriteAllBytesAsync(path, stamp.Encode(), cancellation);
                files.Add(new BundleFile(BundlePath.Timestamp(stamp.Checkpoint.Jws.Digest), () => File.OpenRead(path)));
            }

            if (rows.Count < Page) break;
            next = rows[^1].Size + 1;
        }

        return files;
    }
}
