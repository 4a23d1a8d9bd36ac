using System.Buffers;

namespace OpenOva.Relay.Evidence.Recording;

/// <summary>
/// Counts Guacamole instructions in a stream that arrives in pieces: <c>LENGTH.VALUE,…;</c> with LENGTH in code points. A verifier needs no more of
/// the protocol than this, so it links no codec.
/// </summary>
public sealed class InstructionCounter
{
    // A length of five digits is guacd's own limit (GUAC_INSTRUCTION_MAX_DIGITS).
    private const int MaxDigits = 5;

    private int _digits;
    private int _length;
    private int _remaining = -1;
    private int _continuation;
    private (byte From, byte To) _next;
    private bool _terminator;

    /// <summary>Complete instructions so far.</summary>
    public long Count { get; private set; }

    /// <summary>Bytes read so far.</summary>
    public long Bytes { get; private set; }

    /// <summary>Whether the stream stands at an instruction boundary.</summary>
    public bool AtBoundary { get; private set; } = true;

    /// <summary>Reads on.</summary>
    /// <exception cref="EvidenceFormatException">Not a Guacamole instruction; the message names the byte offset in the stream.</exception>
    public void Read(ReadOnlySpan<byte> data)
    {
        for (var i = 0; i < data.Length; i++, Bytes++)
        {
            var b = data[i];
            if (_terminator)
            {
                Terminator(b);
            }
            else if (_remaining < 0)
            {
                LengthByte(b);
            }
            else
            {
                var skipped = SkipAscii(data[i..]);
                if (skipped > 0)
                {
                    i += skipped - 1;
                    Bytes += skipped - 1;
                }
                else
                {
                    ValueByte(b);
                }
            }
        }
    }

    private int SkipAscii(ReadOnlySpan<byte> data)
    {
        if (_continuation > 0) return 0;
        var window = data[..Math.Min(data.Length, _remaining)];
        var ascii = window.IndexOfAnyInRange((byte)0x80, (byte)0xFF);
        if (ascii < 0) ascii = window.Length;
        _remaining -= ascii;
        if (_remaining == 0) _terminator = true;
        return ascii;
    }

    private void LengthByte(byte b)
    {
        AtBoundary = false;
        if (b is >= (byte)'0' and <= (byte)'9' && _digits < MaxDigits && !(_digits > 0 && _length == 0))
        {
            _length = _length * 10 + (b - '0');
            _digits++;
        }
        else if (b == (byte)'.' && _digits > 0)
        {
            _remaining = _length;
            _terminator = _length == 0;
        }
        else
        {
            throw Malformed("a length");
        }
    }

    private void ValueByte(byte b)
    {
        if (_continuation > 0)
        {
            if (b < _next.From || b > _next.To) throw Malformed("valid UTF-8");
            _next = (0x80, 0xBF);
            if (--_continuation > 0) return;
        }
        else
        {
            _continuation = b switch { < 0x80 => 0, >= 0xC2 and < 0xE0 => 1, >= 0xE0 and < 0xF0 => 2, >= 0xF0 and < 0xF5 => 3, _ => throw Malformed("valid UTF-8") };
            // RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
            _next = b switch { 0xE0 => (0xA0, 0xBF), 0xED => (0x80, 0x9F), 0xF0 => (0x90, 0xBF), 0xF4 => (0x80, 0x8F), _ => (0x80, 0xBF) };
            if (_continuation > 0) return;
        }

        if (--_remaining == 0) _terminator = true;
    }

    private void Terminator(byte b)
    {
        if (b is not ((byte)',' or (byte)';')) throw Malformed("',' or ';'");
        if (b == (byte)';')
        {
            Count++;
            AtBoundary = true;
        }

        (_terminator, _remaining, _digits, _length) = (false, -1, 0, 0);
    }

    private EvidenceFormatException Malformed(string expected) => new($"raw is no Guacamole stream at byte {Bytes}: expected {expected}");
}
