using System.Text;
using OpenOva.Relay.Evidence;
using OpenOva.Relay.Evidence.Json;
using OpenOva.Relay.Evidence.Keys;
using OpenOva.Relay.Evidence.Recording;
using OpenOva.Relay.Evidence.Spool;

namespace OpenOva.Relay.Recordings;

/// <summary>What a replay of a session's frames found.</summary>
internal sealed class ReplayedSession
{
    public required RecordingDescriptor Descriptor { get; init; }

    public required ClassTotals Totals { get; init; }

    public required string Head { get; init; }

    public required Coverage Coverage { get; init; }

    /// <summary>Null: the session's recorder was cut off.</summary>
    public required RecordedEnd? End { get; init; }

    /// <summary>When the last frame was written, microseconds UTC.</summary>
    public required long EndedUs { get; init; }

    public required long? ConnectedUs { get; init; }

    public required long? SyncMs { get; init; }

    public required string GuacdVersion { get; init; }

    public required IReadOnlyList<(long AfterSegment, string Reason)> Gaps { get; init; }

    /// <summary>The first segment that the service signed; null when the session's own key signed all.</summary>
    public required long? ServiceFrom { get; init; }

    /// <summary>The spool is gone: what was not in the store is lost.</summary>
    public bool FromLivePieces { get; init; }
}

/// <summary>
/// Reads a session's frames back, in order, and yields its segments. An ended session and one whose recorder was killed go the same way; the latter's tail,
/// and everything after a damaged place, is closed with the service's key.
/// </summary>
internal sealed class SpoolSource(SpoolLog spool, SpooledSession session) : ISegmentSource
{
    public string Organisation { get; } = RecordingDescriptor.Parse(spool.Read(session.All().First()).Payload).Organisation;

    public Guid Session => session.Id;

    public async Task<ReplayedSession> ReplayAsync(ISigningKey serviceKey, Func<string, ReadOnlyMemory<byte>, Task> segment, CancellationToken cancellation)
    {
        using var state = new State(serviceKey, segment, cancellation);
        ISpoolFile? file = null;
        var open = -1L;
        try
        {
            foreach (var position in session.All())
            {
                if (position.File != open)
                {
                    file?.Dispose();
                    (file, open) = (spool.OpenFile(position.File), position.File);
                }

                var frame = SpoolReader.ReadFrame(file!, position.Offset, out _) ?? throw new EvidenceFormatException($"the spool is damaged at {position}");
                await state.TakeAsync(frame);
            }
        }
        finally
        {
            file?.Dispose();
        }

        return await state.FinishAsync();
    }

    private sealed class State(ISigningKey serviceKey, Func<string, ReadOnlyMemory<byte>, Task> emit, CancellationToken cancellation) : IDisposable
    {
        private readonly List<long> _heartbeats = [];
        private readonly List<(long, string)> _gaps = [];
        private RecordingDescriptor? _descriptor;
        private SegmentBuilder? _segments;
        private RecordedEnd? _end;
        private ulong _next;
        private long _beginMonoUs;
        private long _lastMonoUs;
        private long _lastWallUs;
        private long? _connectedUs;
        private long? _syncMs;
        private string _guacdVersion = "";
        private long? _serviceFrom;

        public async Task TakeAsync(SpoolFrame frame)
        {
            if (frame.Type == SpoolFrameType.Opened)
            {
                _descriptor = RecordingDescriptor.Parse(frame.Payload);
                _segments = new(_descriptor.Organisation, _descriptor.Session, _descriptor.Epoch, _descriptor.Opening.Sha256);
                _beginMonoUs = frame.MonoUs;
            }

            if (_segments is null) throw new EvidenceFormatException("a spooled session does not begin with its opening");
            if (frame.Number != _next) Damaged($"{frame.Number - _next} frames of the spool are missing");
            _next = frame.Number + 1;
            (_lastMonoUs, _lastWallUs) = (frame.MonoUs, frame.WallUs);
            switch (frame.Type)
            {
                case SpoolFrameType.Output:
                    var raw = OutputPayload.Read(frame.Payload, _segments.Totals, out var instructions);
                    _segments.Append(raw.Span, instructions, null, null, frame.WallUs);
                    break;
                case SpoolFrameType.Heartbeat:
                    _heartbeats.Add(frame.MonoUs / 1_000);
                    _segments.AddHeartbeat(new(frame.MonoUs / 1_000, frame.WallUs, BitConverter.ToInt64(frame.Payload.Span), BitConverter.ToInt64(frame.Payload.Span[8..])));
                    break;
                case SpoolFrameType.Segment:
                    await SegmentAsync(frame);
                    break;
                case SpoolFrameType.Connected:
                    var connected = EvidenceObject.ParseV1(frame.Payload, "a spooled connect");
                    (_connectedUs, _syncMs, _guacdVersion) = (connected.Count("wall_us"), connected.OptionalInt64("sync_ms"), connected.String("guacd_version"));
                    break;
                case SpoolFrameType.Ended:
                    var ended = EvidenceObject.ParseV1(frame.Payload, "a spooled end");
                    _end = new(ended.String("reason"), (int)ended.Count("status"));
                    break;
                default:
                    break;
            }
        }

        public async Task<ReplayedSession> FinishAsync()
        {
            if (_segments is null) throw new EvidenceFormatException("a spooled session has no frames");
            if (!_segments.IsEmpty || _segments.Number == 0) await CloseByServiceAsync(_lastWallUs);
            return new()
            {
                Descriptor = _descriptor!,
                Totals = _segments.Totals,
                Head = _segments.Head,
                Coverage = Coverage.Measure(_beginMonoUs / 1_000, _heartbeats, _lastMonoUs / 1_000),
                End = _end,
                EndedUs = _lastWallUs,
                ConnectedUs = _connectedUs,
                SyncMs = _syncMs,
                GuacdVersion = _guacdVersion,
                Gaps = _gaps,
                ServiceFrom = _serviceFrom ?? (_end is null ? _segments.Number : null),
            };
        }

        public void Dispose() => _segments?.Dispose();

        private async Task SegmentAsync(SpoolFrame frame)
        {
            var compact = Encoding.ASCII.GetString(frame.Payload.Span);
            if (_serviceFrom is null)
            {
                var jws = Jws.Parse(compact, JwsTypes.Segment, "a spooled segment header");
                if (jws.IsSignedBy(_descriptor!.SessionKey) && _segments!.Adopt(jws) is { } adopted)
                {
                    await emit(compact, adopted.Raw);
                    return;
                }

                Damaged("a segment's frames are not what its header says");
            }

            await CloseByServiceAsync(frame.WallUs);
        }

        private async Task CloseByServiceAsync(long wallUs)
        {
            _serviceFrom ??= _segments!.Number;
            var closed = await _segments!.CloseAsync(serviceKey, SegmentSigner.Service, wallUs, cancellation);
            await emit(closed.Jws.Compact, closed.Raw);
        }

        // The chain of the session's own key ends before a damaged place: what follows is kept, declared, and vouched for by the service.
        private void Damaged(string reason)
        {
            _gaps.Add((_segments!.Number - 1, reason));
            _serviceFrom ??= _segments.Number;
        }
    }
}
