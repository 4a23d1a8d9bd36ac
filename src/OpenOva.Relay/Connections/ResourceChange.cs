namespace OpenOva.Relay.Connections;

/// <summary>What became of a declaration. The ledger keeps the names, in small letters: values only grow.</summary>
internal enum ResourceChangeKind
{
    Added,
    Changed,
    Removed,

    /// <summary>A document is not taken. Where an earlier version of it was good, that one stays in use, flagged stale.</summary>
    Invalid,

    /// <summary>A document that was invalid is good again, and says what the version in use says.</summary>
    Restored,

    /// <summary>A connection says what it said, under other labels: other policies may guard it now.</summary>
    Relabelled,
}

/// <summary>What happened to a declaration.</summary>
/// <param name="What">What is declared; null where the document does not say.</param>
/// <param name="Organisation">Null where the document did not get that far.</param>
/// <param name="Name">Null where the document did not get that far.</param>
/// <param name="InUse">The version in use afterwards; null where there is none.</param>
/// <param name="PreviousDigest">Of the version in use before, where that is another.</param>
internal sealed record ResourceChange(
    ResourceChangeKind Kind, ResourceKind? What, string? Organisation, string? Name, DeclaredResource? InUse, string? PreviousDigest, ResourceProblem? Problem)
{
    public string? Digest => InUse?.Digest;

    /// <summary>What policies select the connection in use by, as one text.</summary>
    public string Labels => InUse is Connection connection ? connection.LabelText : "";

    public static ResourceChange Of(ResourceChangeKind kind, ResourceKey key, DeclaredResource? inUse, string? previousDigest, ResourceProblem? problem = null) =>
        new(kind, key.Kind, key.Organisation, key.Name, inUse, previousDigest, problem);
}

/// <summary>What a reload changed.</summary>
/// <param name="Changes">Since the reload before it.</param>
/// <param name="Declared">
/// With the first reload of a process, every resource that any document declares: what the ledger was told of besides is gone, without a process to see it go. Null
/// with all others.
/// </param>
internal sealed record ResourceChanges(IReadOnlyList<ResourceChange> Changes, IReadOnlySet<ResourceKey>? Declared);

/// <summary>Takes the changes of one reload. Where it throws, the same changes (or what became of them) come again with the next reload.</summary>
internal delegate Task PublishResourceChanges(ResourceChanges changes, CancellationToken cancellation);
