namespace OpenOva.Relay;

/// <summary>Who this process is. <c>Name</c> is the replica's, stable over restarts; <c>Instance</c> is unique to this life of it, and what it holds leases under.</summary>
internal sealed record ReplicaName(string Name, string Instance)
{
    public static ReplicaName Create(string name, TimeProvider time) => new(name, $"{name}/{Guid.CreateVersion7(time.GetUtcNow()):n}");
}
