using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using OpenOva.Relay.Evidence.Json;
using OpenOva.Relay.Evidence.Keys;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Evidence.Recording;

namespace OpenOva.Relay.Evidence.Verification;

/// <summary>Where a recording's parts are read from: a bundle, or the object store. Null: the part is not there.</summary>
public sealed record RecordingParts(Func<byte[]?> Manifest, Func<byte[]?> Index, Func<Stream?> Object);

/// <summary>Checks one recording (README.md section 5.3, <c>recording/…</c>). One instance, one recording.</summary>
public sealed class RecordingVerifier
{
    private readonly string _organisation;
    private readonly string _session;
    private readonly RecordingParts _parts;
    private readonly KeyHistory? _keys;
    private readonly RecordingEvents? _events;
    private readonly long _firstLeaf;
    private readonly CheckList _checks;
    private Jws? _manifestJws;
    private EvidenceObject _manifest;
    private RecordingIndex? _index;
    private List<SegmentHeader> _headers = [];

    /// <summary>Prepares the checks.</summary>
    /// <param name="organisation">Whose recording it must be.</param>
    /// <param name="session">Which session it must be.</param>
    /// <param name="parts">Its parts.</param>
    /// <param name="keys">The organisation's keys; null when they did not hold.</param>
    /// <param name="events">What the ledger says; null when it did not hold.</param>
    /// <param name="firstLeaf">Where the known part of the ledger begins.</param>
    /// <param name="checks">Receives the outcomes; must hold the outcomes of <c>keys</c> and <c>ledger</c>.</param>
    public RecordingVerifier(string organisation, string session, RecordingParts parts, KeyHistory? keys, RecordingEvents? events, long firstLeaf, CheckList checks)
    {
        _organisation = organisation;
        _session = session;
        _parts = parts;
        _keys = keys;
        _events = events;
        _firstLeaf = firstLeaf;
        _checks = checks;
    }

    /// <summary>Makes all checks.</summary>
    public void Verify()
    {
        _checks.Make(Name("manifest"), [CheckNames.Keys], Manifest);
        _checks.Make(Name("ledgered"), [Name("manifest"), CheckNames.Ledger], Ledgered);
        _checks.Make(Name("index"), [Name("manifest")], Index);
        _checks.Make(Name("object"), [Name("manifest")], Object);
        _checks.Make(Name("chain"), [Name("manifest"), Name("index"), CheckNames.Ledger], Chain);
        var segments = new SegmentDigests();
        _checks.Make(Name("raw"), [Name("index"), Name("object")], () => Raw(segments));
        _checks.Make(Name("balance"), [Name("chain"), Name("raw")], () => Balance(segments));
    }

    private string Name(string check) => CheckNames.Recording(_session, check);

    private string Manifest()
    {
        var file = _parts.Manifest() ?? throw new EvidenceMissingException("the manifest is not there");
        _manifestJws = Jws.Parse(file, JwsTypes.Manifest, "manifest");
        _manifest = _manifestJws.ReadPayload("manifest");
        if (_manifest.String("organisation") != _organisation) throw _manifest.Error("another organisation's");
        if (_manifest.String("session") != _session) throw _manifest.Error("another session's");
        if (!_keys!.Signed(_manifestJws, _manifest.Count("sealed_us"))) throw _manifest.Error("not signed by the organisation's key of that time");
        ManifestForm.Check(_manifest);
        return $"sealed at {_manifest.Count("sealed_us")}";
    }

    private string Ledgered()
    {
        var missing = new List<string>();
        if (!_events!.SealedManifests.Contains(_manifestJws!.Digest)) NotFound("no recording.sealed or recording.supplemented event names this manifest");
        foreach (var earlier in _manifest.Objects("supplements").Select(s => s.Digest("sha256")).Where(s => !_events.SealedManifests.Contains(s)))
            NotFound($"the ledger does not know the manifest {earlier} that this one supplements");
        Find("decision", LedgerEventTypes.AccessDecided);
        if (Find("opening", LedgerEventTypes.RecordingOpened) is { } opening)
        {
            if (opening.Session != _session) throw _manifest.Error("its opening is another session's");
            if (opening.Epoch != _manifest.Count("epoch")) throw _manifest.Error("its epoch is not the one in the ledger");
            if (opening.SessionKey != EcPublicKey.FromJwk(_manifest.Object("session_key")).Thumbprint)
                throw _manifest.Error("its session key is not the one in the ledger");
        }

        // What is wrong goes before what is not there.
        if (missing.Count > 0) throw new EvidenceMissingException($"{string.Join("; ", missing)}; leaves before {_firstLeaf} are not here");
        return "manifest, decision, opening and session key are in the ledger";

        RecordingEvents.ReferredEvent? Find(string name, string type)
        {
            var reference = _manifest.Object(name);
            var found = _events!.Referred(reference.String("id")).ToList();
            if (found.Count == 0)
            {
                NotFound($"its {name} is not in the ledger");
                return null;
            }

            return found.FirstOrDefault(e => e.Type == type && e.DataDigest == reference.Digest("sha256"))
                ?? throw _manifest.Error($"its {name} is not what the ledger says");
        }

        void NotFound(string what)
        {
            if (_firstLeaf == 0) throw new EvidenceFormatException(what);
            missing.Add(what);
        }
    }

    private string Index()
    {
        var file = _parts.Index() ?? throw new EvidenceMissingException("the index is not there");
        var expected = _manifest.Object("index");
        if (file.Length != expected.Count("bytes") || Digests.Hex(file) != expected.Digest("sha256")) throw new EvidenceFormatException("index: not the one that the manifest names");
        var index = RecordingIndex.Parse(file, "index");
        if (index.Organisation != _organisation || index.Session != _session) throw new EvidenceFormatException("index: another session's");
        var recording = _manifest.Object("recording");
        if (index.ObjectBytes != recording.Count("bytes") || index.ObjectSha256 != recording.Digest("sha256")
            || index.RawBytes != recording.Count("raw_bytes") || index.RawSha256 != recording.Digest("raw_sha256"))
        {
            throw new EvidenceFormatException("index: its lengths or digests are not the manifest's");
        }

        _index = index;
        return $"{index.Members.Count} members, {index.Segments.Count} segments";
    }

    private string Object()
    {
        using var from = _parts.Object() ?? throw new EvidenceMissingException("the recording is not there");
        using var hashing = new HashingStream(Stream.Null);
        from.CopyTo(hashing, 128 * 1024);
        var expected = _manifest.Object("recording");
        if (hashing.Written != expected.Count("bytes")) throw new EvidenceFormatException($"recording: {hashing.Written} bytes, not {expected.Count("bytes")}");
        if (hashing.Digest() != expected.Digest("sha256")) throw new EvidenceFormatException("recording: its digest is not the manifest's");
        return $"{hashing.Written} bytes";
    }

    private string Chain()
    {
        var sessionKey = EcPublicKey.FromJwk(_manifest.Object("session_key"));
        long? serviceFrom = _manifest.Has("recovered") ? _manifest.Object("recovered").Count("from_segment") : null;
        var epoch = _manifest.Count("epoch");
        var (previous, offset) = (_manifest.Object("opening").Digest("sha256"), 0L);
        var tree = new MerkleFrontier();
        var headers = new List<SegmentHeader>();
        var heads = new List<string>();
        foreach (var compact in _index!.Segments)
        {
            var what = $"segment {headers.Count}";
            var jws = Jws.Parse(compact, JwsTypes.Segment, what);
            var header = SegmentHeader.Parse(jws, what);
            if (header.Organisation != _organisation || header.Session != _session || header.Epoch != epoch) throw new EvidenceFormatException($"{what}: another recording's");
            if (header.Number != headers.Count || header.RawOffset != offset) throw new EvidenceFormatException($"{what}: out of order");
            if (header.Previous != previous) throw new EvidenceFormatException($"{what}: the chain is broken before it");
            var byService = serviceFrom is { } from && header.Number >= from;
            if (header.Signer != (byService ? SegmentSigner.Service : SegmentSigner.Session)) throw new EvidenceFormatException($"{what}: signed by the wrong hand");
            if (!(byService ? _keys!.Signed(jws, _manifest.Count("sealed_us")) : jws.IsSignedBy(sessionKey))) throw new EvidenceFormatException($"{what}: its signature does not hold");
            if (headers.Count > 0) GuardGrowth(headers[^1], header, what);
            tree.Append(MerkleHash.Leaf(Encoding.ASCII.GetBytes(compact)));
            headers.Add(header);
            heads.Add(jws.Digest);
            (previous, offset) = (jws.Digest, offset + header.RawBytes);
        }

        var segments = _manifest.Object("segments");
        if (segments.Count("count") != headers.Count) throw new EvidenceFormatException($"{headers.Count} segments, not {segments.Count("count")}");
        if (offset != _index.RawBytes) throw new EvidenceFormatException("the segments do not cover raw");
        if (segments.Digest("head") != previous || segments.Digest("root") != Convert.ToHexStringLower(tree.Root())) throw new EvidenceFormatException("the manifest's head or root is not that of the segments");
        foreach (var (_, number, head) in _events!.Chain.Where(c => c.Epoch == epoch))
        {
            if (number >= heads.Count || heads[(int)number] != head) throw new EvidenceFormatException($"segment {number}: the ledger saw another chain");
        }

        var boundaries = headers.Select(h => h.RawOffset).ToHashSet();
        if (_index.Members.Any(m => !boundaries.Contains(m.RawOffset))) throw new EvidenceFormatException("index: a member does not begin where a segment does");
        _headers = headers;
        return $"{headers.Count} segments{(serviceFrom is { } s ? $", signed by the service from {s} on" : "")}";
    }

    private static void GuardGrowth(SegmentHeader before, SegmentHeader header, string what)
    {
        var fell = before.Classes.Any(c => !header.Classes.TryGetValue(c.Key, out var now) || now.Count < c.Value.Count || now.Bytes < c.Value.Bytes);
        if (fell || header.Synthesised.Count < before.Synthesised.Count || header.Synthesised.Bytes < before.Synthesised.Bytes)
            throw new EvidenceFormatException($"{what}: a cumulative count falls");
    }

    private string Raw(SegmentDigests segments)
    {
        using var from = _parts.Object() ?? throw new EvidenceMissingException("the recording is not there");
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        segments.Begin(_headers);
        var number = 0;
        foreach (var member in _index!.Members)
        {
            GzipMembers.Decompress(from, member.Bytes, member.RawBytes, piece =>
            {
                hash.AppendData(piece);
                segments.Append(piece);
            }, $"member {number++}");
        }

        segments.End();
        if (Convert.ToHexStringLower(hash.GetHashAndReset()) != _index.RawSha256) throw new EvidenceFormatException("raw: its digest is not the manifest's");
        return $"{_index.RawBytes} bytes";
    }

    private string Balance(SegmentDigests segments)
    {
        if (segments.Failure is { } failure) throw new EvidenceFormatException(failure);
        var totals = _manifest.Object("totals");
        var classes = totals.Object("classes");
        var (received, leftOut) = (default(Tally), default(Tally));
        foreach (var name in classes.Names)
        {
            var tally = Tally.FromJson(classes.Object(name));
            received += tally;
            if (!classes.Object(name).Boolean("recorded")) leftOut += tally;
        }

        var (synthesised, recorded) = (Tally.FromJson(totals.Object("synthesised")), Tally.FromJson(totals.Object("recorded")));
        if (received != Tally.FromJson(totals.Object("received")) || leftOut != Tally.FromJson(totals.Object("left_out")) || recorded != received - leftOut + synthesised)
            throw new EvidenceFormatException("totals: they do not balance");
        var recording = _manifest.Object("recording");
        if (recorded.Bytes != recording.Count("raw_bytes")) throw new EvidenceFormatException("totals: recorded bytes are not those of raw");
        if (recorded.Count != recording.Count("instructions") || recorded.Count != segments.Instructions || recorded.Count != _headers.Sum(h => h.Instructions))
            throw new EvidenceFormatException($"totals: {segments.Instructions} instructions in raw, not {recorded.Count}");
        var last = _headers[^1];
        if (last.Synthesised != synthesised || last.Classes.Count != classes.Names.Count()
            || last.Classes.Any(c => !classes.Has(c.Key) || Tally.FromJson(classes.Object(c.Key)) != c.Value))
        {
            throw new EvidenceFormatException("totals: the last segment counted something else");
        }

        return $"recorded {recorded.Bytes} = received {received.Bytes} - left out {leftOut.Bytes} + synthesised {synthesised.Bytes} bytes";
    }

    /// <summary>Follows raw through the segments that the chain check read: digest and instructions of each.</summary>
    private sealed class SegmentDigests
    {
        private readonly InstructionCounter _counter = new();
        private List<SegmentHeader> _headers = [];
        private IncrementalHash? _hash;
        private int _number;
        private long _left;
        private long _countedBefore;

        public string? Failure { get; private set; }

        public long Instructions => _counter.Count;

        public void Begin(List<SegmentHeader> headers)
        {
            _headers = headers;
            _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            _left = headers.Count > 0 ? headers[0].RawBytes : long.MaxValue;
            CloseFinished();
        }

        public void Append(ReadOnlySpan<byte> piece)
        {
            while (!piece.IsEmpty && Failure is null)
            {
                var part = piece[..(int)Math.Min(piece.Length, _left)];
                _hash!.AppendData(part);
                try
                {
                    _counter.Read(part);
                }
                catch (EvidenceFormatException e)
                {
                    Failure = $"segment {_number}: {e.Message}";
                }

                _left -= part.Length;
                piece = piece[part.Length..];
                CloseFinished();
            }
        }

        public void End() => _hash?.Dispose();

        private void CloseFinished()
        {
            while (_left == 0 && Failure is null && _number < _headers.Count)
            {
                var header = _headers[_number];
                if (Convert.ToHexStringLower(_hash!.GetHashAndReset()) != header.RawSha256) Failure = $"segment {_number}: its digest is not its header's";
                else if (!_counter.AtBoundary) Failure = $"segment {_number}: does not end at an instruction's end";
                else if (_counter.Count - _countedBefore != header.Instructions) Failure = $"segment {_number}: {_counter.Count - _countedBefore} instructions, not {header.Instructions}";
                _countedBefore = _counter.Count;
                _number++;
                _left = _number < _headers.Count ? _headers[_number].RawBytes : long.MaxValue;
            }
        }
    }
}
