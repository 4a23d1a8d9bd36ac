namespace OpenOva.Relay.Guacamole;

/// <summary>What an <see cref="InstructionParser"/> accepts. The defaults are guacd's own limits.</summary>
public sealed record InstructionParserOptions
{
    /// <summary>guacd's limits.</summary>
    public static InstructionParserOptions Default { get; } = new();

    /// <summary>Elements of one instruction, the opcode included; at least 1. Default <see cref="GuacamoleLimits.MaxElements"/>.</summary>
    public int MaxElements { get; init; } = GuacamoleLimits.MaxElements;

    /// <summary>Unicode code points of one value, 0 to 99999 (five digits). Default <see cref="GuacamoleLimits.MaxElementLength"/>.</summary>
    public int MaxElementLength { get; init; } = GuacamoleLimits.MaxElementLength;

    /// <summary>Bytes of one instruction with its semicolon; at least 3 (<c>0.;</c>). Default <see cref="GuacamoleLimits.MaxInstructionBytes"/>.</summary>
    public int MaxInstructionBytes { get; init; } = GuacamoleLimits.MaxInstructionBytes;

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxElements, 1, nameof(MaxElements));
        ArgumentOutOfRangeException.ThrowIfNegative(MaxElementLength, nameof(MaxElementLength));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxElementLength, 99_999, nameof(MaxElementLength));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxInstructionBytes, 3, nameof(MaxInstructionBytes));
    }
}
