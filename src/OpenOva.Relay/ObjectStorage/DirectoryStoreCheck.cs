using OpenOva.Relay.Database;

namespace OpenOva.Relay.ObjectStorage;

/// <summary>A directory enforces nothing against whoever may write in it, and says so.</summary>
internal sealed class DirectoryStoreCheck(IObjectStore store, ObjectStorageOptions options, TimeProvider time) : IStoreCheck
{
    public async Task<StoreReport> RunAsync(CancellationToken cancellation)
    {
        await store.ProbeAsync(cancellation);
        var findings = options.Buckets.Select(bucket => new StoreFinding(
            bucket, "lock", FindingOutcome.Lacks, true, "objects are files of a directory",
            "whoever can write in the directory can delete or replace evidence; Relay notices but cannot prevent it"));
        return new StoreReport("directory", time.GetUnixMicroseconds(), [.. findings], store.Capabilities);
    }
}
