using System.Text;
using System.Text.Json.Nodes;
using OpenOva.Relay.Evidence.Bundle;
using OpenOva.Relay.Evidence.Json;
using OpenOva.Relay.Evidence.Keys;
using OpenOva.Relay.Evidence.Ledger;

namespace OpenOva.Relay.Evidence.Tests.Corpus;

public static partial class TamperCorpus
{
    private static IEnumerable<Source> Ledgers()
    {
        Source Lines(string name, Action<List<string>> change) => new(Expect("leaves-" + name, 1, Failed, None, "ledger"), Files(f =>
        {
            var lines = Encoding.UTF8.GetString(f[BundlePath.Leaves]).Split('\n').SkipLast(1).ToList();
            change(lines);
            f[BundlePath.Leaves] = Encoding.UTF8.GetBytes(string.Concat(lines.Select(l => l + "\n")));
        }));
        yield return Lines("changed", l => l[2] = l[2].Replace("added", "other", StringComparison.Ordinal));
        yield return Lines("swapped", l => (l[2], l[3]) = (l[3], l[2]));
        yield return Lines("one-removed", l => l.RemoveAt(7));
        yield return Lines("last-removed", l => l.RemoveAt(l.Count - 1));
        yield return Lines("one-doubled", l => l.Insert(7, l[7]));
        yield return Lines("one-empty", l => l.Insert(7, ""));
        yield return Lines("white-space", l => l[2] += " ");
        yield return Lines("carriage-return", l => l[2] += "\r");
        yield return new(Expect("leaves-last-line-feed-missing", 1, Failed, None, "ledger"), Files(f => f[BundlePath.Leaves] = f[BundlePath.Leaves][..^1]));
        yield return new(Expect("leaves-none", 1, Failed, None, "ledger"), Files(f => f[BundlePath.Leaves] = []));
        Source Rewritten(string name, string failed, string completeness, Action<List<JsonObject>> change, bool heads = false, bool ownHead = false, int exit = 1) =>
            new(Expect("history-" + name, exit, exit == 1 ? Failed : Held, completeness, failed), async sample =>
            {
                var leaves = sample.Leaves();
                change(leaves);
                await sample.SetLeavesAsync(leaves);
                return await sample.PackAsync();
            }, heads, ownHead);
        static void Renumber(List<JsonObject> leaves)
        {
            for (var i = 0; i < leaves.Count; i++) leaves[i]["seq"] = i;
        }

        // Without a head that somebody else kept, an operator can write another history: this is why strength is a verdict of its own.
        yield return Rewritten("changed-nobody-kept-a-head", "", Complete, l => l[2]["data"]!["change"] = "removed", exit: 0);
        yield return Rewritten("changed", "known-head", Complete, l => l[2]["data"]!["change"] = "removed", heads: true);
        yield return Rewritten("changed-late", "known-head", Complete, l => l[20]["data"]!["part"] = "none", ownHead: true);
        yield return Rewritten("reordered", "known-head", Complete, l =>
        {
            (l[1], l[2]) = (l[2], l[1]);
            Renumber(l);
        }, heads: true);
        yield return Rewritten("removed", "known-head", Complete, l =>
        {
            l.RemoveAt(7);
            Renumber(l);
        }, heads: true);
        yield return Rewritten("cut-below-a-kept-head", "known-head", Complete, l => l.RemoveAt(l.Count - 1), ownHead: true);
        yield return Rewritten("not-renumbered", "ledger", None, l => l.RemoveAt(20));
        yield return Rewritten("sealed-removed", "1/ledgered", Open, l =>
        {
            l.RemoveAt(l.FindIndex(e => (string)e["type"]! == "recording.sealed"));
            Renumber(l);
        });
        yield return Rewritten("decision-changed", "1/ledgered", Complete, l => l[3]["data"]!["reason"] = "other");
        yield return Rewritten("opening-of-another-session", "1/ledgered", Open, l => l[5]["data"]!["session"] = SampleBundle.Second);
        yield return Rewritten("opening-other-id", "1/ledgered", Complete, l => l[5]["id"] = SampleBundle.Id(0x7777));
        yield return Rewritten("chain-mismatch", "1/chain", Complete, l => l.Single(e => (string)e["type"]! == "recording.chain" && (string)e["data"]!["session"]! == SampleBundle.First)["data"]!["head"] = Digests.Empty);
        yield return Rewritten("chain-beyond", "2/chain", Complete, l => l.Single(e => (string)e["type"]! == "recording.chain" && (string)e["data"]!["session"]! == SampleBundle.Second)["data"]!["number"] = 9);
        yield return Rewritten("leaf-with-another-member", "ledger", None, l => l[2]["extra"] = 1);
        yield return Rewritten("leaf-without-manifest-digest", "ledger", None, l => l.Last(e => (string)e["type"]! == "recording.sealed")["data"]!.AsObject().Remove("manifest_sha256"));
        yield return Rewritten("leaf-no-uuid", "ledger", None, l => l[2]["id"] = "0195a0b1-c2d3-4000-8000-000000001002");
        yield return Rewritten("leaf-upper-case-uuid", "ledger", None, l => l[2]["id"] = "0195A0B1-c2d3-7000-8000-000000001002");
        yield return Rewritten("leaf-other-organisation", "ledger", None, l => l[2]["organisation"] = "other");
        yield return Rewritten("leaf-version-2", "ledger", None, l => l[2]["v"] = 2);
        yield return Rewritten("leaf-negative-time", "ledger", None, l => l[2]["time_us"] = -1);
        yield return Rewritten("leaf-of-unknown-type", "", Complete, l => l[2]["type"] = "something.else", exit: 0);
        foreach (var source in Heads()) yield return source;
        foreach (var source in Ranges()) yield return source;
    }

    private static IEnumerable<Source> Heads()
    {
        Source Head(string name, string failed, Func<SampleBundle, Task<byte[]>> head) => new(Expect("known-head-" + name, 1, Failed, Complete, failed), Files(_ => { }), Head: head);
        static Func<SampleBundle, Task<byte[]>> Signed(Action<JsonObject> change, Func<SampleBundle, P256SigningKey> key) => sample =>
        {
            var payload = SampleBundle.Payload(sample.KnownHeads[0]);
            change(payload);
            return SampleBundle.SignAsync(JwsTypes.Checkpoint, payload, key(sample));
        };
        yield return Head("garbage", "known-head", _ => Task.FromResult("garbage"u8.ToArray()));
        yield return Head("empty", "known-head", _ => Task.FromResult<byte[]>([]));
        yield return Head("of-another-history", "known-head", Signed(p => p["root"] = Digests.Empty, s => s.Keys.Old));
        yield return Head("beyond", "known-head", Signed(p => p["size"] = 99, s => s.Keys.Old));
        yield return Head("by-another", "known-head", Signed(_ => { }, s => s.Keys.Foreign));
        yield return Head("by-key-after-its-time", "known-head", Signed(p => p["time_us"] = SampleBundle.RotatedUs, s => s.Keys.Old));
        yield return Head("other-organisation", "known-head", Signed(p => p["organisation"] = "other", s => s.Keys.Old));
        yield return Head("line-feed-within", "known-head", s => Task.FromResult<byte[]>([.. s.KnownHeads[0], (byte)'\n']));
        yield return new(Expect("known-head-of-nothing", 0, Held, Complete), Files(_ => { }),
            Head: Signed(p => (p["size"], p["root"]) = (0, Digests.Empty), s => s.Keys.Old));
        yield return new(Expect("checkpoint-by-expired-key", 1, Failed, None, "checkpoint"), async sample =>
        {
            await sample.SetLeavesAsync(sample.Leaves(), sample.Keys.Old);
            return await sample.PackAsync();
        });
        yield return new(Expect("checkpoint-other-root", 1, Failed, None, "ledger"), async sample =>
        {
            var payload = SampleBundle.Payload(sample.Files[BundlePath.Checkpoint]);
            payload["root"] = Digests.Empty;
            sample.Files[BundlePath.Checkpoint] = await SampleBundle.SignAsync(JwsTypes.Checkpoint, payload, sample.Keys.Present);
            return await sample.PackAsync();
        });
        yield return new(Expect("checkpoint-line-feed", 1, Failed, None, "files, checkpoint"), Entries(f =>
        {
            var at = f.FindIndex(e => e.Name == BundlePath.Checkpoint);
            f[at] = (f[at].Name, [.. f[at].Data, (byte)'\n']);
        }));
    }

    private static IEnumerable<Source> Ranges()
    {
        Source From(string name, long first, string failed, string missing, string completeness, bool heads = false) =>
            new(Expect("range-" + name, failed.Length > 0 ? 1 : 2, failed.Length > 0 ? Failed : Incomplete, completeness, failed, missing), async sample =>
            {
                await sample.SetLeavesAsync(sample.Leaves(), first: first);
                return await sample.PackAsync();
            }, heads);
        yield return From("after-first-opening", 10, "", "1/ledgered", Complete);
        yield return From("after-first-opening-with-heads", 10, "", "known-head, 1/ledgered", Complete, heads: true);
        yield return From("after-everything", 22, "", "1/ledgered, 2/ledgered", Complete);
        Source Range(string name, Action<JsonObject> change) => new(Expect("range-" + name, 1, Failed, None, "ledger"), Files(f =>
        {
            var range = JsonNode.Parse(f[BundlePath.Range])!.AsObject();
            change(range);
            f[BundlePath.Range] = CanonicalJson.Encode(range);
        }));
        yield return Range("size-wrong", r => r["size"] = 21);
        yield return Range("first-wrong", r => (r["first"], r["left"]) = (1, new JsonArray(JsonValue.Create(Digests.Empty))));
        yield return Range("first-beyond", r => r["first"] = 99);
        yield return Range("left-too-many", r => r["left"]!.AsArray().Add(Digests.Empty));
        yield return Range("left-no-digest", r => (r["first"], r["left"]) = (1, new JsonArray(JsonValue.Create("x"))));
        yield return Range("version-2", r => r["v"] = 2);
    }

    private static IEnumerable<Source> Reconciliations()
    {
        Source Reconciled(string name, string completeness, Action<List<JsonObject>> change, string failed = "") =>
            new(Expect("completeness-" + name, failed.Length > 0 ? 1 : 0, failed.Length > 0 ? Failed : Held, completeness, failed), async sample =>
            {
                var leaves = sample.Leaves();
                change(leaves);
                for (var i = 0; i < leaves.Count; i++) leaves[i]["seq"] = i;
                await sample.SetLeavesAsync(leaves);
                return await sample.PackAsync();
            }, Heads: false);
        static JsonObject Event(int n, string type, JsonObject data) => new()
        {
            ["v"] = 1, ["organisation"] = SampleBundle.Organisation, ["seq"] = 0, ["id"] = SampleBundle.Id(0x2000 + n), ["time_us"] = SampleBundle.CreatedUs, ["type"] = type, ["data"] = data,
        };
        static JsonObject Decided(string decision, bool allowed) => new() { ["decision"] = decision, ["allowed"] = allowed };
        static JsonObject Opened(string session, string decision, bool required) => new() { ["session"] = session, ["decision"] = decision, ["recording_required"] = required };
        static JsonObject Ended(string session, bool connected, bool recorded) => new() { ["session"] = session, ["epoch"] = 1, ["connected"] = connected, ["recorded"] = recorded, ["reason"] = "X" };
        var (s, d) = (SampleBundle.Id(0xB1), SampleBundle.Id(0xDB));
        yield return Reconciled("unrecorded-not-required", Complete, l => l.AddRange([Event(1, "access.decided", Decided(d, true)), Event(2, "session.opened", Opened(s, d, false)), Event(3, "session.ended", Ended(s, true, false))]));
        yield return Reconciled("unrecorded-though-required", Open, l => l.AddRange([Event(1, "access.decided", Decided(d, true)), Event(2, "session.opened", Opened(s, d, true)), Event(3, "session.ended", Ended(s, true, false))]));
        yield return Reconciled("required-never-connected", Complete, l => l.AddRange([Event(1, "access.decided", Decided(d, true)), Event(2, "session.opened", Opened(s, d, true)), Event(3, "session.ended", Ended(s, false, false))]));
        yield return Reconciled("grant-unused", Open, l => l.Add(Event(1, "access.decided", Decided(d, true))));
        yield return Reconciled("grant-twice", Open, l => l.Add(Event(1, "access.decided", Decided(SampleBundle.Id(0xD1), true))));
        yield return Reconciled("not-ended", Open, l => l.AddRange([Event(1, "access.decided", Decided(d, true)), Event(2, "session.opened", Opened(s, d, true))]));
        yield return Reconciled("opened-on-denial", Open, l => l.AddRange([Event(1, "access.decided", Decided(d, false)), Event(2, "session.opened", Opened(s, d, false)), Event(3, "session.ended", Ended(s, false, false))]));
        yield return Reconciled("opened-on-nothing", Open, l => l.AddRange([Event(2, "session.opened", Opened(s, d, false)), Event(3, "session.ended", Ended(s, false, false))]));
        yield return Reconciled("opened-twice", Open, l => l.Add(Event(1, "session.opened", Opened(SampleBundle.First, SampleBundle.Id(0xD1), true))));
        yield return Reconciled("ended-twice", Open, l => l.Add(Event(1, "session.ended", Ended(SampleBundle.First, true, true))));
        yield return Reconciled("ended-unopened", Open, l => l.Add(Event(1, "session.ended", Ended(s, false, false))));
        yield return Reconciled("recorded-unsealed", Open, l => l.AddRange([Event(1, "access.decided", Decided(d, true)), Event(2, "session.opened", Opened(s, d, true)), Event(3, "session.ended", Ended(s, true, true))]));
        yield return Reconciled("sealed-unopened", Open, l => l.Add(Event(1, "recording.sealed", new() { ["session"] = s, ["epoch"] = 1, ["manifest_sha256"] = Digests.Empty })));
        yield return Reconciled("sealed-twice", Open, l => l.Add(Event(1, "recording.sealed", new() { ["session"] = SampleBundle.First, ["epoch"] = 1, ["manifest_sha256"] = Digests.Empty })));
        yield return Reconciled("end-denies-recorder", Open, l => l.Single(e => (string)e["type"]! == "session.ended" && (string)e["data"]!["session"]! == SampleBundle.First)["data"]!["recorded"] = false);
        yield return Reconciled("opening-removed", Open, l => l.RemoveAt(4));
    }
}
