namespace OpenOva.Relay.Guacamole;

/// <summary>Which rule of the grammar or which limit the stream broke. An incomplete instruction is none of these.</summary>
public enum GuacamoleProtocolError
{
    /// <summary>A length begins with its full stop: <c>.sync;</c>.</summary>
    LengthMissing = 1,

    /// <summary>A byte other than 0-9 and the full stop stands in a length. White space and newlines between instructions end up here.</summary>
    LengthNotDecimal = 2,

    /// <summary>A length has a leading zero (<c>04.sync;</c>). guacd bears it; players that seek by recomputed lengths do not.</summary>
    LengthLeadingZero = 3,

    /// <summary>A length has more than <see cref="GuacamoleLimits.MaxLengthDigits"/> digits.</summary>
    LengthTooManyDigits = 4,

    /// <summary>A length announces more code points than <see cref="InstructionParserOptions.MaxElementLength"/>.</summary>
    ElementTooLong = 5,

    /// <summary>A comma announces one element more than <see cref="InstructionParserOptions.MaxElements"/>.</summary>
    TooManyElements = 6,

    /// <summary>The instruction is not over after <see cref="InstructionParserOptions.MaxInstructionBytes"/> bytes.</summary>
    InstructionTooLong = 7,

    /// <summary>A value of the announced length is followed by neither a comma nor a semicolon.</summary>
    BadTerminator = 8,

    /// <summary>A value is not well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF).</summary>
    InvalidUtf8 = 9,

    /// <summary>
    /// An instruction of a stream lacks an element, names an index that no stream has, or carries what is no base64. The parser does not look at that; whoever polices
    /// streams does.
    /// </summary>
    BadStream = 10,
}

/// <summary>
/// The bytes are not the Guacamole protocol. Carries no content of the stream, since that may be a secret or a screen.
/// </summary>
public sealed class GuacamoleProtocolException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="reason">The rule that was broken.</param>
    /// <param name="offset">See <see cref="Offset"/>.</param>
    public GuacamoleProtocolException(GuacamoleProtocolError reason, long offset)
        : base($"Malformed Guacamole stream: {reason} at byte {offset}.")
    {
        Reason = reason;
        Offset = offset;
    }

    /// <summary>The rule that was broken.</summary>
    public GuacamoleProtocolError Reason { get; }

    /// <summary>Absolute offset in the stream, in bytes from 0, of the first byte that no valid stream has at that place. It does not depend on how the bytes arrived.</summary>
    public long Offset { get; }
}
