using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace OpenOva.Relay.Guacamole;

/// <summary>
/// Finds the instructions of one direction of one connection, in place and without allocating. Every byte is looked at once, however
/// the bytes arrive: when an instruction is not complete, the place reached is remembered and the next call goes on from there.
/// Not safe for use by two threads at once.
/// </summary>
/// <remarks>
/// <code>
/// instruction = element *( "," element ) ";"
/// element     = length "." value             ; length counts the Unicode code points of value
/// length      = "0" / ( %x31-39 *4DIGIT )    ; no sign, no white space, no leading zero
/// value       = *&lt;UTF-8 character&gt;          ; may hold "," ";" and "." freely: only the length ends it
/// </code>
/// </remarks>
public sealed partial class InstructionParser
{
    private readonly int _maxElementLength;
    private readonly int _maxInstructionBytes;
    private readonly ElementRange[] _elements;
    private byte[] _joined = [];
    private GuacamoleProtocolException? _failure;

    /// <summary>Creates a parser at the beginning of a stream.</summary>
    /// <param name="options">Limits; guacd's own when null.</param>
    /// <exception cref="ArgumentOutOfRangeException">A limit makes no sense.</exception>
    public InstructionParser(InstructionParserOptions? options = null)
    {
        options ??= InstructionParserOptions.Default;
        options.Validate();
        _maxElementLength = options.MaxElementLength;
        _maxInstructionBytes = options.MaxInstructionBytes;
        _elements = new ElementRange[options.MaxElements];
    }

    /// <summary>Absolute offset in the stream, in bytes, of the next instruction that has not been read: all before it was returned.</summary>
    public long Offset { get; private set; }

    /// <summary>Whether some bytes of the next instruction were seen but not its end. At the end of a stream: it was cut short.</summary>
    public bool IsInsideInstruction => _scanned > 0;

    /// <summary>Reads one instruction from the front of <paramref name="buffer"/>.</summary>
    /// <param name="buffer">
    /// All bytes not yet returned in instructions: on success it is sliced past the instruction; on false it is unchanged, and the next
    /// call must begin with the same bytes, followed by more.
    /// </param>
    /// <param name="instruction">The instruction, valid until the next call.</param>
    /// <returns>False when the instruction is not complete yet, which is never an error.</returns>
    /// <exception cref="GuacamoleProtocolException">The stream is malformed. It stays so: every later call throws the same.</exception>
    /// <exception cref="ArgumentException">The buffer lacks bytes that were there at the last call.</exception>
    public bool TryRead(ref ReadOnlySequence<byte> buffer, out Instruction instruction)
    {
        if (_failure is not null)
            ThrowAgain();

        instruction = default;
        if (!Scan(buffer))
            return false;

        var length = _scanned;
        var first = buffer.FirstSpan;
        var raw = first.Length >= length ? first[..length] : Join(buffer, length);
        instruction = new Instruction(raw, _elements.AsSpan(0, _count));
        buffer = buffer.Slice(length);
        Offset += length;
        BeginInstruction();
        return true;
    }

    private bool Scan(in ReadOnlySequence<byte> buffer)
    {
        if (buffer.IsSingleSegment)
        {
            var bytes = buffer.FirstSpan;
            if (bytes.Length < _scanned)
                ThrowBytesMissing();
            if (Scan(bytes[_scanned..]))
                return true;
        }
        else
        {
            if (buffer.Length < _scanned)
                ThrowBytesMissing();
            foreach (var segment in buffer.Slice(_scanned))
                if (Scan(segment.Span))
                    return true;
        }

        // Refused as soon as it is certain, so that nobody has to hold more bytes than the limit.
        if (_scanned == _maxInstructionBytes)
            Fail(GuacamoleProtocolError.InstructionTooLong, 0);
        return false;
    }

    private ReadOnlySpan<byte> Join(in ReadOnlySequence<byte> buffer, int length)
    {
        if (_joined.Length < length)
            _joined = new byte[Math.Min(_maxInstructionBytes, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)length))];
        buffer.Slice(0, length).CopyTo(_joined);
        return _joined.AsSpan(0, length);
    }

    [DoesNotReturn]
    private void Fail(GuacamoleProtocolError reason, int ahead)
    {
        _failure = new GuacamoleProtocolException(reason, Offset + _scanned + ahead);
        throw _failure;
    }

    [DoesNotReturn]
    private void ThrowAgain() => throw new GuacamoleProtocolException(_failure!.Reason, _failure.Offset);

    [DoesNotReturn]
    private static void ThrowBytesMissing() =>
        throw new ArgumentException("The buffer lacks bytes of an incomplete instruction that an earlier call was given.");
}
