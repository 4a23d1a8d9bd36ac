using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence.Json;
using OpenOva.Relay.Evidence.Keys;
using OpenOva.Relay.Evidence.Recording;
using OpenOva.Relay.Evidence.Spool;
using OpenOva.Relay.Guacamole;

namespace OpenOva.Relay.Recordings;

/// <summary>How a session ended, as it enters spool, manifest and ledger.</summary>
internal sealed record RecordedEnd(string Reason, int Status);

/// <summary>
/// Records one session in the path. What <see cref="Write"/> returned from is in the spool and may be delivered; when it throws, nothing of the batch may be,
/// and the session ends. Its private key never leaves this object.
/// </summary>
internal sealed class SessionRecorder : IDisposable
{
    // Beyond these a segment is closed even where no sync comes.
    private const int HardCapBytes = SegmentBuilder.TargetRawBytes + (SegmentBuilder.TargetRawBytes >> 2);
    private const int HardCapMs = SegmentBuilder.MaxAgeMs + (SegmentBuilder.MaxAgeMs >> 1);

    private readonly Lock _gate = new();
    private readonly SpoolLog _spool;
    private readonly TimeProvider _time;
    private readonly P256SigningKey _key;
    private readonly SegmentBuilder _segments;
    private readonly Action<SpooledSegment> _closed;
    private readonly ArrayBufferWriter<byte> _pointer = new(64);
    private readonly RecordingDescriptor _descriptor;
    private ulong _segmentBegin;
    private long? _lastSyncMs;
    private bool _ended;

    /// <summary>Writes the session's first frame.</summary>
    /// <param name="descriptor">What sealing needs.</param>
    /// <param name="key">The session's key; disposed with the recorder.</param>
    /// <param name="spool">Where to.</param>
    /// <param name="time">The clock.</param>
    /// <param name="closed">Receives closed segments, for the store; must not block.</param>
    /// <exception cref="SpoolFailedException">The spool cannot take the session.</exception>
    public SessionRecorder(RecordingDescriptor descriptor, P256SigningKey key, SpoolLog spool, TimeProvider time, Action<SpooledSegment> closed)
    {
        (_descriptor, _key, _spool, _time, _closed) = (descriptor, key, spool, time, closed);
        Session = new SpooledSession(Guid.Parse(descriptor.Session));
        _segments = new SegmentBuilder(descriptor.Organisation, descriptor.Session, descriptor.Epoch, descriptor.Opening.Sha256);
        Append(SpoolFrameType.Opened, CanonicalJson.Encode(descriptor.ToJson()));
        _segmentBegin = Session.Count;
    }

    public SpooledSession Session { get; }

    public RecordingDescriptor Descriptor => _descriptor;

    /// <summary>Bytes of recorded classes so far.</summary>
    public long RecordedBytes => _segments.RawBytes;

    /// <summary>Writes a batch to the spool, with one write(2).</summary>
    /// <exception cref="SpoolFailedException">Nothing of it may be delivered.</exception>
    public void Write(InstructionBatch batch)
    {
        if (batch.IsEmpty) return;
        lock (_gate)
        {
            var buffer = ArrayPool<byte>.Shared.Rent(OutputPayload.MaxHeadBytes + batch.Recorded.Length);
            try
            {
                Span<(InstructionClass, Tally)> counts = stackalloc (InstructionClass, Tally)[batch.Classes.Count];
                for (var i = 0; i < counts.Length; i++) counts[i] = (batch.Classes[i], batch[batch.Classes[i]]);
                var head = OutputPayload.WriteHead(buffer, counts);
                batch.Recorded.CopyTo(buffer.AsSpan(head));
                Append(SpoolFrameType.Output, buffer.AsMemory(0, head + batch.Recorded.Length));
                foreach (var (c, tally) in counts) _segments.Totals.Add(c, tally.Count, tally.Bytes);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }

            _segments.Append(batch.Recorded, batch.RecordedInstructions, batch.FirstSyncMs, batch.LastSyncMs, Now());
            _lastSyncMs = batch.LastSyncMs ?? _lastSyncMs;
            CloseIfDue(batch.EndsWithSync);
        }
    }

    /// <summary>
    /// Records where the person's pointer is, stamped with the last sync's time as guacd's own recordings are. Before the first sync there is no time to
    /// stamp it with, and no picture to point at.
    /// </summary>
    /// <exception cref="SpoolFailedException">The spool failed.</exception>
    public void Pointer(int x, int y, int buttonMask)
    {
        lock (_gate)
        {
            if (_lastSyncMs is not { } sync || _ended) return;
            _pointer.ResetWrittenCount();
            InstructionWriter.WriteMouse(_pointer, x, y, buttonMask, sync);
            var raw = _pointer.WrittenSpan;
            Span<byte> payload = stackalloc byte[OutputPayload.MaxHeadBytes + raw.Length];
            var head = OutputPayload.WriteHead(payload, [(InstructionClass.Synthesised, new Tally(1, raw.Length))]);
            raw.CopyTo(payload[head..]);
            Append(SpoolFrameType.Output, payload[..(head + raw.Length)].ToArray());
            _segments.Totals.Add(InstructionClass.Synthesised, 1, raw.Length);
            _segments.Append(raw, 1, null, null, Now());
            CloseIfDue(afterSync: false);
        }
    }

    /// <summary>Writes a sign of life, and closes the segment if it is time.</summary>
    /// <exception cref="SpoolFailedException">The spool failed.</exception>
    public void Heartbeat()
    {
        lock (_gate)
        {
            if (_ended) return;
            var heartbeat = new Heartbeat(MonoUs() / 1_000, Now(), _segments.Totals.Received.Bytes, _segments.RawBytes);
            var payload = new byte[16];
            BitConverter.TryWriteBytes(payload, heartbeat.ReceivedBytes);
            BitConverter.TryWriteBytes(payload.AsSpan(8), heartbeat.RecordedBytes);
            Append(SpoolFrameType.Heartbeat, payload);
            _segments.AddHeartbeat(heartbeat);
            CloseIfDue(afterSync: false);
        }
    }

    /// <summary>Notes that the first frame came.</summary>
    /// <exception cref="SpoolFailedException">The spool failed.</exception>
    public void Connected(string guacdVersion, long? syncMs)
    {
        lock (_gate)
        {
            var json = new JsonObject { ["v"] = 1, ["wall_us"] = Now(), ["sync_ms"] = syncMs, ["guacd_version"] = guacdVersion };
            Append(SpoolFrameType.Connected, CanonicalJson.Encode(json));
        }
    }

    /// <summary>Closes the last segment and notes the end. After it nothing is recorded.</summary>
    /// <exception cref="SpoolFailedException">The spool failed; what it has will be sealed as recovered.</exception>
    public void End(RecordedEnd end)
    {
        lock (_gate)
        {
            if (_ended) return;
            _ended = true;
            if (!_segments.IsEmpty || _segments.Number == 0) CloseSegment();
            Append(SpoolFrameType.Ended, CanonicalJson.Encode(new JsonObject { ["v"] = 1, ["reason"] = end.Reason, ["status"] = end.Status }));
        }
    }

    public void Dispose()
    {
        _segments.Dispose();
        _key.Dispose();
    }

    private void CloseIfDue(bool afterSync)
    {
        var now = Now();
        if (!_segments.IsDue(now)) return;
        var old = _segments.OpenedWallUs is { } opened && now - opened >= (_segments.OpenBytes > 0 ? HardCapMs : SegmentBuilder.MaxIdleAgeMs) * 1_000L;
        if (afterSync || old || _segments.OpenBytes >= HardCapBytes) CloseSegment();
    }

    private void CloseSegment()
    {
        var segment = _segments.Close(_key, Now());
        Append(SpoolFrameType.Segment, Encoding.ASCII.GetBytes(segment.Jws.Compact));
        var begin = _segmentBegin;
        _segmentBegin = Session.Count;
        _closed(new SpooledSegment(_descriptor, Session, begin, Session.Count - begin, segment.Header.Number, segment.Jws.Digest));
    }

    private void Append(SpoolFrameType type, ReadOnlyMemory<byte> payload) =>
        Session.Add(_spool.Append(new SpoolFrame(type, Session.Id, (uint)_descriptor.Epoch, Session.Count, Now(), MonoUs(), payload)));

    private long Now() => _time.GetUnixMicroseconds();

    private long MonoUs() => _time.GetElapsedTime(0).Ticks / TimeSpan.TicksPerMicrosecond;
}

/// <summary>A closed segment's frames in the spool, its own header frame the last.</summary>
internal sealed record SpooledSegment(RecordingDescriptor Descriptor, SpooledSession Session, ulong FirstFrame, ulong Frames, long Number, string Head);
