namespace OpenOva.Relay.Ledger;

internal static partial class LedgerLog
{
    [LoggerMessage(EventId = 1600, Level = LogLevel.Error, Message = "Numbering ledger events failed; they stay staged and it is tried again")]
    public static partial void SequencingFailed(this ILogger logger, Exception exception);

    [LoggerMessage(EventId = 1601, Level = LogLevel.Error, Message = "Making or storing a checkpoint failed; it is tried again")]
    public static partial void CheckpointFailed(this ILogger logger, Exception exception);

    [LoggerMessage(EventId = 1602, Level = LogLevel.Information, Message = "Made keys for organisation {Organisation}: root fingerprint {Fingerprint}")]
    public static partial void KeysMade(this ILogger logger, string organisation, string fingerprint);

    [LoggerMessage(EventId = 1603, Level = LogLevel.Error, Message = "{Exporter} could not look for what to send; it is tried again")]
    public static partial void ExportRoundFailed(this ILogger logger, Exception exception, string exporter);

    [LoggerMessage(EventId = 1604, Level = LogLevel.Warning, Message = "{Exporter} does not take the ledger of {Organisation}, from {Type} {Sequence} on; it is tried again: {Failure}")]
    public static partial void ExportFailed(this ILogger logger, string exporter, string organisation, string type, long sequence, string failure);

    [LoggerMessage(EventId = 1605, Level = LogLevel.Information, Message = "{Exporter} takes the ledger of {Organisation} again")]
    public static partial void ExportWorksAgain(this ILogger logger, string exporter, string organisation);

    [LoggerMessage(EventId = 1606, Level = LogLevel.Error, Message = "{Exporter} is stalled with the ledger of {Organisation}")]
    public static partial void ExportStalled(this ILogger logger, string exporter, string organisation);

    [LoggerMessage(EventId = 1607, Level = LogLevel.Information, Message = "{Count} heads were stamped at {GenTime:o}")]
    public static partial void Stamped(this ILogger logger, int count, DateTimeOffset genTime);

    [LoggerMessage(EventId = 1608, Level = LogLevel.Error, Message = "Having heads stamped failed; it is tried again")]
    public static partial void StampFailed(this ILogger logger, Exception exception);

    [LoggerMessage(EventId = 1609, Level = LogLevel.Information, Message = "Having heads stamped works again")]
    public static partial void StampsWorkAgain(this ILogger logger);
}
