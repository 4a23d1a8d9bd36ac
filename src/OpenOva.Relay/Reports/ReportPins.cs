using System.Text;
using System.Text.Json;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Ledger;
using OpenOva.Relay.Messaging;
using OpenOva.Relay.Reports.Evaluation;

namespace OpenOva.Relay.Reports;

/// <summary>Pins what a result depends on: the first attempt chooses, every later one finds it chosen.</summary>
internal sealed class ReportPins(RelayDatabase database, LedgerCheckpoints checkpoints, ReportsOptions options)
{
    /// <summary>Ledgers up to this size go into a bundle whole.</summary>
    public const long WholeLedger = 1_000_000;

    // Clocks of replicas differ, sessions are decided before they are opened, and a session of the period may have been decided on the day before.
    private const long MarginUs = 2 * 86_400_000_000L;

    /// <summary>The pinned row and its signed head.</summary>
    public async Task<(ReportRow Row, Checkpoint Head)> PinAsync(ReportRow row, CancellationToken cancellation)
    {
        if (row.HeadSize is null)
        {
            var head = await checkpoints.MakeAsync(row.Organisation, cancellation);
            var first = await FirstLeafAsync(row, head.Size, cancellation);
            var assurance = options.Policy is { } policy ? JsonSerializer.Serialize(policy, MessageJson.Options) : null;
            await ReportQueries.PinAsync(database, row, head.Size, head.Root, first, assurance, cancellation);
            row = await ReportQueries.FindAsync(database, row.Organisation, row.ReportId, cancellation) ?? throw new InvalidOperationException($"report {row.ReportId} is gone");
        }

        var stored = await ReportQueries.CheckpointAsync(database, row.Organisation, row.HeadSize!.Value, cancellation)
            ?? throw new ReportFailedException(ReportFailure.LedgerDamaged, $"the head of {row.HeadSize} leaves is missing");
        var pinned = Checkpoint.Parse(Encoding.ASCII.GetBytes(stored.Jws), $"checkpoint {stored.Size}");
        return pinned.Root == row.HeadRoot ? (row, pinned) : throw new ReportFailedException(ReportFailure.LedgerDamaged, $"the head of {row.HeadSize} leaves is another one");
    }

    /// <summary>The assurance policy that was pinned.</summary>
    public static AssurancePolicy? AssuranceOf(ReportRow row) =>
        row.Assurance is null ? null : JsonSerializer.Deserialize<AssurancePolicy>(row.Assurance, MessageJson.Options);

    /// <summary>
    /// Where the range begins: at 0, or in a large ledger some days before the period; never behind the head of an earlier report, so that whoever kept that head
    /// can check that this ledger goes on from it.
    /// </summary>
    /// <param name="size">Of the ledger.</param>
    /// <param name="whole">Up to this size the range begins at 0.</param>
    /// <param name="fromPeriod">The first leaf of the period with its margin; null when there is none.</param>
    /// <param name="earlierHead">The size of an earlier report's head; null when there is none.</param>
    public static long FirstLeaf(long size, long whole, long? fromPeriod, long? earlierHead) =>
        size <= whole ? 0 : Math.Min(fromPeriod ?? size, earlierHead ?? long.MaxValue);

    private async Task<long> FirstLeafAsync(ReportRow row, long size, CancellationToken cancellation) =>
        size <= WholeLedger
            ? 0
            : FirstLeaf(
                size, WholeLedger, await ReportQueries.FirstLeafFromAsync(database, row.Organisation, row.FromUs - MarginUs, size, cancellation),
                await ReportQueries.NewestHeadAsync(database, row.Organisation, cancellation));
}
