using System.Text.Json.Serialization;

namespace OpenOva.Relay.ObjectStorage;

[JsonConverter(typeof(JsonStringEnumConverter<FindingOutcome>))]
internal enum FindingOutcome
{
    Holds = 1,
    Lacks = 2,

    /// <summary>It could not be tried; the detail says why.</summary>
    NotFoundOut = 3,
}

/// <summary>One thing that evidence needs of a bucket, tried on the store itself.</summary>
/// <param name="Check">A fixed name, such as <c>lock-compliance</c>.</param>
/// <param name="Required">Relay's claims need it; otherwise its lack costs something that the operator may accept.</param>
/// <param name="Detail">What was seen.</param>
/// <param name="Cost">What its lack costs.</param>
internal sealed record StoreFinding(string Bucket, string Check, FindingOutcome Outcome, bool Required, string Detail, string Cost)
{
    public override string ToString() =>
        $"{Bucket} {Check}: {(Outcome == FindingOutcome.Holds ? "holds" : Outcome == FindingOutcome.Lacks ? "LACKS" : "not found out")}, {Detail}"
        + (Outcome == FindingOutcome.Holds ? "" : $". {(Required ? "Required" : "Advised")}: {Cost}");
}

/// <summary>What a store was found to enforce.</summary>
/// <param name="Store">The endpoint, or the directory.</param>
/// <param name="TimeUs">When the check began, microseconds UTC.</param>
/// <param name="Capabilities">What follows from it.</param>
internal sealed record StoreReport(string Store, long TimeUs, IReadOnlyList<StoreFinding> Findings, StoreCapabilities Capabilities)
{
    /// <summary>Everything that is required holds: what was not found out does not count.</summary>
    public bool Sufficient => Findings.All(finding => !finding.Required || finding.Outcome == FindingOutcome.Holds);
}

/// <summary>Finds out what the store enforces.</summary>
internal interface IStoreCheck
{
    /// <exception cref="ObjectStoreException">The store cannot be reached: nothing was found out.</exception>
    Task<StoreReport> RunAsync(CancellationToken cancellation);
}

/// <summary>Takes a report on, such as into a ledger. All that are registered are called; one that throws is called again with the next report.</summary>
internal delegate Task PublishStoreReport(StoreReport report, CancellationToken cancellation);
