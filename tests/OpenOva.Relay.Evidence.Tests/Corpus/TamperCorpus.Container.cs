using System.Text;
using System.Text.Json.Nodes;
using OpenOva.Relay.Evidence.Bundle;
using OpenOva.Relay.Evidence.Json;
using OpenOva.Relay.Evidence.Keys;

namespace OpenOva.Relay.Evidence.Tests.Corpus;

public static partial class TamperCorpus
{
    private static IEnumerable<Source> Containers()
    {
        Source Broken(string name, Tamper make) => new(Expect("container-" + name, 1, Failed, None, "container"), make);
        yield return Broken("empty", _ => Task.FromResult<byte[]>([]));
        yield return Broken("no-zip", _ => Task.FromResult(Encoding.ASCII.GetBytes(new string('x', 500))));
        yield return Broken("last-byte-cut", Packed(b => b[..^1]));
        yield return Broken("half", Packed(b => b[..(b.Length / 2)]));
        yield return Broken("prefixed", Packed(b => [(byte)'#', .. b]));
        yield return Broken("followed", Packed(b => [.. b, (byte)'\n']));
        yield return Broken("zip-comment", Packed(b => [.. b[..^2], 1, 0, (byte)'c']));
        yield return Broken("entry-doubled", Entries(f => f.Insert(3, f[3])));
        yield return Broken("entries-swapped", Entries(f => (f[2], f[3]) = (f[3], f[2])));
        yield return Broken("manifest-first", Entries(f =>
        {
            f.Insert(0, f[^1]);
            f.RemoveAt(f.Count - 1);
        }));
        yield return Broken("name-climbs", Entries(f => f.Insert(0, ("../x", []))));
        yield return Broken("name-absolute", Entries(f => f.Insert(0, ("/x", []))));
        yield return Broken("name-folder", Entries(f => f.Insert(f.FindIndex(e => e.Name.StartsWith("result", StringComparison.Ordinal)), ("result/", []))));
        yield return Broken("name-but-for-case", Entries(f => f.Insert(f.FindIndex(e => e.Name.StartsWith("result", StringComparison.Ordinal)), ("readme.TXT", []))));
        yield return Broken("bytes-between", Packed(b =>
        {
            var at = Forgery.Find(b, "PK\u0003\u0004", 40);
            return [.. b[..at], 0, .. b[at..]];
        }));
        yield return Broken("directory-other-size", Packed(b => Changed(b, Forgery.Find(b, "PK\u0001\u0002") + 24)));
        yield return Broken("deflated-method", Packed(b => Changed(b, 8)));
    }

    private static IEnumerable<Source> Outers()
    {
        yield return new(Expect("untouched", 0, Held, Complete), Files(_ => { }));
        yield return new(Expect("untouched-no-known-head", 0, Held, Complete), Files(_ => { }), Heads: false);
        yield return new(Expect("untouched-no-trust", 2, Unanchored, Complete, missing: "trust"), Files(_ => { }), Trusts: "none");
        yield return new(Expect("untouched-other-trust", 2, Unanchored, Complete, missing: "trust"), Files(_ => { }), Trusts: "other");
        yield return new(Expect("all-by-another-organisation", 2, Unanchored, Complete, missing: "trust"), ForeignAsync, Heads: false);
        yield return new(Expect("root-replaced", 2, Unanchored, Complete, missing: "trust"), async sample =>
        {
            sample.Files[BundlePath.Keys] = Encoding.ASCII.GetBytes((await sample.Keys.HistoryAsync(sample.Keys.ForeignRoot)).Jws.Compact);
            return await sample.PackAsync();
        });
        yield return new(Expect("signed-by-another-key", 1, Failed, Complete, "bundle-signature"), s => s.PackAsync(s.Keys.Foreign));
        yield return new(Expect("signed-by-expired-key", 1, Failed, Complete, "bundle-signature"), s => s.PackAsync(s.Keys.Old));
        yield return new(Expect("signed-by-key-before-its-time", 1, Failed, Complete, "bundle-signature"), s => s.PackAsync(s.Keys.Present, SampleBundle.RotatedUs - 1));
        yield return new(Expect("signed-by-root", 1, Failed, Complete, "bundle-signature"), s => s.PackAsync(s.Keys.Root));
        foreach (var (path, failed, missing, completeness) in new (string, string, string, string)[]
        {
            ("README.txt", "", "", Complete), (BundlePath.Keys, "", "keys", None), (BundlePath.Range, "", "ledger", None), (BundlePath.Leaves, "", "ledger", None),
            (BundlePath.RecordingManifest(SampleBundle.First), "", "1/manifest", Complete), (BundlePath.RecordingIndex(SampleBundle.First), "", "1/index", Complete),
            (BundlePath.RecordingObject(SampleBundle.First), "", "1/object", Complete),
        })
        {
            yield return new(Expect($"dropped-{path.Split('/')[^1]}", missing.Length > 0 ? 2 : 0, missing.Length > 0 ? Incomplete : Held, completeness, failed, missing), Files(f => f.Remove(path)));
            yield return new(Expect($"dropped-unsigned-{path.Split('/')[^1]}", 1, Failed, completeness, "files", missing), Entries(f => f.RemoveAll(e => e.Name == path)));
        }

        yield return new(Expect("dropped-unsigned-checkpoint.jws", 1, Failed, None, "files", "checkpoint"), Entries(f => f.RemoveAll(e => e.Name == BundlePath.Checkpoint)));
        yield return new(Expect("dropped-bundle.jws", 1, Failed, Complete, "files"), Entries(f => f.RemoveAt(f.Count - 1)));
        yield return new(Expect("added-unlisted", 1, Failed, Complete, "files"), Entries(f => f.Insert(0, ("A.txt", [1]))));
        yield return new(Expect("changed-result", 1, Failed, Complete, "files"), Entries(f =>
            f[f.FindIndex(e => e.Name == "result/report.json")] = ("result/report.json", "{\"v\":2}"u8.ToArray())));
        yield return new(Expect("swapped-contents", 1, Failed, Complete, "files"), Entries(f =>
        {
            var (a, b) = (f.FindIndex(e => e.Name == "README.txt"), f.FindIndex(e => e.Name == "limitations.md"));
            (f[a], f[b]) = ((f[a].Name, f[b].Data), (f[b].Name, f[a].Data));
        }));
        yield return Listed("list-doubled", p => p["files"]!.AsArray().Insert(0, p["files"]![0]!.DeepClone()));
        yield return Listed("list-unsorted", p =>
        {
            var files = p["files"]!.AsArray();
            var first = files[0]!;
            files.RemoveAt(0);
            files.Insert(1, first);
        });
        yield return Listed("list-names-itself", p => p["files"]!.AsArray().Add(new JsonObject { ["path"] = "bundle.jws", ["bytes"] = 0, ["sha256"] = Digests.Empty }));
        yield return Listed("list-length-wrong", p => p["files"]![0]!["bytes"] = 1);
        yield return new(Expect("bundle-version-2", 1, Failed, Complete, "files"),
            Packed((s, b) => Forgery.WithManifestAsync(b, p => p["v"] = 2, s.Keys.Present)));
        yield return new(Expect("bundle-without-report", 1, Failed, Complete, "files"),
            Packed((s, b) => Forgery.WithManifestAsync(b, p => p.Remove("report"), s.Keys.Present)));
        yield return new(Expect("bundle-unknown-member", 0, Held, Complete), Packed((s, b) => Forgery.WithManifestAsync(b, p => p["extra"] = 1, s.Keys.Present)));
        yield return new(Expect("bundle-other-organisation", 1, Failed, None, "keys"),
            Packed((s, b) => Forgery.WithManifestAsync(b, p => p["organisation"] = "other", s.Keys.Present)));
        yield return new(Expect("bundle-other-head", 1, Failed, None, "checkpoint"),
            Packed((s, b) => Forgery.WithManifestAsync(b, p => p["head"]!["size"] = 3, s.Keys.Present)));
        foreach (var (name, header, spoil) in new (string, string, Func<string, string>)[]
        {
            ("payload-white-space", Header("relay-bundle+jws"), p => p.Replace("{\"created_us\":", "{ \"created_us\":", StringComparison.Ordinal)),
            ("payload-float", Header("relay-bundle+jws"), p => p.Replace(",\"v\":1}", ",\"v\":1.0}", StringComparison.Ordinal)),
            ("payload-duplicate", Header("relay-bundle+jws"), p => p.Replace(",\"v\":1}", ",\"v\":1,\"v\":1}", StringComparison.Ordinal)),
            ("header-extra-member", Header("relay-bundle+jws").Replace("{\"alg\"", "{\"a\":1,\"alg\"", StringComparison.Ordinal), p => p),
            ("header-other-type", Header("relay-checkpoint+jws"), p => p),
            ("header-alg-none", Header("relay-bundle+jws").Replace("ES256", "none", StringComparison.Ordinal), p => p),
        })
        {
            yield return new(Expect("bundle-" + name, 1, Failed, Complete, "files"), Packed((s, b) =>
            {
                var files = Forgery.Unzip(b);
                var payload = spoil(Encoding.UTF8.GetString(CanonicalJson.Encode(SampleBundle.Payload(files[^1].Data))));
                files[^1] = (BundlePath.Manifest, Forgery.RawJws(header.Replace("KID", s.Keys.Present.PublicKey.Thumbprint, StringComparison.Ordinal), payload, s.Keys.Present));
                return Task.FromResult(Forgery.Zip(files));
            }));
        }

        yield return new(Expect("keys-other-organisation", 1, Failed, None, "keys"), KeysAsync(p => p["organisation"] = "other", s => s.Keys.Root));
        yield return new(Expect("keys-version-2", 1, Failed, None, "keys"), KeysAsync(p => p["v"] = 2, s => s.Keys.Root));
        yield return new(Expect("keys-wrong-kid", 1, Failed, None, "keys"), KeysAsync(p => p["keys"]![0]!["kid"] = "x", s => s.Keys.Root));
        yield return new(Expect("keys-other-use", 1, Failed, None, "checkpoint, bundle-signature, 2/manifest"), KeysAsync(p => p["keys"]![1]!["use"] = "encryption", s => s.Keys.Root));
        yield return new(Expect("keys-off-curve", 1, Failed, None, "keys"), KeysAsync(p => p["keys"]![0]!["jwk"]!["y"] = p["keys"]![0]!["jwk"]!["x"]!.DeepClone(), s => s.Keys.Root));
        yield return new(Expect("keys-not-by-root", 1, Failed, None, "keys"), async sample =>
        {
            var compact = Encoding.ASCII.GetString(sample.Files[BundlePath.Keys]);
            var forged = Encoding.ASCII.GetString(await SampleBundle.SignAsync(JwsTypes.KeyHistory, SampleBundle.Payload(sample.Files[BundlePath.Keys]), sample.Keys.Foreign, embed: true));
            sample.Files[BundlePath.Keys] = Encoding.ASCII.GetBytes($"{compact.Split('.')[0]}.{forged.Split('.')[1]}.{forged.Split('.')[2]}");
            return await sample.PackAsync();
        });
    }

    private static Source Listed(string name, Action<JsonObject> change) =>
        new(Expect(name, 1, Failed, Complete, "files"), Packed((s, b) => Forgery.WithManifestAsync(b, change, s.Keys.Present)));

    private static string Header(string type) => $"{{\"alg\":\"ES256\",\"kid\":\"KID\",\"typ\":\"{type}\"}}";

    private static Tamper KeysAsync(Action<JsonObject> change, Func<SampleBundle, P256SigningKey> root) => async sample =>
    {
        var payload = SampleBundle.Payload(sample.Files[BundlePath.Keys]);
        change(payload);
        sample.Files[BundlePath.Keys] = await SampleBundle.SignAsync(JwsTypes.KeyHistory, payload, root(sample), embed: true);
        return await sample.PackAsync();
    };

    private static byte[] Changed(byte[] bundle, int at)
    {
        bundle[at] ^= 8;
        return bundle;
    }

    private static async Task<byte[]> ForeignAsync(SampleBundle _)
    {
        using var keys = new SampleKeys();
        return await (await SampleBundle.CreateAsync(keys)).PackAsync();
    }
}
