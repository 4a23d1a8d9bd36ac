namespace OpenOva.Relay.Ledger.Exports;

/// <summary>What became of the records that were sent: the first so many of them went, and why no more did.</summary>
/// <param name="Sent">From the first on.</param>
/// <param name="Failure">Null: all of them went. Never with content of a record.</param>
/// <param name="Connection">What took them.</param>
internal sealed record ExportOutcome(int Sent, string? Failure, long Connection = 0);

/// <summary>Where records go. One replica at a time sends, one batch at a time, each of one organisation and in order.</summary>
internal interface IExportTarget : IAsyncDisposable
{
    /// <summary>
    /// How long after it was sent a record counts as arrived, if the connection that took it still lives. Zero where the other side says what it has.
    /// </summary>
    TimeSpan ConfirmAfter { get; }

    /// <summary>Another one from the moment that a connection is found dead: what was sent on it and is not confirmed may not have arrived.</summary>
    long Connection { get; }

    /// <summary>Sends records; repeats must do no harm.</summary>
    /// <exception cref="Exception">Nothing is known to have gone. The message names no content.</exception>
    Task<ExportOutcome> SendAsync(IReadOnlyList<ExportRecord> records, CancellationToken cancellation);
}
