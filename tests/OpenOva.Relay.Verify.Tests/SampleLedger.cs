using System.Text;
using System.Text.Json.Nodes;
using OpenOva.Relay.Evidence.Json;
using OpenOva.Relay.Evidence.Keys;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Evidence.Tests.Corpus;
using OpenOva.Relay.Evidence.Verification;

namespace OpenOva.Relay.Verify.Tests;

/// <summary>A ledger of sixty events as <c>relay ledger export</c> writes it, in lines that a test may change, with heads at 10, 25 and 60.</summary>
internal sealed class SampleLedger
{
    public const int Size = 60;
    private const long BeginUs = SampleBundle.RotatedUs + 1_000_000;
    private static readonly int[] HeadSizes = [10, 25, Size];
    private readonly SampleKeys _keys;

    private SampleLedger(SampleKeys keys) => _keys = keys;

    public List<byte[]> Lines { get; private set; } = [];

    /// <summary>In the order of <see cref="HeadSizes"/>.</summary>
    public List<Checkpoint> Heads { get; private set; } = [];

    /// <param name="keys">Who signs.</param>
    /// <param name="size">Leaves.</param>
    /// <param name="word">Stands in leaf 20: with another word it is another history.</param>
    /// <param name="laterUs">How much later its heads were signed.</param>
    public static async Task<SampleLedger> CreateAsync(SampleKeys keys, int size = Size, string word = "true", long laterUs = 0)
    {
        var ledger = new SampleLedger(keys);
        ledger.Lines.Add(LedgerExport.Line(await keys.HistoryAsync()));
        var frontier = new MerkleFrontier();
        for (var n = 0; n < size; n++)
        {
            var leaf = Leaf(n, n == 20 ? word : "");
            ledger.Lines.Add(leaf);
            frontier.Append(MerkleHash.Leaf(leaf));
            if (HeadSizes.Contains(n + 1) || n + 1 == size) ledger.Lines.Add(LedgerExport.Line(await ledger.HeadAsync(frontier, laterUs)));
        }

        return ledger;
    }

    public static byte[] Leaf(long seq, string word = "", string organisation = SampleBundle.Organisation) => LedgerLeaf.Encode(
        organisation, seq, SampleBundle.Id(0x5000 + (int)seq), BeginUs + seq, "service.started", CanonicalJson.Encode(new JsonObject { ["replica"] = "relay-0", ["word"] = word }));

    /// <summary>Where a leaf stands among the lines.</summary>
    public static int At(int leaf) => 1 + leaf + HeadSizes.Count(size => size <= leaf);

    public byte[] Bytes() => [.. Lines.SelectMany(line => line.Append((byte)'\n'))];

    public async Task<string> WriteAsync(string folder, string name = "ledger.jsonl")
    {
        var path = Path.Combine(folder, name);
        await File.WriteAllBytesAsync(path, Bytes());
        return path;
    }

    public async Task<string> WriteHeadAsync(string folder, int index)
    {
        var path = Path.Combine(folder, $"acme-{Heads[index].Size:D16}-{Heads[index].TimeUs:D16}.jws");
        await File.WriteAllBytesAsync(path, Encoding.ASCII.GetBytes(Heads[index].Jws.Compact));
        return path;
    }

    private async Task<Checkpoint> HeadAsync(MerkleFrontier frontier, long laterUs)
    {
        var head = await Checkpoint.SignAsync(
            SampleBundle.Organisation, frontier.Size, Convert.ToHexStringLower(frontier.Root()), BeginUs + 1_000_000 + frontier.Size + laterUs, _keys.Present, CancellationToken.None);
        Heads.Add(head);
        return head;
    }
}
