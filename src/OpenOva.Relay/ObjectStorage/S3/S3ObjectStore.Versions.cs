using System.Collections.Frozen;
using Amazon.S3.Model;

namespace OpenOva.Relay.ObjectStorage.S3;

/// <summary>
/// Which of a key's versions is the object. Not every store decides between simultaneous conditional puts on a versioned bucket: several succeed, each as a
/// version of its own. The version that was stored first is the object then, for every replica alike, since no later one can come before it. Where the check
/// has shown that the store decides by itself, nothing more is asked.
/// </summary>
internal sealed partial class S3ObjectStore
{
    private FrozenSet<string> _deciding = FrozenSet<string>.Empty;

    /// <summary>Takes over what a check has found.</summary>
    /// <param name="deciding">Buckets in which one of many simultaneous conditional puts succeeds.</param>
    public void Learn(StoreCapabilities capabilities, IEnumerable<string> deciding)
    {
        Volatile.Write(ref _deciding, deciding.ToFrozenSet(StringComparer.Ordinal));
        Volatile.Write(ref _capabilities, capabilities);
    }

    /// <summary>The version that was stored first; null when there is none, whatever deletion markers say.</summary>
    public async Task<string?> FirstVersionAsync(string bucket, string key, CancellationToken cancellation)
    {
        var list = new ListVersionsRequest { BucketName = bucket, Prefix = key };
        string? first = null;
        while (true)
        {
            var page = await Connection.SendAsync(
                new S3Request(S3Duty.Writer, "Looking for versions of", bucket, key), (client, attempt) => client.ListVersionsAsync(list, attempt.Token), cancellation);
            foreach (var version in page.Versions ?? [])
            {
                // Newest first within a key; the keys that merely begin with this one come behind it.
                if (version.Key != key) return first;
                if (version.IsDeleteMarker != true) first = version.VersionId;
            }

            if (page.IsTruncated != true) return first;
            (list.KeyMarker, list.VersionIdMarker) = (page.NextKeyMarker, page.NextVersionIdMarker);
        }
    }

    // Null: the newest one is the object, since there is no other.
    private async Task<string?> ObjectVersionAsync(string bucket, string key, CancellationToken cancellation) =>
        Volatile.Read(ref _deciding).Contains(bucket)
            ? null
            : await FirstVersionAsync(bucket, key, cancellation) ?? throw new ObjectNotFoundException(bucket, key);

    /// <exception cref="ObjectAlreadyExistsException">Another writer's version came first; this one stays behind it, and nothing refers to it.</exception>
    private async Task<string> DecideAsync(Whole whole, string? version, CancellationToken cancellation)
    {
        if (version is null || Volatile.Read(ref _deciding).Contains(whole.Bucket)) return version ?? Unversioned;
        var first = await FirstVersionAsync(whole.Bucket, whole.Key, cancellation);
        return first == version ? version : throw new ObjectAlreadyExistsException(whole.Bucket, whole.Key);
    }
}
