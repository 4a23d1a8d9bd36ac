using OpenOva.Relay.V1;

namespace OpenOva.Relay.Web;

/// <summary>
/// An expected failure with a reason of the error table. Its metadata reaches the caller (a field's name, a limit's name, a correlation
/// id); its message and its inner exception reach the log only.
/// </summary>
internal sealed class RelayException : Exception
{
    public RelayException(ErrorReason reason, params (string Key, string Value)[] metadata)
        : this(reason, null, null, metadata)
    {
    }

    public RelayException(ErrorReason reason, string? logMessage, Exception? inner, params (string Key, string Value)[] metadata)
        : base(logMessage ?? ErrorTable.Of(reason).Text, inner)
    {
        Reason = reason;
        Details = metadata.ToDictionary(entry => entry.Key, entry => entry.Value, StringComparer.Ordinal);
    }

    public ErrorReason Reason { get; }
    public IReadOnlyDictionary<string, string> Details { get; }

    public static RelayException InvalidField(string field) => new(ErrorReason.InvalidArgument, ("field", field));
}
