namespace OpenOva.Relay.Guacamole;

/// <summary>
/// The limits guacd itself keeps. What breaks one of them cannot be read by guacd, guacenc or another peer built on libguac,
/// so neither the parser nor the writer lets it through.
/// </summary>
public static class GuacamoleLimits
{
    /// <summary>Elements of one instruction, the opcode included. Source: GUAC_INSTRUCTION_MAX_ELEMENTS, libguac parser-constants.h.</summary>
    public const int MaxElements = 128;

    /// <summary>Unicode code points of one element's value. Source: GUAC_INSTRUCTION_MAX_LENGTH, libguac parser-constants.h.</summary>
    public const int MaxElementLength = 8192;

    /// <summary>Decimal digits of one element's length. Source: GUAC_INSTRUCTION_MAX_DIGITS, libguac parser-constants.h.</summary>
    public const int MaxLengthDigits = 5;

    /// <summary>Bytes of one whole instruction, the semicolon included. Source: <c>char __instructionbuf[32768]</c> of libguac's parser; the constant has no name there.</summary>
    public const int MaxInstructionBytes = 32768;

    /// <summary>Bytes of a <c>blob</c> before base64. Source: GUAC_PROTOCOL_BLOB_MAX_LENGTH, libguac protocol-constants.h.</summary>
    public const int MaxBlobBytes = 6048;
}
