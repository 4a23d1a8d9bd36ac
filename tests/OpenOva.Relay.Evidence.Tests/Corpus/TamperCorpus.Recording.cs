using System.Text;
using System.Text.Json.Nodes;
using OpenOva.Relay.Evidence.Bundle;
using OpenOva.Relay.Evidence.Json;
using OpenOva.Relay.Evidence.Keys;
using OpenOva.Relay.Evidence.Recording;

namespace OpenOva.Relay.Evidence.Tests.Corpus;

public static partial class TamperCorpus
{
    // What the organisation's own key can reach: everything but the sessions' keys and the ledger's past.
    private static IEnumerable<Source> Recordings()
    {
        static Source Manifest(string name, string failed, Action<JsonObject> change, string session = "1") => new(Expect("manifest-" + name, 1, Failed, Complete, failed), async sample =>
        {
            var draft = RecordingDraft.Of(sample, session == "1" ? SampleBundle.First : SampleBundle.Second);
            change(draft.Manifest);
            await draft.PutManifestAsync();
            return await sample.PackAsync();
        });
        yield return Manifest("version-2", "1/manifest", m => m["v"] = 2);
        yield return Manifest("other-organisation", "1/manifest", m => m["organisation"] = "other");
        yield return Manifest("other-session", "1/manifest", m => m["session"] = SampleBundle.Second);
        yield return Manifest("signed-after-key-time", "1/manifest", m => m["sealed_us"] = SampleBundle.RotatedUs);
        foreach (var member in (string[])["connection", "subject", "software", "guacd", "clock", "times", "end", "coverage", "gaps", "recovered", "retention", "not_captured", "tracks", "supplements", "source"])
            yield return Manifest("without-" + member, "1/manifest", m => m.Remove(member));
        yield return Manifest("negative-count", "1/manifest", m => m["totals"]!["received"]!["count"] = -1);
        yield return Manifest("totals-more-received", "1/ledgered, 1/balance", m => m["totals"]!["received"]!["bytes"] = (long)m["totals"]!["received"]!["bytes"]! + 1);
        yield return Manifest("totals-consistent-but-more", "1/ledgered, 1/balance", m =>
        {
            foreach (var tally in (JsonNode[])[m["totals"]!["received"]!, m["totals"]!["left_out"]!, m["totals"]!["classes"]!["argv"]!]) tally["bytes"] = (long)tally["bytes"]! + 1;
        });
        yield return Manifest("totals-class-added", "1/ledgered, 1/balance", m => m["totals"]!["classes"]!["video"] = new JsonObject { ["recorded"] = true, ["count"] = 0, ["bytes"] = 0 });
        yield return Manifest("totals-wrap-around", "1/ledgered, 1/balance", m =>
        {
            for (var i = 0; i < 2_048; i++) m["totals"]!["classes"]![$"x{i}"] = new JsonObject { ["recorded"] = true, ["count"] = CanonicalJson.MaxInteger, ["bytes"] = CanonicalJson.MaxInteger };
            m["totals"]!["classes"]!["y"] = new JsonObject { ["recorded"] = true, ["count"] = 2_048, ["bytes"] = 2_048 };
        });
        yield return Manifest("instructions-wrong", "1/ledgered, 1/balance", m => m["recording"]!["instructions"] = 99);
        yield return Manifest("root-wrong", "1/ledgered, 1/chain", m => m["segments"]!["root"] = Digests.Empty);
        yield return Manifest("head-wrong", "1/ledgered, 1/chain", m => m["segments"]!["head"] = Digests.Empty);
        yield return Manifest("count-wrong", "1/ledgered, 1/chain", m => m["segments"]!["count"] = 2);
        yield return Manifest("epoch-other", "1/ledgered, 1/chain", m => m["epoch"] = 2);
        yield return Manifest("recovery-denied", "2/ledgered, 2/chain", m => m["recovered"] = null, "2");
        yield return Manifest("recovery-earlier", "2/ledgered, 2/chain", m => m["recovered"]!["from_segment"] = 0, "2");
        yield return Manifest("recovery-unknown-bound", "2/manifest", m => m["recovered"]!["bound"] = "none", "2");
        yield return Manifest("decision-other-type", "1/ledgered", m => m["decision"] = m["opening"]!.DeepClone());
        yield return Manifest("decision-other-digest", "1/ledgered", m => m["decision"]!["sha256"] = Digests.Empty);
        yield return Manifest("opening-of-another-session", "1/ledgered, 1/chain", m => m["opening"] = new JsonObject { ["id"] = SampleBundle.Id(0x1000 + 14), ["sha256"] = Digests.Empty });
        yield return Manifest("unknown-member", "1/ledgered", m => m["extra"] = 1);
        yield return Manifest("object-digest-wrong", "1/ledgered, 1/index, 1/object", m => m["recording"]!["sha256"] = Digests.Empty);
        yield return new(Expect("manifest-of-the-other-recording", 1, Failed, Complete, "1/manifest"), Files(f => f[BundlePath.RecordingManifest(SampleBundle.First)] = f[BundlePath.RecordingManifest(SampleBundle.Second)]));
        yield return new(Expect("manifest-by-another-key", 1, Failed, Complete, "1/manifest"), async sample =>
        {
            var draft = RecordingDraft.Of(sample, SampleBundle.First);
            draft.ManifestKey = sample.Keys.Foreign;
            await draft.PutManifestAsync();
            return await sample.PackAsync();
        });
        yield return new(Expect("index-of-the-other-recording", 1, Failed, Complete, "1/index"), Files(f => f[BundlePath.RecordingIndex(SampleBundle.First)] = f[BundlePath.RecordingIndex(SampleBundle.Second)]));
        yield return new(Expect("object-of-the-other-recording", 1, Failed, Complete, "1/object"), Files(f => f[BundlePath.RecordingObject(SampleBundle.First)] = f[BundlePath.RecordingObject(SampleBundle.Second)]));
        yield return new(Expect("object-cut", 1, Failed, Complete, "1/object"), Files(f => f[BundlePath.RecordingObject(SampleBundle.First)] = f[BundlePath.RecordingObject(SampleBundle.First)][..^1]));
        yield return new(Expect("object-followed", 1, Failed, Complete, "1/object"), Files(f => f[BundlePath.RecordingObject(SampleBundle.First)] = [.. f[BundlePath.RecordingObject(SampleBundle.First)], 0]));
        yield return new(Expect("stray-recording-folder", 2, Incomplete, Complete, missing: "recording/other/manifest"), Files(f => f["recordings/other/note.txt"] = [1]));
        yield return new(Expect("stray-recording-file", 0, Held, Complete), Files(f => f["recordings/note.txt"] = [1]));
        foreach (var source in Gzips()) yield return source;
    }

    private static IEnumerable<Source> Gzips()
    {
        static Source Gzip(string name, string failed, Func<byte[], byte[]> gzip, Action<JsonArray>? members = null) => new(Expect("gzip-" + name, 1, Failed, Complete, failed), async sample =>
        {
            var draft = RecordingDraft.Of(sample, SampleBundle.First);
            var index = JsonNode.Parse(sample.Files[BundlePath.RecordingIndex(SampleBundle.First)])!;
            byte[] raw = [.. draft.Segments.SelectMany(s => s.Raw)];
            var to = gzip(GzipMembers.Compress(raw));
            var list = new JsonArray(new JsonObject { ["offset"] = 0, ["bytes"] = to.Length, ["raw_offset"] = 0, ["raw_bytes"] = raw.Length });
            members?.Invoke(list);
            await draft.PutSegmentsAsync([.. index["segments"]!.AsArray().Select(s => (string)s!)], raw, to, list);
            return await sample.PackAsync();
        });
        yield return Gzip("recompressed", "1/ledgered", g => g);
        yield return Gzip("trailing-byte", "1/ledgered, 1/raw", g => [.. g, 0]);
        yield return Gzip("trailing-page", "1/ledgered, 1/raw", g => [.. g, .. new byte[4_096]]);
        yield return Gzip("cut", "1/ledgered, 1/raw", g => g[..^1]);
        yield return Gzip("trailer-cut", "1/ledgered, 1/raw", g => g[..^8]);
        yield return Gzip("crc-wrong", "1/ledgered, 1/raw", g => Changed(g, g.Length - 8));
        yield return Gzip("length-wrong", "1/ledgered, 1/raw", g => Changed(g, g.Length - 4));
        yield return Gzip("garbage-before-trailer", "1/ledgered, 1/raw", g => [.. g[..^8], 1, 2, 3, .. g[^8..]]);
        yield return Gzip("page-before-trailer", "1/ledgered, 1/raw", g => [.. g[..^8], .. new byte[9_000], .. g[^8..]]);
        yield return Gzip("with-name", "1/ledgered, 1/raw", g => [.. g[..3], 8, .. g[4..10], (byte)'x', 0, .. g[10..]]);
        yield return Gzip("not-gzip", "1/ledgered, 1/raw", g => new byte[g.Length]);
        yield return Gzip("empty", "1/ledgered, 1/raw", _ => []);
        yield return Gzip("second-member-hidden", "1/ledgered, 1/raw", g => [.. g, .. GzipMembers.Empty.Span]);
        yield return Gzip("bomb", "1/ledgered, 1/raw", _ => GzipMembers.Compress(new byte[8 << 20]));
        yield return Gzip("member-listed-empty", "1/ledgered, 1/chain", g => [.. g, .. GzipMembers.Empty.Span], m =>
        {
            m[0]!["bytes"] = (int)m[0]!["bytes"]! - GzipMembers.Empty.Length;
            m.Add(new JsonObject { ["offset"] = m[0]!["bytes"]!.DeepClone(), ["bytes"] = GzipMembers.Empty.Length, ["raw_offset"] = m[0]!["raw_bytes"]!.DeepClone(), ["raw_bytes"] = 0 });
        });
        yield return Gzip("member-gap", "1/ledgered, 1/index", g => g, m => m[0]!["offset"] = 1);
        yield return Gzip("member-short", "1/ledgered, 1/index", g => g, m => m[0]!["bytes"] = (int)m[0]!["bytes"]! - 1);
        yield return Gzip("member-none", "1/ledgered, 1/index", g => g, m => m.Clear());
    }
}
