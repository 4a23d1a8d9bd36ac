using System.Globalization;
using System.Text;

namespace OpenOva.Relay.Guacamole;

/// <summary>Where one value stands within <see cref="Instruction.Raw"/>, in bytes.</summary>
internal readonly record struct ElementRange(int Start, int Length);

/// <summary>
/// One instruction, seen in place: nothing is copied or decoded until asked for. Valid until the parser's next
/// <see cref="InstructionParser.TryRead"/> and only while the buffer it was read from has not been advanced.
/// </summary>
public readonly ref struct Instruction
{
    private readonly ReadOnlySpan<ElementRange> _elements;

    internal Instruction(ReadOnlySpan<byte> raw, ReadOnlySpan<ElementRange> elements)
    {
        Raw = raw;
        _elements = elements;
    }

    /// <summary>The whole instruction as it stood on the wire, its semicolon included.</summary>
    public ReadOnlySpan<byte> Raw { get; }

    /// <summary>Elements, the opcode included. At least 1.</summary>
    public int Count => _elements.Length;

    /// <summary>Element 0. Empty for a tunnel's internal instructions, which never go to guacd.</summary>
    public ReadOnlySpan<byte> Opcode => this[0];

    /// <summary>An element's value in UTF-8; 0 is the opcode.</summary>
    /// <exception cref="IndexOutOfRangeException">There is no such element.</exception>
    public ReadOnlySpan<byte> this[int index]
    {
        get
        {
            var range = _elements[index];
            return Raw.Slice(range.Start, range.Length);
        }
    }

    /// <summary>Whether this is the instruction of that name.</summary>
    public bool Is(ReadOnlySpan<byte> opcode) => this[0].SequenceEqual(opcode);

    /// <summary>An element's value as text. Allocates.</summary>
    /// <exception cref="IndexOutOfRangeException">There is no such element.</exception>
    public string GetString(int index) => Encoding.UTF8.GetString(this[index]);

    /// <summary>An element's value as a decimal number; false when there is no such element or it is not one.</summary>
    public bool TryGetInt32(int index, out int value)
    {
        value = 0;
        return (uint)index < (uint)Count
            && int.TryParse(this[index], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);
    }

    /// <summary>An element's value as a decimal number; false when there is no such element or it is not one.</summary>
    public bool TryGetInt64(int index, out long value)
    {
        value = 0;
        return (uint)index < (uint)Count
            && long.TryParse(this[index], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);
    }

    /// <summary>All elements as text, the opcode first. Allocates: for handshakes and tests, not for the relay path.</summary>
    public string[] ToStrings()
    {
        var elements = new string[Count];
        for (var i = 0; i < elements.Length; i++)
            elements[i] = GetString(i);
        return elements;
    }
}
