namespace OpenOva.Relay.Database;

/// <summary>
/// The database could not do the work now; the same call may succeed later. Callers answer UNAVAILABLE / 503.
/// Nothing of the transaction was committed, unless <see cref="OutcomeUnknown"/>.
/// </summary>
internal sealed class DatabaseUnavailableException(string message, DatabaseFailure failure, bool outcomeUnknown, Exception inner)
    : Exception(message, inner)
{
    public DatabaseFailure Failure { get; } = failure;

    /// <summary>The connection broke while COMMIT was under way: the work may stand. Ask again by its ids before repeating it.</summary>
    public bool OutcomeUnknown { get; } = outcomeUnknown;
}
