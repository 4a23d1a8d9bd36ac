using System.Text;
using System.Text.Json.Nodes;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence;
using OpenOva.Relay.Evidence.Bundle;
using OpenOva.Relay.Evidence.Json;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Evidence.Verification;
using OpenOva.Relay.Ledger;
using OpenOva.Relay.Reports.Evaluation;

namespace OpenOva.Relay.Reports.Bundles;

/// <summary>A range of an organisation's leaves as a bundle holds it: ledger/range.json and ledger/leaves.jsonl. Results are evaluated from these very files.</summary>
internal sealed class LeafFiles(string organisation, Checkpoint head, byte[] range, string leavesPath, IReadOnlySet<string> doubtful)
{
    private const int Batch = 2000;
    private static readonly byte[] VerifiedMark = Encoding.ASCII.GetBytes(LedgerEventTypes.RecordingVerified);

    public IEnumerable<BundleFile> Files =>
    [
        BundleFile.Of(BundlePath.Range, range),
        new BundleFile(BundlePath.Leaves, () => File.OpenRead(leavesPath)),
        BundleFile.Of(BundlePath.Checkpoint, Encoding.ASCII.GetBytes(head.Jws.Compact)),
    ];

    /// <summary>Copies the leaves from a first one up to the head.</summary>
    public static async Task<LeafFiles> WriteAsync(
        RelayDatabase database, LedgerCheckpoints checkpoints, Checkpoint head, long first, string folder, CancellationToken cancellation)
    {
        var left = await checkpoints.LeftOfAsync(head.Organisation, first, cancellation);
        var range = CanonicalJson.Encode(new JsonObject
        {
            ["v"] = 1,
            ["first"] = first,
            ["size"] = head.Size,
            ["left"] = new JsonArray([.. left.Select(hash => JsonValue.Create(Convert.ToHexStringLower(hash)))]),
        });
        var path = Path.Combine(folder, "leaves.jsonl");
        var doubtful = new HashSet<string>(StringComparer.Ordinal);
        await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 128 * 1024);
        for (var next = first; next < head.Size;)
        {
            var rows = await LedgerQueries.LeavesAsync(database, head.Organisation, next, head.Size, Batch, cancellation);
            if (rows.Count == 0) throw new ReportFailedException(ReportFailure.LedgerDamaged, $"leaf {next} is missing");
            foreach (var row in rows)
            {
                Note(row, doubtful);
                file.Write(row.Leaf);
                file.WriteByte((byte)'\n');
            }

            next = rows[^1].Seq + 1;
        }

        return new LeafFiles(head.Organisation, head, range, path, doubtful);
    }

    /// <summary>Evaluates the leaves while it follows their root to the head's.</summary>
    /// <exception cref="ReportFailedException">They do not lead there.</exception>
    public LedgerEvaluation Evaluate(ReportParameters parameters, TakeSession take, CancellationToken cancellation)
    {
        var evaluation = new LedgerEvaluation(parameters, doubtful, take);
        try
        {
            using var leaves = File.OpenRead(leavesPath);
            LedgerRange.Parse(range, head).Read(
                leaves,
                organisation,
                leaf =>
                {
                    cancellation.ThrowIfCancellationRequested();
                    evaluation.Add(leaf);
                },
                new HashSet<long>());
        }
        catch (EvidenceFormatException damaged)
        {
            throw new ReportFailedException(ReportFailure.LedgerDamaged, damaged.Message, damaged);
        }

        evaluation.Finish();
        return evaluation;
    }

    private static void Note(LeafRow row, HashSet<string> doubtful)
    {
        if (row.Leaf.AsSpan().IndexOf(VerifiedMark) < 0) return;
        try
        {
            if (LedgerEvaluation.DoubtfulSession(LedgerLeaf.Parse(row.Leaf, $"leaf {row.Seq}")) is { } session) doubtful.Add(session);
        }
        catch (EvidenceFormatException damaged)
        {
            throw new ReportFailedException(ReportFailure.LedgerDamaged, damaged.Message, damaged);
        }
    }
}
