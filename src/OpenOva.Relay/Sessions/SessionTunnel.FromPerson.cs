using System.Buffers;
using OpenOva.Relay.Guacamole;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Sessions;

/// <summary>Steps (5) and (6): what the person does. Policed, its pointer recorded, its content never kept.</summary>
internal sealed partial class SessionTunnel
{
    private const int PointerMs = 20;

    private readonly InstructionParser _personParser = new();
    private readonly ArrayBufferWriter<byte> _forward = new(1024);
    private readonly Lock _pointerGate = new();
    private byte[] _pending = [];
    private int _pendingLength;
    private (int X, int Y, int Mask)? _pointerWaiting;
    private int _pointerMask;
    private long _pointerWritten;

    private async Task FromPersonAsync(CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                var data = await _link.ReadAsync(cancellation);
                if (data.IsEmpty)
                {
                    End(SessionOutcome.Of(SessionEndReason.ClientLeft));
                    return;
                }

                Keep(data.Span);
                var left = Police();
                if (_forward.WrittenCount > 0) await _guacd.SendAsync(_forward.WrittenMemory, cancellation);
                _forward.ResetWrittenCount();
                if (!left) continue;
                End(SessionOutcome.Of(SessionEndReason.ClientLeft));
                return;
            }
        }
        catch (GuacamoleProtocolException exception)
        {
            _logger.PersonBrokeProtocol(_subject.Id, exception.Reason.ToString(), exception.Offset);
            End(SessionOutcome.Of(SessionEndReason.ClientProtocolError, ErrorReason.ClientProtocolError));
        }
    }

    private void Keep(ReadOnlySpan<byte> data)
    {
        if (_pending.Length < _pendingLength + data.Length) Array.Resize(ref _pending, Math.Max(_pendingLength + data.Length, 4096));
        data.CopyTo(_pending.AsSpan(_pendingLength));
        _pendingLength += data.Length;
    }

    // True: the person says disconnect.
    private bool Police()
    {
        var buffer = new ReadOnlySequence<byte>(_pending, 0, _pendingLength);
        var left = false;
        while (!left && _personParser.TryRead(ref buffer, out var instruction)) left = Police(instruction);
        var rest = (int)buffer.Length;
        _pending.AsSpan(_pendingLength - rest, rest).CopyTo(_pending);
        _pendingLength = rest;
        return left;
    }

    // An allow-list: what re-configures the connection (argv) has no place in it, and what moves clipboard, files or sound needs the connection's channels.
    private bool Police(in Instruction instruction)
    {
        if (instruction.Is(Opcodes.Disconnect)) return true;
        if (instruction.Is(Opcodes.Sync))
        {
            Answered(instruction);
            return false;
        }

        // Whoever is being cut does nothing more to the target, however slowly he reads why.
        if (_ending.Task.IsCompleted) return false;
        if (instruction.Is(Opcodes.Ack) || instruction.Is(Opcodes.Nop) || instruction.Is(Opcodes.Size))
        {
            if (instruction.Is(Opcodes.Ack)) _channels.PersonAcknowledged(instruction);
            _forward.Write(instruction.Raw);
            return false;
        }

        bool behind;
        lock (_watchGate) behind = _watch.IsBehind;
        if (!instruction.Is(Opcodes.Mouse) && !instruction.Is(Opcodes.Key) && !instruction.Is(Opcodes.Touch))
        {
            Channel(instruction, behind);
            return false;
        }

        // He does something, even where it is not done: he must not be cut for doing nothing.
        _limits.Input();
        if (behind || _locked) return false;
        if (instruction.Is(Opcodes.Mouse)) Pointer(instruction);
        _forward.Write(instruction.Raw);
        return false;
    }

    private void Answered(in Instruction instruction)
    {
        if (!instruction.TryGetInt64(1, out var timestamp)) return;
        long? forGuacd;
        lock (_watchGate)
        {
            if (!_watch.Answered(timestamp)) return;
            forGuacd = _watch.NextForGuacd(timestamp);
        }

        if (forGuacd is { } answer) InstructionWriter.WriteSync(_forward, answer);
    }

    // Every change of a button is recorded, movement at most fifty times a second: a stream of movements would cost more than the picture.
    private void Pointer(in Instruction instruction)
    {
        if (!instruction.TryGetInt32(1, out var x) || !instruction.TryGetInt32(2, out var y) || !instruction.TryGetInt32(3, out var mask)) return;
        lock (_pointerGate)
        {
            if (mask == _pointerMask && _time.GetElapsedTime(_pointerWritten).TotalMilliseconds < PointerMs)
            {
                _pointerWaiting = (x, y, mask);
                return;
            }

            WritePointer();
            _recorder?.Pointer(x, y, mask);
            (_pointerMask, _pointerWritten) = (mask, _time.GetTimestamp());
        }
    }

    // Where the pointer came to rest.
    private void FlushPointer()
    {
        lock (_pointerGate) WritePointer();
    }

    private void WritePointer()
    {
        if (_pointerWaiting is not { } waiting) return;
        _pointerWaiting = null;
        _recorder?.Pointer(waiting.X, waiting.Y, waiting.Mask);
    }
}
