namespace OpenOva.Relay.Ledger;

internal static partial class LedgerLog
{
    [LoggerMessage(EventId = 1600, Level = LogLevel.Error, Message = "Numbering ledger events failed; they stay staged and it is tried again")]
    public static partial void SequencingFailed(this ILogger logger, Exception exception);

    [LoggerMessage(EventId = 1601, Level = LogLevel.Error, Message = "Making or storing a checkpoint failed; it is tried again")]
    public static partial void CheckpointFailed(this ILogger logger, Exception exception);

    [LoggerMessage(EventId = 1602, Level = LogLevel.Information, Message = "Made keys for organisation {Organisation}: root fingerprint {Fingerprint}")]
    public static partial void KeysMade(this ILogger logger, string organisation, string fingerprint);
}
