namespace OpenOva.Relay.Connections;

/// <summary>What a document declares.</summary>
internal enum ResourceKind
{
    /// <summary><c>GuacamoleConnection</c></summary>
    Connection,

    /// <summary><c>EnvironmentPolicy</c></summary>
    Policy,

    /// <summary>A resource of another API, which has nothing to look for here.</summary>
    Other,
}

/// <summary>Names a resource: unique in what one installation reads.</summary>
internal readonly record struct ResourceKey(ResourceKind Kind, string Organisation, string Name);

/// <summary>One valid version of a declaration.</summary>
internal abstract record DeclaredResource
{
    public abstract ResourceKind Kind { get; }

    public required string Organisation { get; init; }

    /// <summary><c>metadata.name</c>, unique among the organisation's resources of this kind.</summary>
    public required string Name { get; init; }

    /// <summary>SHA-256 of the canonical specification, lower-case hex.</summary>
    public required string Digest { get; init; }

    /// <summary>Where a person finds the declaration: the file's name without its folder, or the resource's namespace and name in the cluster.</summary>
    public required string File { get; init; }

    /// <summary>No part of the digest: it says who brought this version, not what it is.</summary>
    public Provenance Provenance { get; init; } = Provenance.Unknown;

    public ResourceKey Key => new(Kind, Organisation, Name);
}
