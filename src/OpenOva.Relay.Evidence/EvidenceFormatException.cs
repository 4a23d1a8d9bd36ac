namespace OpenOva.Relay.Evidence;

/// <summary>
/// Bytes that should be evidence do not have the form that README.md of this library states. The message names the part and what was expected;
/// it never quotes content.
/// </summary>
public sealed class EvidenceFormatException : Exception
{
    /// <summary>Creates the error.</summary>
    public EvidenceFormatException(string message) : base(message)
    {
    }

    /// <summary>Creates the error with its cause.</summary>
    public EvidenceFormatException(string message, Exception innerException) : base(message, innerException)
    {
    }
}
