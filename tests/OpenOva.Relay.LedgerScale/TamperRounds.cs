using System.Text;
using OpenOva.Relay.Evidence.Keys;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Evidence.Verification;

namespace OpenOva.Relay.LedgerScale;

/// <summary>Verifies an export, then copies of it with one row deleted, altered or moved, and one history written anew under the same keys.</summary>
internal sealed class TamperRounds(string export, Reliance reliance, string folder)
{
    private const int RoundsOfEach = 3;
    private readonly Random _random = new(2);

    public async Task RunAsync()
    {
        var begun = TimeProvider.System.GetTimestamp();
        var whole = Verify(export, reliance);
        var took = TimeProvider.System.GetElapsedTime(begun);
        Scale.Tell($"verified whole in {took.TotalSeconds:f1} s ({new FileInfo(export).Length / took.TotalSeconds / (1 << 20):f0} MiB/s): exit {whole.ExitCode}, {whole.Integrity}");
        if (whole.ExitCode != 0) throw new InvalidOperationException(string.Join("; ", whole.Checks.Select(check => $"{check.Name} {check.OutcomeName} {check.Detail}")));
        var lines = File.ReadLines(export).Count();
        foreach (var kind in (string[])["deleted", "altered", "moved"])
        {
            for (var round = 0; round < RoundsOfEach; round++)
            {
                var at = _random.Next(1, lines - 2);
                var verdict = Verify(await CopyAsync(kind, at), reliance);
                Scale.Tell($"line {at + 1} {kind}: exit {verdict.ExitCode}: {verdict.Checks.First(check => check.Outcome == CheckOutcome.Failed).Detail}");
                if (verdict.ExitCode != 1) throw new InvalidOperationException("a changed row was not found");
            }
        }

        await ForkAsync();
    }

    // The holder of the keys can sign any history; one head that left in time is enough to find him out.
    private async Task ForkAsync()
    {
        using var root = P256SigningKey.Create();
        using var signing = P256SigningKey.Create();
        var history = await KeyHistory.SignAsync("acme", 1, 1, [new(signing.PublicKey, 1, null)], root, CancellationToken.None);
        var (honest, forged) = (new MerkleFrontier(), new MerkleFrontier());
        var path = Path.Combine(folder, "fork.jsonl");
        Checkpoint? known = null;
        var changed = _random.Next(1, 1000);
        await using (var file = File.Create(path, 1 << 20))
        {
            Write(file, LedgerExport.Line(history));
            foreach (var line in File.ReadLines(export).Where(line => line.StartsWith("{\"data\":", StringComparison.Ordinal)).Select(Encoding.UTF8.GetBytes))
            {
                honest.Append(MerkleHash.Leaf(line));
                var leaf = forged.Size == changed ? Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(line).Replace("bastion", "bashing", StringComparison.Ordinal)) : line;
                forged.Append(MerkleHash.Leaf(leaf));
                Write(file, leaf);
                if (honest.Size == 2000) known = await HeadAsync(honest, signing);
            }

            Write(file, LedgerExport.Line(await HeadAsync(forged, signing)));
        }

        var trusted = new Reliance { Fingerprint = history.Fingerprint };
        var alone = Verify(path, trusted);
        var held = Verify(path, trusted with { KnownHeads = [new KnownHead(Encoding.ASCII.GetBytes(known!.Jws.Compact))] });
        Scale.Tell($"written anew under the same keys: exit {alone.ExitCode} ({alone.Strength}) alone, exit {held.ExitCode} with a known head: {held.Checks.Single(check => check.Name == CheckNames.KnownHead).Detail}");
        if ((alone.ExitCode, held.ExitCode) != (0, 1)) throw new InvalidOperationException("a fork was not found");
    }

    private static ValueTask<Checkpoint> HeadAsync(MerkleFrontier frontier, P256SigningKey key) =>
        Checkpoint.SignAsync("acme", frontier.Size, Convert.ToHexStringLower(frontier.Root()), frontier.Size + 1, key, CancellationToken.None);

    private async Task<string> CopyAsync(string kind, int at)
    {
        var path = Path.Combine(folder, "tampered.jsonl");
        await using var file = File.Create(path, 1 << 20);
        var number = 0;
        string? moved = null;
        foreach (var line in File.ReadLines(export))
        {
            if (number++ == at)
            {
                if (kind == "altered") Write(file, Encoding.UTF8.GetBytes(line.Replace("relay-0", "relay-1", StringComparison.Ordinal).Replace("\"version\":1", "\"version\":2", StringComparison.Ordinal)));
                if (kind == "moved") moved = line;
                continue;
            }

            Write(file, Encoding.UTF8.GetBytes(line));
            if (moved is not null) Write(file, Encoding.UTF8.GetBytes(moved));
            moved = null;
        }

        return path;
    }

    private static void Write(Stream to, byte[] line)
    {
        to.Write(line);
        to.WriteByte((byte)'\n');
    }

    private static Verdict Verify(string path, Reliance reliance)
    {
        using var file = File.OpenRead(path);
        return LedgerVerifier.Verify([file], reliance);
    }
}
