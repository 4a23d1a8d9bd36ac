using System.Text.Json.Nodes;
using OpenOva.Relay.Evidence.Bundle;

namespace OpenOva.Relay.Evidence.Tests.Corpus;

public static partial class TamperCorpus
{
    // A replica that came back with more than was sealed: the longer recording names the shorter one's manifest, and the ledger names both.
    private static IEnumerable<Source> Supplements()
    {
        static Source Supplement(string name, string failed, string completeness, Func<string, string> names, string type = "recording.supplemented", bool keepsSeal = true) =>
            new(Expect("supplement-" + name, failed.Length > 0 ? 1 : 0, failed.Length > 0 ? Failed : Held, completeness, failed), async sample =>
            {
                var shorter = Digests.Hex(sample.Files[BundlePath.RecordingManifest(SampleBundle.Second)]);
                var draft = RecordingDraft.Of(sample, SampleBundle.Second);
                draft.Manifest["supplements"] = new JsonArray(new JsonObject { ["name"] = "manifest", ["key"] = "acme/1.manifest.jws", ["bytes"] = 1, ["sha256"] = names(shorter) });
                await draft.PutManifestAsync();
                var leaves = sample.Leaves();
                if (!keepsSeal) leaves.RemoveAt(leaves.FindLastIndex(l => (string)l["type"]! == "recording.sealed"));
                leaves.Add(new JsonObject
                {
                    ["v"] = 1, ["organisation"] = SampleBundle.Organisation, ["seq"] = 0, ["id"] = SampleBundle.Id(0x3000), ["time_us"] = SampleBundle.CreatedUs, ["type"] = type,
                    ["data"] = new JsonObject { ["session"] = SampleBundle.Second, ["epoch"] = 1, ["manifest_sha256"] = Digests.Hex(sample.Files[BundlePath.RecordingManifest(SampleBundle.Second)]) },
                });
                for (var i = 0; i < leaves.Count; i++) leaves[i]["seq"] = i;
                await sample.SetLeavesAsync(leaves);
                return await sample.PackAsync();
            }, Heads: false);
        yield return Supplement("of-what-was-sealed", "", Complete, shorter => shorter);
        yield return Supplement("of-what-nobody-sealed", "2/ledgered", Complete, _ => Digests.Empty);
        yield return Supplement("sealed-as-a-second-recording", "", Open, shorter => shorter, type: "recording.sealed");
        yield return Supplement("of-a-seal-that-is-gone", "2/ledgered", Open, shorter => shorter, keepsSeal: false);
        yield return Supplement("unledgered", "2/ledgered", Complete, shorter => shorter, type: "recording.viewed");
    }
}
