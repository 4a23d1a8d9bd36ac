using OpenOva.Relay.V1;

namespace OpenOva.Relay.Access.Requests;

/// <summary>States and verdicts as rows and the ledger write them: the contract's names without their prefixes.</summary>
internal static class RequestNames
{
    public static string Name(this AccessRequestState state) => state.ToString().ToUpperInvariant();

    public static string Name(this AccessRequestVerdict verdict) => verdict.ToString().ToUpperInvariant();

    public static string Name(this ReviewOutcome outcome) => outcome.ToString().ToUpperInvariant();

    public static AccessRequestState State(string name) => Enum.Parse<AccessRequestState>(name, ignoreCase: true);

    public static AccessRequestVerdict Verdict(string name) => Enum.Parse<AccessRequestVerdict>(name, ignoreCase: true);

    public static ReviewOutcome Outcome(string? name) => name is null ? ReviewOutcome.Unspecified : Enum.Parse<ReviewOutcome>(name, ignoreCase: true);
}
