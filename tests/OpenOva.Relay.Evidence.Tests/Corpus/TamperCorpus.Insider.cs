using System.Text;
using System.Text.Json.Nodes;
using OpenOva.Relay.Evidence.Bundle;
using OpenOva.Relay.Evidence.Keys;
using OpenOva.Relay.Evidence.Recording;

namespace OpenOva.Relay.Evidence.Tests.Corpus;

public static partial class TamperCorpus
{
    // Segments cut out, moved, replaced or rewritten; also by one who held the session's key. Above them every digest and signature is made anew.
    private static IEnumerable<Source> Insiders()
    {
        static Source Kept(string name, string failed, Action<List<string>> change, bool keepRaw = true) => new(Expect("segments-" + name, 1, Failed, Complete, failed), async sample =>
        {
            var draft = RecordingDraft.Of(sample, SampleBundle.First);
            var compact = RecordingIndex.Parse(sample.Files[BundlePath.RecordingIndex(SampleBundle.First)], "index").Segments.ToList();
            change(compact);
            await draft.PutSegmentsAsync(compact, [.. (keepRaw ? draft.Segments : draft.Segments[..2]).SelectMany(s => s.Raw)]);
            return await sample.PackAsync();
        });
        yield return Kept("last-removed", "1/ledgered, 1/chain", s => s.RemoveAt(2));
        yield return Kept("last-removed-with-raw", "1/ledgered, 1/balance", s => s.RemoveAt(2), keepRaw: false);
        yield return Kept("first-removed", "1/ledgered, 1/chain", s => s.RemoveAt(0));
        yield return Kept("middle-removed", "1/ledgered, 1/chain", s => s.RemoveAt(1));
        yield return Kept("reordered", "1/ledgered, 1/chain", s => s.Reverse());
        yield return Kept("doubled", "1/ledgered, 1/chain", s => s.Insert(1, s[1]));
        yield return Kept("none", "1/ledgered, 1/index", s => s.Clear());
        yield return Kept("garbage", "1/ledgered, 1/chain", s => s[1] = "garbage");
        yield return Kept("not-ascii", "1/ledgered, 1/chain", s => s[1] += "é");

        static Source Draft(string name, string failed, Action<RecordingDraft> change, string session = "1", bool reledger = false, bool ownHead = false, int exit = 1, Func<SampleBundle, P256SigningKey>? key = null) =>
            new(Expect("insider-" + name, exit, exit == 1 ? Failed : Held, Complete, failed), async sample =>
            {
                var draft = RecordingDraft.Of(sample, session == "1" ? SampleBundle.First : SampleBundle.Second);
                if (key is not null) draft.SessionKey = key(sample);
                change(draft);
                await draft.PutAsync(reledger);
                return await sample.PackAsync();
            }, Heads: false, OwnHead: ownHead);
        static void ChangeRaw(RecordingDraft d, int segment) => d.Segments[segment] = (d.Segments[segment].Header,
            Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(d.Segments[segment].Raw).Replace("4.sync", "4.cync", StringComparison.Ordinal)));
        yield return Draft("raw-changed-by-operator", "1/ledgered, 1/chain", d => ChangeRaw(d, 2), key: s => s.Keys.Present);
        yield return Draft("raw-changed-with-session-key", "1/ledgered", d => ChangeRaw(d, 2));
        yield return Draft("raw-changed-before-a-chain-event", "1/ledgered, 1/chain", d => ChangeRaw(d, 0));
        yield return Draft("raw-changed-and-ledger-rewritten", "", d => ChangeRaw(d, 0), reledger: true, exit: 0);
        yield return Draft("raw-changed-and-ledger-rewritten-but-head-kept", "known-head", d => ChangeRaw(d, 0), reledger: true, ownHead: true);
        yield return Draft("session-key-swapped", "1/ledgered, 1/chain", d => d.Manifest["session_key"] = d.SessionKey.PublicKey.ToJwk(), key: s => s.Keys.Foreign);
        yield return Draft("session-key-swapped-and-ledger-rewritten", "1/ledgered", d => d.Manifest["session_key"] = d.SessionKey.PublicKey.ToJwk(), reledger: true, key: s => s.Keys.Foreign);
        yield return Draft("tail-by-service-unsaid", "1/ledgered, 1/chain", d => d.Segments[2].Header["signer"] = "service");
        yield return Draft("whole-by-service-said", "1/ledgered, 1/chain", d =>
        {
            foreach (var (header, _) in d.Segments) header["signer"] = "service";
            d.Manifest["recovered"] = new JsonObject { ["reason"] = "replica-lost", ["bound"] = "disk-lost", ["from_segment"] = 0 };
        });
        yield return Draft("other-epoch", "1/ledgered, 1/chain", d => d.Segments[1].Header["epoch"] = 2);
        yield return Draft("epoch-everywhere", "1/ledgered", d =>
        {
            foreach (var (header, _) in d.Segments) header["epoch"] = 2;
            d.Manifest["epoch"] = 2;
        });
        yield return Draft("other-session", "1/ledgered, 1/chain", d => d.Segments[1].Header["session"] = SampleBundle.Second);
        yield return Draft("other-organisation", "1/ledgered, 1/chain", d => d.Segments[1].Header["organisation"] = "other");
        yield return Draft("number-wrong", "1/ledgered, 1/chain", d => d.Segments[1].Header["number"] = 5);
        yield return Draft("unknown-signer", "1/ledgered, 1/chain", d => d.Segments[1].Header["signer"] = "nobody");
        yield return Draft("header-without-heartbeats", "1/ledgered, 1/chain", d => d.Segments[1].Header.Remove("heartbeats"));
        yield return Draft("header-null-wall", "1/ledgered, 1/chain", d => d.Segments[1].Header["first_wall_us"] = null);
        yield return Draft("count-falls", "1/ledgered, 1/chain", d => d.Segments[1].Header["classes"]!["sync"]!["count"] = 0);
        yield return Draft("class-vanishes", "1/ledgered, 1/chain", d => d.Segments[1].Header["classes"]!.AsObject().Remove("nop"));
        yield return Draft("synthesised-falls", "1/ledgered, 1/chain", d => d.Segments[1].Header["synthesised"]!["bytes"] = 0);
        yield return Draft("manifest-signed-again-and-ledger-rewritten", "", _ => { }, reledger: true, exit: 0);
        yield return Draft("instructions-counted-wrong", "1/balance", d =>
        {
            d.Segments[0].Header["instructions"] = (long)d.Segments[0].Header["instructions"]! - 1;
            d.Segments[2].Header["instructions"] = (long)d.Segments[2].Header["instructions"]! + 1;
        }, reledger: true);
        yield return Draft("cut-within-an-instruction", "1/balance", d =>
        {
            var (a, b) = (d.Segments[0].Raw, d.Segments[2].Raw);
            (d.Segments[0], d.Segments[2]) = ((d.Segments[0].Header, [.. a, b[0]]), (d.Segments[2].Header, b[1..]));
        }, reledger: true);
        yield return Draft("ends-within-an-instruction", "1/balance", d => d.Segments[2] = (d.Segments[2].Header, d.Segments[2].Raw[..^1]), reledger: true);
        yield return Draft("bytes-off", "1/balance", d => d.Segments[2] = (d.Segments[2].Header, [.. d.Segments[2].Raw, .. "3.nop;"u8]), reledger: true);
        foreach (var (name, from, to) in new (string, string, string)[]
        {
            ("leading-zero", "4.4200", "04.420"), ("no-length", "4.sync", ".ssync"), ("six-digits", "4.4200;", "000004."), ("wrong-terminator", "4.sync,", "4.sync|"), ("value-short", "4.sync", "3.sync"),
        })
        {
            yield return Draft("grammar-" + name, "1/balance", d => d.Segments[2] = (d.Segments[2].Header, Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(d.Segments[2].Raw).Replace(from, to, StringComparison.Ordinal))), reledger: true);
        }

        foreach (var (name, bytes) in new (string, byte[])[] { ("overlong", [0xE0, 0x80, 0xAF]), ("surrogate", [0xED, 0xA0, 0x80]), ("beyond", [0xF4, 0x90, 0x80, 0x80]), ("continuation", [0x80]), ("cut", [0xF0, 0x9F]) })
        {
            yield return Draft("utf8-" + name, "1/balance", d =>
            {
                var raw = d.Segments[2].Raw;
                var at = raw.AsSpan().IndexOf(Encoding.UTF8.GetBytes("🏦"));
                d.Segments[2] = (d.Segments[2].Header, [.. raw[..at], .. bytes, .. raw[(at + 4)..]]);
            }, reledger: true);
        }
    }
}
