using System.Security.Cryptography;
using System.Text;
using OpenOva.Relay.Evidence.Bundle;
using OpenOva.Relay.Evidence.Json;
using OpenOva.Relay.Evidence.Keys;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Evidence.Recording;
using OpenOva.Relay.Evidence.Stamps;

namespace OpenOva.Relay.Evidence.Verification;

/// <summary>Checks a bundle offline (README.md section 5.3): nothing is asked of Relay or of any server.</summary>
public sealed class BundleVerifier
{
    private const int MaxStatementBytes = 512 << 20;
    private const int MaxStampBytes = 1 << 20;

    private readonly Stream _from;
    private readonly Reliance _reliance;
    private readonly List<(string Name, LedgerStamp Stamp)> _stamps = [];
    private readonly CheckList _checks = new();
    private BundleContainer? _container;
    private Jws? _bundleJws;
    private EvidenceObject? _bundle;
    private KeyHistory? _keys;
    private Checkpoint? _checkpoint;
    private LedgerRange? _ledger;
    private string _completeness = "NOT_EVIDENCED";
    private IReadOnlyList<string> _open = [];

    private BundleVerifier(Stream from, Reliance reliance)
    {
        _from = from;
        _reliance = reliance;
    }

    /// <summary>Makes every check.</summary>
    /// <param name="bundle">Seekable.</param>
    /// <param name="trusted">The root key's fingerprint, obtained elsewhere; null: the verdict is UNANCHORED at best.</param>
    /// <param name="knownHeads">Checkpoints that somebody else kept, each a compact JWS.</param>
    public static Verdict Verify(Stream bundle, string? trusted, IReadOnlyList<byte[]> knownHeads) =>
        Verify(bundle, new Reliance { Fingerprint = trusted, KnownHeads = [.. knownHeads.Select(head => new KnownHead(head))] });

    /// <summary>Makes every check.</summary>
    /// <param name="bundle">Seekable.</param>
    /// <param name="reliance">What the reader has from elsewhere.</param>
    public static Verdict Verify(Stream bundle, Reliance reliance)
    {
        var verifier = new BundleVerifier(bundle, reliance);
        verifier.VerifyAll();
        return Verdict.Of(verifier._checks.All, verifier._completeness, verifier._open, verifier._keys?.Fingerprint);
    }

    private void VerifyAll()
    {
        _checks.Make(CheckNames.Container, [], Container);
        var sessions = _container is null ? [] : _container.Entries.Select(e => e.Name)
            .Where(n => n.StartsWith(BundlePath.Recordings, StringComparison.Ordinal)).Select(n => n.Split('/')).Where(n => n.Length > 2).Select(n => n[1])
            .Distinct(StringComparer.Ordinal).ToList();
        if (_container is not null) ReadBundleManifest();
        _checks.Make(CheckNames.Files, [CheckNames.Container], Files);
        _checks.Make(CheckNames.Keys, [CheckNames.Container], Keys);
        _checks.Make(CheckNames.Trust, [CheckNames.Keys], () => KeyTrust.Check(_reliance.Fingerprint, _keys!));
        if (_container is not null && _bundle is null) _checks.Add(CheckNames.BundleSignature, CheckOutcome.NotMade, "needs a readable bundle.jws");
        else _checks.Make(CheckNames.BundleSignature, [CheckNames.Keys], BundleSignature);
        _checks.Make(CheckNames.Checkpoint, [CheckNames.Keys], CheckpointOf);
        var events = sessions.ToDictionary(s => s, _ => new RecordingEvents(), StringComparer.Ordinal);
        var stampError = ReadStamps();
        _checks.Make(CheckNames.Ledger, [CheckNames.Checkpoint], () => Ledger(events));
        if (_reliance.KnownHeads.Count == 0) _checks.Add(CheckNames.KnownHead, CheckOutcome.NotMade, "no known head was given");
        else _checks.Make(CheckNames.KnownHead, [CheckNames.Ledger], KnownHeads);
        _checks.Make(CheckNames.Timestamps, _stamps.Count > 0 ? [CheckNames.Ledger] : [], () => Timestamps(stampError));
        foreach (var session in sessions) VerifyRecording(session, events[session]);
    }

    private string Container()
    {
        _container = BundleContainer.Open(_from);
        return $"{_container.Entries.Count} entries";
    }

    private void ReadBundleManifest()
    {
        try
        {
            if (!_container!.Has(BundlePath.Manifest)) return;
            var jws = Jws.Parse(_container.ReadEntry(BundlePath.Manifest, MaxStatementBytes), JwsTypes.Bundle, BundlePath.Manifest);
            var read = jws.ReadPayload(BundlePath.Manifest);
            _ = (read.String("organisation"), read.Count("created_us"), read.String("report"), read.Object("head").Count("size"), read.Object("head").Digest("root"), read.Object("head").Digest("sha256"));
            foreach (var file in read.Objects("files")) _ = (file.String("path"), file.Count("bytes"), file.Digest("sha256"));
            (_bundleJws, _bundle) = (jws, read);
        }
        catch (EvidenceFormatException)
        {
            // The files check reads it again and says what is wrong.
        }
    }

    private string Files()
    {
        if (!_container!.Has(BundlePath.Manifest)) throw new EvidenceFormatException("bundle.jws is not there");
        if (_bundle is not { } bundle)
        {
            var jws = Jws.Parse(_container.ReadEntry(BundlePath.Manifest, MaxStatementBytes), JwsTypes.Bundle, BundlePath.Manifest);
            var read = jws.ReadPayload(BundlePath.Manifest);
            _ = read.Objects("files").Select(f => (f.String("path"), f.Count("bytes"), f.Digest("sha256"))).ToList();
            throw read.Error("a member is missing or of another form");
        }

        var listed = bundle.Objects("files").Select(f => (Path: f.String("path"), Bytes: f.Count("bytes"), Sha256: f.Digest("sha256"))).ToList();
        var present = _container.Entries.Where(e => e.Name != BundlePath.Manifest).ToList();
        var findings = new List<string>();
        findings.AddRange(listed.Select(l => l.Path).Except(present.Select(p => p.Name), StringComparer.Ordinal).Select(p => $"{p} is listed but not there"));
        findings.AddRange(present.Select(p => p.Name).Except(listed.Select(l => l.Path), StringComparer.Ordinal).Select(p => $"{p} is there but not listed"));
        if (findings.Count == 0 && !listed.Select(l => l.Path).SequenceEqual(present.Select(p => p.Name), StringComparer.Ordinal))
            findings.Add("the list is not in the entries' order, or names one twice");
        var byPath = listed.DistinctBy(l => l.Path, StringComparer.Ordinal).ToDictionary(l => l.Path, StringComparer.Ordinal);
        foreach (var entry in _container.Entries)
        {
            var (sha256, crc) = Measure(entry.Name);
            if (crc != entry.Crc32) findings.Add($"{entry.Name}: its CRC-32 is not the container's");
            if (byPath.TryGetValue(entry.Name, out var l) && (l.Bytes, l.Sha256) != (entry.Bytes, sha256)) findings.Add($"{entry.Name}: its length or digest is not the listed one");
        }

        if (findings.Count > 0) throw new EvidenceFormatException(string.Join("; ", findings.Take(20)));
        return $"{present.Count} files";
    }

    private (string Sha256, uint Crc32) Measure(string name)
    {
        using var from = _container!.OpenEntry(name);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var crc = new Crc32();
        var buffer = new byte[128 * 1024];
        int read;
        while ((read = from.Read(buffer)) > 0)
        {
            hash.AppendData(buffer.AsSpan(0, read));
            crc.Append(buffer.AsSpan(0, read));
        }

        return (Convert.ToHexStringLower(hash.GetHashAndReset()), crc.Value);
    }

    private string Keys()
    {
        var keys = KeyHistory.Parse(Required(BundlePath.Keys), BundlePath.Keys);
        if (_bundle is { } bundle && bundle.String("organisation") != keys.Organisation) throw new EvidenceFormatException($"{BundlePath.Keys}: another organisation's");
        _keys = keys;
        return $"organisation {keys.Organisation}, {keys.Keys.Count} signing keys, root {keys.Fingerprint}";
    }

    private string BundleSignature() => _keys!.Signed(_bundleJws!, _bundle!.Value.Count("created_us"))
        ? $"signed by {_bundleJws!.KeyId}"
        : throw new EvidenceFormatException("bundle.jws is not signed by the organisation's key of that time");

    private string CheckpointOf()
    {
        var checkpoint = Checkpoint.Parse(Required(BundlePath.Checkpoint), BundlePath.Checkpoint);
        if (checkpoint.Organisation != _keys!.Organisation) throw new EvidenceFormatException($"{BundlePath.Checkpoint}: another organisation's");
        if (!_keys.Signed(checkpoint.Jws, checkpoint.TimeUs)) throw new EvidenceFormatException($"{BundlePath.Checkpoint}: not signed by the organisation's key of that time");
        if (_bundle is { } bundle)
        {
            var head = bundle.Object("head");
            if (head.Count("size") != checkpoint.Size || head.Digest("root") != checkpoint.Root || head.Digest("sha256") != checkpoint.Jws.Digest)
                throw new EvidenceFormatException($"{BundlePath.Checkpoint}: not the head that bundle.jws names");
        }

        _checkpoint = checkpoint;
        return $"{checkpoint.Size} leaves at {checkpoint.TimeUs}";
    }

    private string Ledger(Dictionary<string, RecordingEvents> events)
    {
        if (!_container!.Has(BundlePath.Leaves)) throw new EvidenceMissingException($"{BundlePath.Leaves} is not there");
        var range = LedgerRange.Parse(Required(BundlePath.Range), _checkpoint!);
        var completeness = new Completeness();
        var referred = ReferredIds(events);
        using var leaves = _container.OpenEntry(BundlePath.Leaves);
        range.Read(leaves, _keys!.Organisation, leaf =>
        {
            LedgerEventForms.Check(leaf);
            completeness.Add(leaf);
            if (referred.TryGetValue(leaf.Id, out var to)) to.ForEach(e => e.Refer(leaf));
            if (leaf.Type is LedgerEventTypes.RecordingSealed or LedgerEventTypes.RecordingSupplemented or LedgerEventTypes.RecordingChain
                && events.TryGetValue(leaf.Data.String("session"), out var of)) of.Add(leaf);
        }, KnownHeadCheck.Sizes(_reliance.KnownHeads).Concat(_stamps.Select(entry => entry.Stamp.Checkpoint.Size)).ToHashSet());
        _ledger = range;
        _open = completeness.Open(range.First);
        _completeness = _open.Count == 0 ? "COMPLETE" : "OPEN";
        return $"leaves {range.First} to {range.Size - 1} lead to the checkpoint's root";
    }

    // Which events matter to a recording is known from its manifest, read here without trust: a decision carries no session.
    private Dictionary<string, List<RecordingEvents>> ReferredIds(Dictionary<string, RecordingEvents> events)
    {
        var referred = new Dictionary<string, List<RecordingEvents>>(StringComparer.Ordinal);
        foreach (var (session, of) in events)
        {
            try
            {
                if (!_container!.Has(BundlePath.RecordingManifest(session))) continue;
                var jws = Jws.Parse(_container.ReadEntry(BundlePath.RecordingManifest(session), MaxStatementBytes), JwsTypes.Manifest, "manifest");
                var manifest = jws.ReadPayload("manifest");
                foreach (var id in ((string[])[manifest.Object("decision").String("id"), manifest.Object("opening").String("id")]).Distinct(StringComparer.Ordinal))
                {
                    if (!referred.TryGetValue(id, out var list)) referred[id] = list = [];
                    list.Add(of);
                }
            }
            catch (EvidenceFormatException)
            {
                // The manifest check reads it again and says what is wrong.
            }
        }

        return referred;
    }

    private string KnownHeads() => KnownHeadCheck.Make(_reliance.KnownHeads, _keys!, _checkpoint!, _ledger!.First, _ledger.RootAt);

    // Which roots will be asked for is known from the stamps, read here without trust. What is wrong with their form is returned.
    private string? ReadStamps()
    {
        foreach (var name in _container?.Entries.Select(e => e.Name).Where(n => n.StartsWith(BundlePath.Timestamps, StringComparison.Ordinal)) ?? [])
        {
            try
            {
                var stamp = LedgerStamp.Parse(_container!.ReadEntry(name, MaxStampBytes), name);
                if (name != BundlePath.Timestamp(stamp.Checkpoint.Jws.Digest)) return $"{name}: not named after its head";
                _stamps.Add((name, stamp));
            }
            catch (EvidenceFormatException wrong)
            {
                return wrong.Message;
            }
        }

        return null;
    }

    private string Timestamps(string? error) => error is null
        ? StampCheck.Make(_stamps, _reliance.TimestampAuthorities, _keys, _ledger?.First ?? 0, _ledger?.Size ?? 0, size => _ledger!.RootAt(size))
        : throw new EvidenceFormatException(error);

    private void VerifyRecording(string session, RecordingEvents events)
    {
        var parts = new RecordingParts(
            () => Optional(BundlePath.RecordingManifest(session)),
            () => Optional(BundlePath.RecordingIndex(session)),
            () => _container!.Has(BundlePath.RecordingObject(session)) ? _container.OpenEntry(BundlePath.RecordingObject(session)) : null);
        new RecordingVerifier(_keys?.Organisation ?? "", session, parts, _keys, events, _ledger?.First ?? 0, _checks).Verify();
    }

    private byte[]? Optional(string name) => _container!.Has(name) ? _container.ReadEntry(name, MaxStatementBytes) : null;

    private byte[] Required(string name) => Optional(name) ?? throw new EvidenceMissingException($"{name} is not there");
}
