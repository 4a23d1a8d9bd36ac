using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using OpenOva.Relay.Evidence.Bundle;
using OpenOva.Relay.Evidence.Json;
using OpenOva.Relay.Evidence.Keys;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Evidence.Recording;

namespace OpenOva.Relay.Evidence.Tests.Corpus;

/// <summary>
/// A small but complete bundle: two signing keys, one rotated out; a ledger of 22 events; a recording that ended in order and one that the service
/// finished for a lost replica; two earlier heads. Its files stand open, so that a test can change them and pack them again.
/// </summary>
public sealed class SampleBundle
{
    public const string Organisation = "acme";
    public const string Issuer = "https://sso.acme.example/realms/acme";
    public const string Sub = "5f0c3c1e-0000-4000-8000-00000000beef";
    public const long BeginUs = 1_767_600_000_000_000;
    public const long RotatedUs = BeginUs + 120_000_000;
    public const long CreatedUs = BeginUs + 240_000_000;

    private readonly List<(string Type, long TimeUs, string Id, JsonObject Data)> _events = [];

    private SampleBundle(SampleKeys keys) => Keys = keys;

    public static string First { get; } = Id(0xA1);

    public static string Second { get; } = Id(0xA2);

    public SampleKeys Keys { get; }

    /// <summary>Every file but the outer manifest.</summary>
    public SortedDictionary<string, byte[]> Files { get; } = new(StringComparer.Ordinal);

    /// <summary>Heads that somebody else kept, at sizes 8 and 12.</summary>
    public List<byte[]> KnownHeads { get; } = [];

    public static string Id(int n) => $"0195a0b1-c2d3-7000-8000-{n.ToString("x12", CultureInfo.InvariantCulture)}";

    public static async Task<SampleBundle> CreateAsync(SampleKeys keys)
    {
        var sample = new SampleBundle(keys);
        sample.Event("service.started", 0, new() { ["replica"] = "relay-0", ["version"] = "0.1.0" });
        sample.Event("key.added", 1, new() { ["kid"] = keys.Old.PublicKey.Thumbprint });
        sample.Event("connection.changed", 2, new() { ["connection"] = "core-banking-bastion", ["change"] = "added" });
        await sample.FirstSessionAsync();
        await sample.SecondSessionAsync();
        sample.Event("recording.viewed", 200, new() { ["session"] = First, ["subject"] = Subject("auditor"), ["part"] = "all" });
        sample.Event("report.requested", 210, new() { ["report"] = Id(0xE1) });
        await sample.WriteLedgerAsync();
        sample.Files[BundlePath.Keys] = Encoding.ASCII.GetBytes((await keys.HistoryAsync()).Jws.Compact);
        sample.WriteResults();
        return sample;
    }

    public async Task<byte[]> PackAsync(ISigningKey? key = null, long createdUs = CreatedUs)
    {
        using var to = new MemoryStream();
        var head = Checkpoint.Parse(Files[BundlePath.Checkpoint], "checkpoint");
        await BundleWriter.WriteAsync(to, Organisation, Id(0xE1), createdUs, head, Files.Select(f => BundleFile.Of(f.Key, f.Value)),
            key ?? Keys.Present, CancellationToken.None);
        return to.ToArray();
    }

    public List<JsonObject> Leaves() =>
        [.. Encoding.UTF8.GetString(Files[BundlePath.Leaves]).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonNode.Parse(l)!.AsObject())];

    /// <summary>Writes leaves, range and a checkpoint over them.</summary>
    public async Task SetLeavesAsync(List<JsonObject> leaves, ISigningKey? key = null, long first = 0)
    {
        var frontier = new MerkleFrontier();
        byte[][] left = [];
        using var lines = new MemoryStream();
        foreach (var leaf in leaves.Select(l => CanonicalJson.Encode(l)))
        {
            if (frontier.Size == first) left = [.. frontier.Roots];
            if (frontier.Size >= first) lines.Write([.. leaf, (byte)'\n']);
            frontier.Append(MerkleHash.Leaf(leaf));
        }

        if (frontier.Size == first) left = [.. frontier.Roots];
        Files[BundlePath.Leaves] = lines.ToArray();
        Files[BundlePath.Range] = CanonicalJson.Encode(new JsonObject
        {
            ["v"] = 1, ["first"] = first, ["size"] = frontier.Size, ["left"] = new JsonArray([.. left.Select(h => JsonValue.Create(Convert.ToHexStringLower(h)))]),
        });
        Files[BundlePath.Checkpoint] = Encoding.ASCII.GetBytes((await HeadAsync(frontier, BeginUs + 230_000_000, key ?? Keys.Present)).Jws.Compact);
    }

    public static JsonObject Payload(byte[] jws) =>
        JsonNode.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(Encoding.ASCII.GetString(jws).Split('.')[1]))!.AsObject();

    public static async Task<byte[]> SignAsync(string type, JsonObject payload, ISigningKey key, bool embed = false) =>
        Encoding.ASCII.GetBytes((await Jws.SignAsync(type, payload, key, embed)).Compact);

    private static ValueTask<Checkpoint> HeadAsync(MerkleFrontier frontier, long timeUs, ISigningKey key) =>
        Checkpoint.SignAsync(Organisation, frontier.Size, Convert.ToHexStringLower(frontier.Root()), timeUs, key, CancellationToken.None);

    private static JsonObject Subject(string sub) => new() { ["issuer"] = Issuer, ["sub"] = sub };

    private EventReference Event(string type, int second, JsonObject data)
    {
        var id = Id(0x1000 + _events.Count);
        _events.Add((type, BeginUs + second * 1_000_000L, id, data));
        return new(id, Digests.Hex(CanonicalJson.Encode(data)));
    }

    private (EventReference Decision, EventReference Opening) Open(string session, string decision, int second, EcPublicKey sessionKey)
    {
        var decided = Event("access.decided", second, new() { ["decision"] = decision, ["allowed"] = true, ["connection"] = "core-banking-bastion", ["subject"] = Subject(Sub), ["reason"] = "" });
        Event("session.opened", second, new() { ["session"] = session, ["decision"] = decision, ["recording_required"] = true });
        var opened = Event("recording.opened", second + 1, new() { ["session"] = session, ["epoch"] = 1, ["session_key"] = sessionKey.ToJwk() });
        Event("session.connected", second + 2, new() { ["session"] = session, ["epoch"] = 1 });
        return (decided, opened);
    }

    private async Task FirstSessionAsync()
    {
        var (decision, opening) = Open(First, Id(0xD1), 10, Keys.FirstSession.PublicKey);
        Event("access.decided", 15, new() { ["decision"] = Id(0xD0), ["allowed"] = false, ["connection"] = "core-banking-bastion", ["subject"] = Subject("nobody"), ["reason"] = "NO_ROLE" });
        using var recording = new SampleRecording(First, opening.Sha256, BeginUs + 11_000_000);
        recording.Draw(InstructionClass.Argv, "argv", "0", "text/plain", "font").Draw(InstructionClass.Drawing, "size", "0", "1024", "768")
            .Draw(InstructionClass.Image, "img", "1", "12", "-1", "image/png", "0", "0").Draw(InstructionClass.Image, "blob", "1", "iVBORw0KGgo=")
            .Draw(InstructionClass.Image, "end", "1").Draw(InstructionClass.Sync, "sync", "1000").Heartbeat(2_000)
            .Draw(InstructionClass.Synthesised, "mouse", "10", "20", "0", "1000").Draw(InstructionClass.Nop, "nop");
        await recording.CloseAsync(Keys.FirstSession, SegmentSigner.Session);
        recording.Heartbeat(2_000);
        await recording.CloseAsync(Keys.FirstSession, SegmentSigner.Session);
        recording.Draw(InstructionClass.Drawing, "set", "0", "miter-limit", "naïve 🏦").Draw(InstructionClass.Sync, "sync", "4200").Heartbeat(1_000);
        await recording.CloseAsync(Keys.FirstSession, SegmentSigner.Session);
        Event("recording.chain", 70, new() { ["session"] = First, ["epoch"] = 1, ["number"] = 0, ["head"] = recording.Heads[0] });
        Event("session.ended", 75, new() { ["session"] = First, ["epoch"] = 1, ["connected"] = true, ["recorded"] = true, ["reason"] = "CLIENT_LEFT" });
        await SealAsync(recording, First, decision, opening, Keys.FirstSession.PublicKey, null, 80, Keys.Old);
    }

    private async Task SecondSessionAsync()
    {
        var (decision, opening) = Open(Second, Id(0xD2), 90, Keys.SecondSession.PublicKey);
        using var recording = new SampleRecording(Second, opening.Sha256, BeginUs + 91_000_000);
        recording.Draw(InstructionClass.Drawing, "size", "0", "800", "600").Draw(InstructionClass.Sync, "sync", "1000").Heartbeat(2_000);
        await recording.CloseAsync(Keys.SecondSession, SegmentSigner.Session);
        recording.Draw(InstructionClass.Clipboard, "clipboard", "3", "text/plain").Draw(InstructionClass.Drawing, "rect", "0", "0", "0", "8", "8")
            .Draw(InstructionClass.Sync, "sync", "3000").Heartbeat(2_000);
        await recording.CloseAsync(Keys.Present, SegmentSigner.Service);
        Event("recording.chain", 130, new() { ["session"] = Second, ["epoch"] = 1, ["number"] = 0, ["head"] = recording.Heads[0] });
        Event("session.ended", 140, new() { ["session"] = Second, ["epoch"] = 1, ["connected"] = true, ["recorded"] = true, ["reason"] = "REPLICA_LOST" });
        await SealAsync(recording, Second, decision, opening, Keys.SecondSession.PublicKey, new("replica-lost", "process-killed", 1), 150, Keys.Present);
    }

    private async Task SealAsync(SampleRecording recording, string session, EventReference decision, EventReference opening, EcPublicKey sessionKey,
        Recovery? recovered, int second, P256SigningKey key)
    {
        var (index, manifest) = await recording.SealAsync(decision, opening, sessionKey, recovered, recording.NowUs - 5_000_000, BeginUs + second * 1_000_000L, key);
        Files[BundlePath.RecordingManifest(session)] = Encoding.ASCII.GetBytes(manifest.Compact);
        Files[BundlePath.RecordingIndex(session)] = index.Encode();
        Files[BundlePath.RecordingObject(session)] = recording.Object;
        Event("recording.sealed", second, new() { ["session"] = session, ["epoch"] = 1, ["manifest_sha256"] = manifest.Digest });
        Event("recording.verified", second + 1, new() { ["session"] = session, ["manifest_sha256"] = manifest.Digest, ["held"] = true });
    }

    private async Task WriteLedgerAsync()
    {
        List<JsonObject> leaves = [.. _events.Select((e, i) => JsonNode.Parse(
            LedgerLeaf.Encode(Organisation, i, e.Id, e.TimeUs, e.Type, CanonicalJson.Encode(e.Data)))!.AsObject())];
        await SetLeavesAsync(leaves);
        var frontier = new MerkleFrontier();
        foreach (var leaf in leaves)
        {
            frontier.Append(MerkleHash.Leaf(CanonicalJson.Encode(leaf)));
            if (frontier.Size is 8 or 12)
                KnownHeads.Add(Encoding.ASCII.GetBytes((await HeadAsync(frontier, BeginUs + frontier.Size * 1_000_000, Keys.Old)).Jws.Compact));
        }
    }

    private void WriteResults()
    {
        foreach (var (path, text) in new (string, string)[]
        {
            ("README.txt", "A sample.\n"), ("custody.jsonl", "{}\n"), ("limitations.md", "# Limitations\n"), ("persons.csv", "issuer,sub,name,salt\n"),
            ("result/exceptions.csv", "id,reason\n"), ("result/report.html", "<!doctype html><title>Sample</title>\n"), ("result/report.json", "{\"v\":1}"),
            ("result/tests/T01.csv", "session,outcome\n"), ("run.json", "{\"v\":1}"),
        })
        {
            Files[path] = Encoding.UTF8.GetBytes(text);
        }
    }
}
