using System.Buffers;
using OpenOva.Relay.Evidence.Recording;
using OpenOva.Relay.Guacamole;
using OpenOva.Relay.Recordings;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Sessions;

/// <summary>Steps (1) to (3): what the target draws.</summary>
internal sealed partial class SessionTunnel
{
    private const int DeliverAtBytes = 64 * 1024;

    private readonly InstructionParser _parser = new();
    private readonly InstructionClassifier _classifier = new();
    private readonly InstructionBatch _batch = new();
    private readonly ArrayBufferWriter<byte> _delivery = new(16 * 1024);
    private readonly List<long> _syncs = [];
    private SessionOutcome? _targetEnd;
    private volatile bool _guacdSaidWhy;
    private long _lastDrawn;
    private int _isAnswering;

    private async Task FromGuacdAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var read = await _guacd.Input.ReadAsync(cancellation);
            var buffer = read.Buffer;
            bool more;
            do
            {
                more = TryTake(ref buffer);
                await CommitAsync(cancellation);
            }
            while (more);
            _guacd.Input.AdvanceTo(buffer.Start, buffer.End);
            if (_targetEnd is null && !read.IsCompleted) continue;
            End(_targetEnd ?? SessionOutcome.Of(SessionEndReason.GuacdLost, ErrorReason.GuacdProtocolError));
            return;
        }
    }

    // What came before nonsense is recorded and delivered like everything else.
    private bool TryTake(ref ReadOnlySequence<byte> buffer)
    {
        try
        {
            return Take(ref buffer);
        }
        catch (GuacamoleProtocolException exception)
        {
            _logger.GuacdBrokeProtocol(_subject.Id, exception.Reason.ToString(), exception.Offset);
            _targetEnd = SessionOutcome.Of(SessionEndReason.GuacdProtocolError, ErrorReason.GuacdProtocolError);
            return false;
        }
    }

    // Fills the batch; true when it is full and more may follow.
    private bool Take(ref ReadOnlySequence<byte> buffer)
    {
        while (_targetEnd is null && _parser.TryRead(ref buffer, out var instruction))
        {
            var c = _classifier.Classify(instruction);
            long? sync = c == InstructionClass.Sync && instruction.TryGetInt64(1, out var timestamp) ? timestamp : null;
            _batch.Add(c, instruction.Raw, sync);
            // An internal instruction is a tunnel's own affair and never crosses it.
            // Since 1.5 guacd says who else comes and goes.
            if (!instruction.Opcode.IsEmpty && !IsWithheld(c, instruction) && IsLetThrough(c, instruction) && (c != InstructionClass.Msg || _options.TellWatched)) _delivery.Write(instruction.Raw);
            if (sync is { } s) _syncs.Add(s);
            else if (c.IsRecorded()) _lastDrawn = _time.GetTimestamp();
            else if (c is InstructionClass.Error or InstructionClass.Disconnect or InstructionClass.Required) Notice(c, instruction);
            if (_delivery.WrittenCount >= DeliverAtBytes) return true;
        }

        return false;
    }

    private void Notice(InstructionClass c, in Instruction instruction)
    {
        var drawn = _connected.Task.IsCompletedSuccessfully;
        if (c == InstructionClass.Disconnect)
        {
            _targetEnd = drawn ? SessionOutcome.Of(SessionEndReason.TargetEnded) : SessionOutcome.Of(SessionEndReason.ConnectFailed, ErrorReason.TargetError);
            return;
        }

        if (c == InstructionClass.Required)
        {
            Require(instruction, drawn);
            return;
        }

        _guacdSaidWhy = true;
        var status = instruction.TryGetStatus(2, out var told) ? told : GuacamoleStatus.ServerError;
        _targetEnd = new SessionOutcome(
            drawn ? SessionEndReason.TargetError : SessionEndReason.ConnectFailed, (int)status,
            SessionFailures.ReasonOf(status, _subject.Protocol, instruction.Count > 1 ? instruction.GetString(1) : ""));
    }

    // Nothing of the batch is delivered before the recorder has it; if the recorder throws, nothing of it ever is.
    private async ValueTask CommitAsync(CancellationToken cancellation)
    {
        if (_batch.IsEmpty) return;
        _recorder?.Write(_batch);
        if (_syncedSpool is not null) await _syncedSpool.SyncAsync(cancellation);
        if (!_personGone && !_queue.TryAdd(_delivery.WrittenSpan)) End(SessionOutcome.Of(SessionEndReason.ReaderTooSlow, ErrorReason.ReaderTooSlow));
        _batch.Clear();
        _delivery.ResetWrittenCount();
        if (_syncs.Count > 0) Synced(cancellation);
    }

    private void Synced(CancellationToken cancellation)
    {
        lock (_watchGate)
        {
            foreach (var timestamp in _syncs) _watch.Sent(timestamp);
        }

        // "Connected" is the first sync: guacd says ready to anything, and draws an empty terminal after a refused login too.
        if (_targetEnd is not { Reason: SessionEndReason.ConnectFailed } && !_connected.Task.IsCompleted)
        {
            _recorder?.Connected(_guacd.Version.ToString(), _syncs[0]);
            _connected.TrySetResult(_syncs[0]);
        }

        _syncs.Clear();
        AnswerForThePerson(cancellation);
    }

    // One at a time and never waited for: where guacd does not read, what it draws is taken all the same, and the next answer covers the one before.
    private void AnswerForThePerson(CancellationToken cancellation)
    {
        if (Interlocked.Exchange(ref _isAnswering, 1) == 1) return;
        long? answer;
        lock (_watchGate)
        {
            answer = (_personGone || _watch.IsBehind) && _watch.Last is { } last ? _watch.NextForGuacd(last) : null;
        }

        if (answer is { } timestamp) _ = AnswerAsync(timestamp, cancellation);
        else Volatile.Write(ref _isAnswering, 0);
    }

    private async Task AnswerAsync(long timestamp, CancellationToken cancellation)
    {
        await GuardAsync(token => _guacd.AnswerSyncAsync(timestamp, token).AsTask(), SessionEndReason.GuacdLost, cancellation);
        Volatile.Write(ref _isAnswering, 0);
    }
}
