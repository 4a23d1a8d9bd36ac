namespace OpenOva.Relay.Guacamole;

/// <summary>The scanner: a state machine over bytes whose whole state outlives a call.</summary>
public sealed partial class InstructionParser
{
    private enum Expect
    {
        Length,
        Value,
        Terminator,
    }

    // Bytes of the current instruction already looked at. Offset + _scanned = absolute offset of the next byte to look at.
    private int _scanned;

    // Elements of the current instruction that are complete with their terminator.
    private int _count;

    private Expect _expect;

    // The length being read: its digits and its value so far.
    private int _digits;
    private int _length;

    // Start of the current value, in bytes from the start of the instruction, and the code points of it still to come.
    private int _valueStart;
    private int _remaining;

    // Inside a multi-byte character: continuation bytes still to come, and the range the next one must be in. The range is narrower than
    // 80-BF only after E0, ED, F0 and F4, where it shuts out overlong forms, surrogates and what lies above U+10FFFF (RFC 3629 section 4).
    private int _continuations;
    private byte _low;
    private byte _high;

    private void BeginInstruction()
    {
        _scanned = 0;
        _count = 0;
        BeginElement();
    }

    private void BeginElement()
    {
        _expect = Expect.Length;
        _digits = 0;
        _length = 0;
    }

    // True at the semicolon. Otherwise all of the bytes were looked at, or as many as the instruction may have.
    private bool Scan(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > _maxInstructionBytes - _scanned)
            bytes = bytes[..(_maxInstructionBytes - _scanned)];

        var i = 0;
        while (i < bytes.Length)
        {
            switch (_expect)
            {
                case Expect.Length:
                    i = ScanLength(bytes, i);
                    break;
                case Expect.Value:
                    i = ScanValue(bytes, i);
                    break;
                default:
                    if (bytes[i] == (byte)';')
                    {
                        EndElement(i);
                        _scanned += i + 1;
                        return true;
                    }
                    if (bytes[i] != (byte)',')
                        Fail(GuacamoleProtocolError.BadTerminator, i);
                    EndElement(i);
                    if (_count == _elements.Length)
                        Fail(GuacamoleProtocolError.TooManyElements, i);
                    BeginElement();
                    i++;
                    break;
            }
        }
        _scanned += bytes.Length;
        return false;
    }

    private void EndElement(int i) => _elements[_count++] = new ElementRange(_valueStart, _scanned + i - _valueStart);

    private int ScanLength(ReadOnlySpan<byte> bytes, int i)
    {
        for (; i < bytes.Length; i++)
        {
            var digit = bytes[i] - '0';
            if ((uint)digit <= 9)
            {
                if (_digits == 1 && _length == 0)
                    Fail(GuacamoleProtocolError.LengthLeadingZero, i);
                if (_digits == GuacamoleLimits.MaxLengthDigits)
                    Fail(GuacamoleProtocolError.LengthTooManyDigits, i);
                _length = _length * 10 + digit;
                _digits++;
                continue;
            }
            if (bytes[i] != (byte)'.')
                Fail(GuacamoleProtocolError.LengthNotDecimal, i);
            if (_digits == 0)
                Fail(GuacamoleProtocolError.LengthMissing, i);
            if (_length > _maxElementLength)
                Fail(GuacamoleProtocolError.ElementTooLong, i);
            _valueStart = _scanned + i + 1;
            _remaining = _length;
            _expect = _length == 0 ? Expect.Terminator : Expect.Value;
            return i + 1;
        }
        return i;
    }

    private int ScanValue(ReadOnlySpan<byte> bytes, int i)
    {
        while (i < bytes.Length)
        {
            if (_continuations > 0)
            {
                if (bytes[i] < _low || bytes[i] > _high)
                    Fail(GuacamoleProtocolError.InvalidUtf8, i);
                i++;
                _low = 0x80;
                _high = 0xBF;
                if (--_continuations > 0)
                    continue;
                _remaining--;
            }
            else if (bytes[i] < 0x80)
            {
                // Nearly all there is: base64 pictures and numbers. Skipped at the speed of a vector compare.
                var window = bytes.Slice(i, Math.Min(bytes.Length - i, _remaining));
                var ascii = window.IndexOfAnyExceptInRange((byte)0x00, (byte)0x7F);
                if (ascii < 0)
                    ascii = window.Length;
                i += ascii;
                _remaining -= ascii;
            }
            else
            {
                BeginCharacter(bytes[i], i);
                i++;
                continue;
            }

            if (_remaining == 0)
            {
                _expect = Expect.Terminator;
                return i;
            }
        }
        return i;
    }

    private void BeginCharacter(byte lead, int i)
    {
        (_continuations, _low, _high) = lead switch
        {
            >= 0xC2 and <= 0xDF => (1, (byte)0x80, (byte)0xBF),
            0xE0 => (2, (byte)0xA0, (byte)0xBF),
            0xED => (2, (byte)0x80, (byte)0x9F),
            >= 0xE1 and <= 0xEF => (2, (byte)0x80, (byte)0xBF),
            0xF0 => (3, (byte)0x90, (byte)0xBF),
            >= 0xF1 and <= 0xF3 => (3, (byte)0x80, (byte)0xBF),
            0xF4 => (3, (byte)0x80, (byte)0x8F),
            _ => (0, (byte)0, (byte)0),
        };
        if (_continuations == 0)
            Fail(GuacamoleProtocolError.InvalidUtf8, i);
    }
}
