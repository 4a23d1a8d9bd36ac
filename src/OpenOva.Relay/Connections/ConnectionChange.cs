using System.Text.Json.Nodes;

namespace OpenOva.Relay.Connections;

internal enum ConnectionChangeKind
{
    Added,
    Changed,
    Removed,

    /// <summary>A document is not taken. Where an earlier version of it was good, that one stays in use, flagged stale.</summary>
    Invalid,

    /// <summary>A document that was invalid is good again, and says what the version in use says.</summary>
    Restored,
}

/// <summary>What happened to a declaration, for the event <c>connection.changed</c>. It holds no parameter and no secret.</summary>
/// <param name="Organisation">Null where the document did not get as far as its name.</param>
/// <param name="Digest">Of the version in use afterwards; null where there is none.</param>
internal sealed record ConnectionChange(
    ConnectionChangeKind Kind, string? Organisation, string? Name, string? Digest, string? PreviousDigest, TargetIdentity? TargetIdentity, ResourceProblem? Problem)
{
    public JsonObject ToLedgerData() => new()
    {
        ["change"] = Kind.ToString().ToLowerInvariant(),
        ["connection"] = Name,
        ["digest"] = Digest,
        ["previous_digest"] = PreviousDigest,
        ["target_identity"] = TargetIdentity?.ToString().ToLowerInvariant(),
        ["problem"] = Problem is null
            ? null
            : new JsonObject { ["file"] = Problem.File, ["line"] = Problem.Line, ["field"] = Problem.Field, ["message"] = Problem.Message },
    };
}

/// <summary>Takes the changes of one reload. Where it throws, the same changes (or what became of them) come again with the next reload.</summary>
internal delegate Task PublishConnectionChanges(IReadOnlyList<ConnectionChange> changes, CancellationToken cancellation);
