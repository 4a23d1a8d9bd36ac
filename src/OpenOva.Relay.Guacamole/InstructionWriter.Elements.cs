using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace OpenOva.Relay.Guacamole;

/// <summary>One instruction being composed in the writer's own memory; it counts only once it is ended.</summary>
public static partial class InstructionWriter
{
    private ref struct Elements
    {
        /// <summary>Most bytes a 64-bit number takes with its length and terminator: <c>20.-9223372036854775808,</c>.</summary>
        public const int NumberBound = 24;

        // "8192." and a terminator; a length that needs more is refused before it is written.
        private const int FrameBound = 6;

        private readonly IBufferWriter<byte> _output;
        private readonly Span<byte> _span;
        private int _written;
        private int _count;

        public Elements(IBufferWriter<byte> output, int bound)
        {
            // The bound overshoots by the frames of short elements, never by values: one that big is beyond the limit for certain.
            if (bound > GuacamoleLimits.MaxInstructionBytes + GuacamoleLimits.MaxElements * FrameBound)
                throw TooLong();
            _output = output;
            _span = output.GetSpan(bound);
        }

        public static int Bound(ReadOnlySpan<byte> value) => FrameBound + value.Length;

        public static int Bound(int valueBytes) => FrameBound + valueBytes;

        public static int Bound(string value) => FrameBound + Encoding.UTF8.GetByteCount(value);

        public void Add(ReadOnlySpan<byte> value)
        {
            if (!Utf8.IsValid(value))
                throw new ArgumentException($"Element {_count} is not well-formed UTF-8.");
            Begin(CodePoints(value));
            value.CopyTo(_span[_written..]);
            End(value.Length);
        }

        public void Add(string value)
        {
            Begin(CodePoints(value));
            End(Encoding.UTF8.GetBytes(value, _span[_written..]));
        }

        public void Add(long value)
        {
            Span<byte> digits = stackalloc byte[20];
            value.TryFormat(digits, out var length, provider: CultureInfo.InvariantCulture);
            Begin(length);
            digits[..length].CopyTo(_span[_written..]);
            End(length);
        }

        // Encoded in place: a blob may be a secret, and this leaves no copy behind.
        public void AddBase64(ReadOnlySpan<byte> data, int encodedLength)
        {
            Begin(encodedLength);
            Base64.EncodeToUtf8(data, _span[_written..], out _, out var written);
            End(written);
        }

        public readonly void End()
        {
            if (_written > GuacamoleLimits.MaxInstructionBytes)
                throw TooLong();
            _span[_written - 1] = (byte)';';
            _output.Advance(_written);
        }

        private void Begin(int codePoints)
        {
            if (_count == GuacamoleLimits.MaxElements)
                throw new ArgumentException($"An instruction has at most {GuacamoleLimits.MaxElements} elements.");
            if (codePoints > GuacamoleLimits.MaxElementLength)
                throw new ArgumentException($"Element {_count} has more than {GuacamoleLimits.MaxElementLength} characters.");
            codePoints.TryFormat(_span[_written..], out var digits, provider: CultureInfo.InvariantCulture);
            _written += digits;
            _span[_written++] = (byte)'.';
        }

        private void End(int valueBytes)
        {
            _written += valueBytes;
            _span[_written++] = (byte)',';
            _count++;
        }

        private static int CodePoints(ReadOnlySpan<byte> utf8)
        {
            var count = 0;
            foreach (var b in utf8)
                count += (b & 0xC0) != 0x80 ? 1 : 0;
            return count;
        }

        private static int CodePoints(ReadOnlySpan<char> text)
        {
            var from = text.IndexOfAnyInRange('\uD800', '\uDFFF');
            if (from < 0)
                return text.Length;
            var count = text.Length;
            for (var i = from; i < text.Length - 1; i++)
            {
                if (!char.IsSurrogatePair(text[i], text[i + 1]))
                    continue;
                count--;
                i++;
            }
            return count;
        }

        private static ArgumentException TooLong() =>
            new($"An instruction has at most {GuacamoleLimits.MaxInstructionBytes} bytes.");
    }
}
