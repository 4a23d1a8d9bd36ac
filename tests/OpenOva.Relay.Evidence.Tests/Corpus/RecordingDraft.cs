using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using OpenOva.Relay.Evidence.Bundle;
using OpenOva.Relay.Evidence.Json;
using OpenOva.Relay.Evidence.Keys;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Evidence.Recording;

namespace OpenOva.Relay.Evidence.Tests.Corpus;

/// <summary>
/// A sample's recording taken apart, to be changed and put together again by somebody who holds the organisation's key, and perhaps the session's: every
/// digest above the change is made again, so that only what the forger cannot reach tells.
/// </summary>
public sealed class RecordingDraft
{
    private readonly SampleBundle _sample;
    private readonly string _session;
    private readonly List<string> _original = [];

    private RecordingDraft(SampleBundle sample, string session)
    {
        _sample = sample;
        _session = session;
        Manifest = SampleBundle.Payload(sample.Files[BundlePath.RecordingManifest(session)]);
        SessionKey = session == SampleBundle.First ? sample.Keys.FirstSession : sample.Keys.SecondSession;
        ManifestKey = session == SampleBundle.First ? sample.Keys.Old : sample.Keys.Present;
    }

    public JsonObject Manifest { get; }

    public List<(JsonObject Header, byte[] Raw)> Segments { get; } = [];

    public P256SigningKey SessionKey { get; set; }

    public P256SigningKey ManifestKey { get; set; }

    public static RecordingDraft Of(SampleBundle sample, string session)
    {
        var draft = new RecordingDraft(sample, session);
        var index = RecordingIndex.Parse(sample.Files[BundlePath.RecordingIndex(session)], "index");
        using var raw = new MemoryStream();
        using var from = new MemoryStream(sample.Files[BundlePath.RecordingObject(session)]);
        foreach (var member in index.Members) GzipMembers.Decompress(from, member.Bytes, member.RawBytes, piece => raw.Write(piece), "member");
        draft._original.AddRange(index.Segments);
        foreach (var header in index.Segments.Select(s => SampleBundle.Payload(Encoding.ASCII.GetBytes(s))))
            draft.Segments.Add((header, raw.ToArray().AsSpan((int)(long)header["raw_offset"]!, (int)(long)header["raw_bytes"]!).ToArray()));
        return draft;
    }

    /// <summary>Signs every segment and everything above, and puts the files into the sample.</summary>
    /// <param name="reledger">Also writes the ledger anew, with the new digests in its events.</param>
    public async Task PutAsync(bool reledger = false)
    {
        var (previous, offset) = ((string)Manifest["opening"]!["sha256"]!, 0L);
        var signed = new List<Jws>();
        foreach (var (header, raw) in Segments)
        {
            (header["previous"], header["raw_offset"], header["raw_bytes"], header["raw_sha256"]) = (previous, offset, raw.Length, Digests.Hex(raw));
            var key = (string)header["signer"]! == "session" ? SessionKey : _sample.Keys.Present;
            // A second signature over the same header would be another head: what did not change is kept.
            var kept = _original.Select(o => Jws.Parse(o, JwsTypes.Segment, "segment"))
                .FirstOrDefault(o => o.IsSignedBy(key.PublicKey) && o.Payload.Span.SequenceEqual(CanonicalJson.Encode(header)));
            signed.Add(kept ?? await Jws.SignAsync(JwsTypes.Segment, header, key));
            (previous, offset) = (signed[^1].Digest, offset + raw.Length);
        }

        await PutSegmentsAsync([.. signed.Select(s => s.Compact)], [.. Segments.SelectMany(s => s.Raw)]);
        if (reledger) await ReledgerAsync([.. signed.Select(s => s.Digest)]);
    }

    /// <summary>Puts segments that are signed already, and everything above them.</summary>
    public async Task PutSegmentsAsync(List<string> compact, byte[] raw, byte[]? gzip = null, JsonArray? members = null)
    {
        gzip ??= GzipMembers.Compress(raw);
        var index = CanonicalJson.Encode(new JsonObject
        {
            ["v"] = 1, ["organisation"] = SampleBundle.Organisation, ["session"] = _session,
            ["object_bytes"] = gzip.Length, ["object_sha256"] = Digests.Hex(gzip), ["raw_bytes"] = raw.Length, ["raw_sha256"] = Digests.Hex(raw),
            ["members"] = members ?? [new JsonObject { ["offset"] = 0, ["bytes"] = gzip.Length, ["raw_offset"] = 0, ["raw_bytes"] = raw.Length }],
            ["segments"] = new JsonArray([.. compact.Select(s => JsonValue.Create(s))]),
        });
        var tree = new MerkleFrontier();
        foreach (var segment in compact) tree.Append(MerkleHash.Leaf(Encoding.ASCII.GetBytes(segment)));
        Manifest["segments"] = new JsonObject { ["count"] = compact.Count, ["root"] = Convert.ToHexStringLower(tree.Root()), ["head"] = compact.Count == 0 ? Digests.Empty : Digests.Hex(compact[^1]) };
        foreach (var (name, content) in ((string, byte[])[])[("recording", gzip), ("index", index)])
            (Manifest[name]!["bytes"], Manifest[name]!["sha256"]) = (content.Length, Digests.Hex(content));
        (Manifest["recording"]!["raw_bytes"], Manifest["recording"]!["raw_sha256"]) = (raw.Length, Digests.Hex(raw));
        _sample.Files[BundlePath.RecordingIndex(_session)] = index;
        _sample.Files[BundlePath.RecordingObject(_session)] = gzip;
        await PutManifestAsync();
    }

    public async Task PutManifestAsync() =>
        _sample.Files[BundlePath.RecordingManifest(_session)] = await SampleBundle.SignAsync(JwsTypes.Manifest, Manifest, ManifestKey);

    public async Task ReledgerAsync(List<string>? heads = null)
    {
        var digest = Convert.ToHexStringLower(SHA256.HashData(_sample.Files[BundlePath.RecordingManifest(_session)]));
        var leaves = _sample.Leaves();
        foreach (var leaf in leaves.Where(l => (string?)l["data"]!["session"] == _session))
        {
            var data = leaf["data"]!;
            if (data["manifest_sha256"] is not null) data["manifest_sha256"] = digest;
            if (data["head"] is not null && heads is not null) data["head"] = heads[int.Parse(data["number"]!.ToString(), CultureInfo.InvariantCulture)];
        }

        await _sample.SetLeavesAsync(leaves);
    }
}
