using System.Text.Json.Nodes;
using OpenOva.Relay.Evidence.Json;
using OpenOva.Relay.Evidence.Keys;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Reports.Bundles;
using OpenOva.Relay.Reports.Evaluation;

namespace OpenOva.Relay.Tests.Reports;

/// <summary>A quarter's small ledger with a fault of most kinds, and its result: what the golden files and the pages are made from.</summary>
internal static class SampleResult
{
    private const long ToUs = LeafBook.StartUs + 29 * LeafBook.DayUs;

    public static LeafBook Book()
    {
        var book = new LeafBook();
        for (var n = 1; n <= 12; n++)
        {
            book.NowUs = LeafBook.StartUs + n * 2 * LeafBook.DayUs;
            book.Good(n, n % 3 == 0 ? "rdp" : "ssh");
        }

        book.NowUs += LeafBook.DayUs;
        return book
            .Decide(20).Open(20, d => d["jit"] = true).Record(20).Connect(20).End(20).Seal(20).Verify(20)
            .Decide(21).Open(21).Record(21).Connect(21).End(21)
            .Decide(22).Open(22).Record(22).Connect(22).End(22).Seal(22, d => d["coverage"]!["max_gap_ms"] = 61_250).Verify(22)
            .Decide(23, protocol: "vnc").Open(23, protocol: "vnc").Record(23).Connect(23).End(23).Seal(23, d => d["lock"] = "NONE").Verify(23, held: false)
            .Decide(24, alter: d => d["inputs"]!["auth_time_us"] = book.NowUs - 14 * 3_600_000_000L).Open(24).Record(24).Connect(24).End(24).Seal(24).Verify(24)
            .Decide(25, alter: d => d["inputs"]!["acr"] = null).Open(25).End(25, connected: false, recorded: false)
            .Open(26, d => d["connection"]!["name"] = "=cmd").Record(26).Connect(26).End(26).Seal(26).Verify(26)
            .Decide(27).Decide(28, allowed: false)
            .Decide(29).Open(29).Record(29).Connect(29)
            .View(1).View(21);
    }

    public static async Task<ResultFiles> WriteAsync(string folder, LeafBook? of = null, long toUs = ToUs)
    {
        var leaves = (of ?? Book()).Events;
        var tree = new MerkleFrontier();
        var doubtful = new HashSet<string>(StringComparer.Ordinal);
        var path = Path.Combine(folder, "leaves.jsonl");
        await using (var file = File.Create(path))
        {
            foreach (var (type, timeUs, data) in leaves)
            {
                var leaf = LedgerLeaf.Encode(LeafBook.Organisation, tree.Size, LeafBook.Id(9_000_000 + tree.Size), timeUs, type, CanonicalJson.Encode(data));
                tree.Append(MerkleHash.Leaf(leaf));
                file.Write(leaf);
                file.WriteByte((byte)'\n');
                if (LedgerEvaluation.DoubtfulSession(LedgerLeaf.Parse(leaf, "leaf")) is { } session) doubtful.Add(session);
            }
        }

        using var key = P256SigningKey.Create();
        var root = Convert.ToHexStringLower(tree.Root());
        var head = await Checkpoint.SignAsync(LeafBook.Organisation, tree.Size, root, LeafBook.StartUs, key, CancellationToken.None);
        var range = CanonicalJson.Encode(new JsonObject { ["v"] = 1, ["first"] = 0, ["size"] = tree.Size, ["left"] = new JsonArray() });
        var parameters = ReportParameters.Of(
            Evaluated.Sox, LeafBook.Organisation, "Zk3rQ0cVJpTg4mXw1yLh8sNbE5uRdF7aPoCi2tKvWx0", LeafBook.StartUs, toUs, 0, tree.Size, root,
            new AssurancePolicy("2026-01", 2, [new(LeafBook.Issuer, "1", 1), new(LeafBook.Issuer, "2", 2)]));
        return await ResultFiles.WriteAsync(new LeafFiles(LeafBook.Organisation, head, range, path, doubtful), parameters, Evaluated.Sox, folder, false, CancellationToken.None);
    }
}
