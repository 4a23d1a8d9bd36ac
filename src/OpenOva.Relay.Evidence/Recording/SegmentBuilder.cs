using System.Buffers;
using OpenOva.Relay.Evidence.Keys;

namespace OpenOva.Relay.Evidence.Recording;

/// <summary>A segment that is closed and signed. <c>Raw</c> is valid until the builder is used again.</summary>
public sealed record ClosedSegment(SegmentHeader Header, Jws Jws, ReadOnlyMemory<byte> Raw);

/// <summary>
/// Cuts one session's raw stream into signed, chained segments. Not thread-safe: one recorder writes one session. Holds at most one open segment in memory.
/// </summary>
public sealed class SegmentBuilder : IDisposable
{
    /// <summary>A segment is closed at the next instruction boundary once it holds this much, bytes.</summary>
    public const int TargetRawBytes = 1 << 20;

    /// <summary>A segment with content is closed after this long, milliseconds.</summary>
    public const int MaxAgeMs = 5_000;

    /// <summary>A segment with nothing but heartbeats may stay open this long, milliseconds.</summary>
    public const int MaxIdleAgeMs = 60_000;

    private readonly string _organisation;
    private readonly string _session;
    private readonly long _epoch;
    private readonly List<Heartbeat> _heartbeats = [];
    private byte[] _raw = [];
    private int _length;
    private long _instructions;
    private long? _firstSyncMs;
    private long? _lastSyncMs;
    private long? _firstWallUs;
    private long _counted;

    /// <summary>Begins a recording.</summary>
    /// <param name="organisation">Whose session.</param>
    /// <param name="session">UUIDv7.</param>
    /// <param name="epoch">The fencing epoch of the replica.</param>
    /// <param name="openingDigest">The digest of the ledgered opening event's data: the chain hangs on it.</param>
    public SegmentBuilder(string organisation, string session, long epoch, string openingDigest)
    {
        _organisation = organisation;
        _session = session;
        _epoch = epoch;
        Head = openingDigest;
    }

    /// <summary>What came since the session began, by class.</summary>
    public ClassTotals Totals { get; } = new();

    /// <summary>The number of the open segment.</summary>
    public long Number { get; private set; }

    /// <summary>The digest of the last closed header, or of the opening.</summary>
    public string Head { get; private set; }

    /// <summary>Bytes of raw in closed segments.</summary>
    public long ClosedRawBytes { get; private set; }

    /// <summary>Bytes of raw in all.</summary>
    public long RawBytes => ClosedRawBytes + _length;

    /// <summary>Bytes of raw in the open segment.</summary>
    public int OpenBytes => _length;

    /// <summary>
    /// Whether the open segment has nothing to say: no raw, no heartbeats, and nothing was counted that the last header does not count. What is left out of a
    /// recording is counted all the same, and the last header must agree with the manifest.
    /// </summary>
    public bool IsEmpty => _length == 0 && _heartbeats.Count == 0 && Counted == _counted;

    /// <summary>When the open segment began, microseconds UTC; null while it holds nothing.</summary>
    public long? OpenedWallUs => _firstWallUs;

    /// <summary>Adds whole instructions to the open segment.</summary>
    /// <param name="raw">Their bytes.</param>
    /// <param name="instructions">How many.</param>
    /// <param name="firstSyncMs">The timestamp of the first sync among them.</param>
    /// <param name="lastSyncMs">The timestamp of the last sync among them.</param>
    /// <param name="wallUs">Now, microseconds UTC.</param>
    public void Append(ReadOnlySpan<byte> raw, long instructions, long? firstSyncMs, long? lastSyncMs, long wallUs)
    {
        if (raw.IsEmpty) return;
        _firstWallUs ??= wallUs;
        EnsureRoom(raw.Length);
        raw.CopyTo(_raw.AsSpan(_length));
        _length += raw.Length;
        _instructions += instructions;
        _firstSyncMs ??= firstSyncMs;
        _lastSyncMs = lastSyncMs ?? _lastSyncMs;
    }

    /// <summary>Adds a sign of life to the open segment.</summary>
    public void AddHeartbeat(Heartbeat heartbeat)
    {
        _firstWallUs ??= heartbeat.WallUs;
        _heartbeats.Add(heartbeat);
    }

    /// <summary>Whether the open segment should be closed now.</summary>
    /// <param name="wallUs">Now, microseconds UTC.</param>
    public bool IsDue(long wallUs)
    {
        if (_length >= TargetRawBytes) return true;
        if (_firstWallUs is not { } opened) return false;
        return wallUs - opened >= (_length > 0 ? MaxAgeMs : MaxIdleAgeMs) * 1_000L;
    }

    /// <summary>Closes and signs the open segment, and opens the next.</summary>
    public async ValueTask<ClosedSegment> CloseAsync(ISigningKey key, SegmentSigner signer, long wallUs, CancellationToken cancellationToken)
    {
        var header = CloseHeader(signer, wallUs);
        return Close(header, await Jws.SignAsync(JwsTypes.Segment, header.ToJson(), key, cancellationToken: cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Closes the open segment with the session's own key, and opens the next.</summary>
    public ClosedSegment Close(P256SigningKey sessionKey, long wallUs)
    {
        var header = CloseHeader(SegmentSigner.Session, wallUs);
        return Close(header, Jws.Sign(JwsTypes.Segment, header.ToJson(), sessionKey));
    }

    /// <summary>
    /// Takes over a header that was closed and signed before (recovery): the replayed content must be what it says.
    /// </summary>
    /// <returns>The replayed segment, or null when the header does not fit what was replayed.</returns>
    public ClosedSegment? Adopt(Jws jws)
    {
        var header = SegmentHeader.Parse(jws, "a spooled segment header");
        var raw = _raw.AsMemory(0, _length);
        if (header.Organisation != _organisation || header.Session != _session || header.Epoch != _epoch
            || header.Number != Number || header.Previous != Head || header.RawOffset != ClosedRawBytes
            || header.RawBytes != _length || header.Instructions != _instructions || header.RawSha256 != Digests.Hex(raw.Span))
        {
            return null;
        }

        Advance(jws.Digest, _length);
        return new(header, jws, raw);
    }

    /// <summary>Forgets what the open segment holds; totals stay.</summary>
    public void Drop() => Clear();

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_raw.Length > 0) ArrayPool<byte>.Shared.Return(_raw);
        _raw = [];
    }

    private SegmentHeader CloseHeader(SegmentSigner signer, long wallUs) => new()
    {
        Organisation = _organisation,
        Session = _session,
        Epoch = _epoch,
        Number = Number,
        Previous = Head,
        Signer = signer,
        RawOffset = ClosedRawBytes,
        RawBytes = _length,
        RawSha256 = Digests.Hex(_raw.AsSpan(0, _length)),
        Instructions = _instructions,
        FirstWallUs = _firstWallUs ?? wallUs,
        LastWallUs = wallUs,
        FirstSyncMs = _firstSyncMs,
        LastSyncMs = _lastSyncMs,
        Heartbeats = [.. _heartbeats],
        Classes = Totals.NonZero().Where(t => t.Class != InstructionClass.Synthesised)
            .ToDictionary(t => t.Class.Name(), t => t.Tally, StringComparer.Ordinal),
        Synthesised = Totals.Synthesised,
    };

    private ClosedSegment Close(SegmentHeader header, Jws jws)
    {
        var raw = _raw.AsMemory(0, _length);
        Advance(jws.Digest, _length);
        return new(header, jws, raw);
    }

    private void Advance(string head, int length)
    {
        Head = head;
        Number++;
        ClosedRawBytes += length;
        _counted = Counted;
        Clear();
    }

    private void Clear()
    {
        (_length, _instructions, _firstSyncMs, _lastSyncMs, _firstWallUs) = (0, 0, null, null, null);
        _heartbeats.Clear();
    }

    // Instructions of all classes since the session began: every batch adds some.
    private long Counted => Totals.Received.Count + Totals.Synthesised.Count;

    private void EnsureRoom(int more)
    {
        if (_length + more <= _raw.Length) return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_length + more, Math.Min(2 * _raw.Length, TargetRawBytes + (1 << 16))));
        _raw.AsSpan(0, _length).CopyTo(larger);
        if (_raw.Length > 0) ArrayPool<byte>.Shared.Return(_raw);
        _raw = larger;
    }
}
