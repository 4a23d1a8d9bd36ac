using System.Globalization;
using System.Runtime.CompilerServices;
using Amazon.Runtime.Internal.Util;
using Amazon.S3;
using Amazon.S3.Model;

namespace OpenOva.Relay.ObjectStorage.S3;

/// <summary>
/// Objects on an S3 endpoint. Buckets have to be there, with versioning and object lock; <see cref="S3StoreCheck"/> says whether they are, and until it has
/// there are no <see cref="Capabilities"/>. An object's SHA-256 stands in its user metadata, since not every store answers checksums.
/// </summary>
internal sealed partial class S3ObjectStore : IObjectStore, IDisposable
{
    private const string HashName = "sha256";

    // What S3 calls the version of an object in a bucket without versions.
    private const string Unversioned = "null";

    private readonly S3Options _options;
    private readonly HashSet<string> _buckets;
    private readonly TimeProvider _time;
    private readonly StoreWrites _writes;
    private StoreCapabilities? _capabilities;

    public S3ObjectStore(S3Options options, IEnumerable<string> buckets, TimeProvider time, StoreWrites? writes = null)
    {
        (_options, _time, _writes) = (options, time, writes ?? new StoreWrites());
        _buckets = new HashSet<string>(buckets, StringComparer.Ordinal);
        Connection = new S3Connection(options, time);
    }

    public S3Connection Connection { get; }

    /// <exception cref="ObjectStoreUnavailableException">The store has not answered yet what it enforces.</exception>
    public StoreCapabilities Capabilities => Volatile.Read(ref _capabilities)
        ?? throw new ObjectStoreUnavailableException($"What the store at {_options.Endpoint} enforces is not known yet: its first check is still to succeed.");

    public Task<ObjectContent> GetAsync(string bucket, string key, ByteRange? range = null, CancellationToken cancellation = default) =>
        GetVersionAsync(bucket, key, null, range, cancellation);

    public async Task<ObjectContent> GetVersionAsync(
        string bucket, string key, string? versionId, ByteRange? range = null, CancellationToken cancellation = default)
    {
        Check(bucket, key);
        if (range?.Offset < 0 || range?.Length <= 0) throw new ObjectRangeException(bucket, key);
        versionId ??= await ObjectVersionAsync(bucket, key, cancellation);
        var get = new GetObjectRequest { BucketName = bucket, Key = key, VersionId = versionId };
        if (range is { } part)
        {
            var last = part.Length is { } count && count <= long.MaxValue - part.Offset ? (part.Offset + count - 1).ToString(CultureInfo.InvariantCulture) : "";
            get.ByteRange = new Amazon.S3.Model.ByteRange(string.Create(CultureInfo.InvariantCulture, $"bytes={part.Offset}-{last}"));
        }

        var request = new S3Request(S3Duty.Writer, "Reading", bucket, key) { IsReading = true };
        var response = await Connection.SendAsync(request, (client, attempt) => client.GetObjectAsync(get, attempt.Token), cancellation);
        var (from, length, total) = Extent(response);
        if (from != (range?.Offset ?? 0))
        {
            response.Dispose();
            throw new ObjectStoreUnavailableException($"Reading {request.Name}: the store at {_options.Endpoint} answered another range than was asked for.");
        }

        var stored = new StoredObject(key, response.VersionId ?? Unversioned, total, Hash(response.Metadata, response.ChecksumSHA256))
        {
            Retention = RetentionOf(response.ObjectLockMode, response.ObjectLockRetainUntilDate),
            Held = response.ObjectLockLegalHoldStatus == ObjectLockLegalHoldStatus.On,
        };

        // Without the SDK's MD5 of all that passes, which costs more than everything else here: readers check SHA-256.
        var body = response.ResponseStream is WrapperStream wrapped ? wrapped.GetNonWrapperBaseStream() : response.ResponseStream;
        var content = new ReceivedContent(body, response, length, request.Name, _options.StallTimeout, _time);
        return new ObjectContent(stored, content, from, length);
    }

    public Task<StoredObject?> HeadAsync(string bucket, string key, CancellationToken cancellation = default) =>
        HeadVersionAsync(bucket, key, null, cancellation);

    public async Task<StoredObject?> HeadVersionAsync(string bucket, string key, string? versionId, CancellationToken cancellation = default)
    {
        Check(bucket, key);
        try
        {
            var head = new GetObjectMetadataRequest { BucketName = bucket, Key = key, VersionId = versionId
                ?? await ObjectVersionAsync(bucket, key, cancellation) };
            if (_options.Checksums != S3Checksums.None) head.ChecksumMode = ChecksumMode.ENABLED;
            var response = await Connection.SendAsync(
                new S3Request(S3Duty.Writer, "Looking for", bucket, key), (client, attempt) => client.GetObjectMetadataAsync(head, attempt.Token),
                    cancellation);
            return new StoredObject(key, response.VersionId ?? Unversioned, response.ContentLength, Hash(response.Metadata, response.ChecksumSHA256))
            {
                Retention = RetentionOf(response.ObjectLockMode, response.ObjectLockRetainUntilDate),
                Held = response.ObjectLockLegalHoldStatus == ObjectLockLegalHoldStatus.On,
            };
        }
        catch (ObjectNotFoundException missing) when (!missing.IsBucket)
        {
            await ProbeAsync(bucket, cancellation); // the answer to HEAD does not tell a missing bucket from a missing object
            return null;
        }
    }

    public async IAsyncEnumerable<ListedObject> ListAsync(
        string bucket, string prefix, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        CheckBucket(bucket);
        var list = new ListObjectsV2Request { BucketName = bucket, Prefix = prefix };
        var request = new S3Request(S3Duty.Writer, "Listing", bucket, "");
        do
        {
            var page = await Connection.SendAsync(request, (client, attempt) => client.ListObjectsV2Async(list, attempt.Token), cancellation);
            foreach (var found in page.S3Objects ?? [])
                yield return new ListedObject(found.Key, found.Size ?? 0, new DateTimeOffset(found.LastModified?.ToUniversalTime() ?? DateTime.UnixEpoch));
            list.ContinuationToken = page.IsTruncated == true ? page.NextContinuationToken : null;
        }
        while (!string.IsNullOrEmpty(list.ContinuationToken));
    }

    public Task ProbeAsync(CancellationToken cancellation = default) => Task.WhenAll(_buckets.Select(bucket => ProbeAsync(bucket, cancellation)));

    public void Dispose() => Connection.Dispose();

    private async Task ProbeAsync(string bucket, CancellationToken cancellation)
    {
        var list = new ListObjectsV2Request { BucketName = bucket, MaxKeys = 1 };
        await Connection.SendAsync(new S3Request(S3Duty.Writer, "Probing", bucket, ""), (client, attempt) => client.ListObjectsV2Async(list, attempt.Token),
            cancellation);
    }

    private void Check(string bucket, string key)
    {
        ObjectKey.Check(bucket, key);
        CheckBucket(bucket);
    }

    private void CheckBucket(string bucket)
    {
        ObjectKey.CheckBucket(bucket);
        if (!_buckets.Contains(bucket)) throw new ObjectNotFoundException(bucket, "");
    }

    // "bytes 100-299/1000"; absent when all was asked for.
    private static (long From, long Length, long Total) Extent(GetObjectResponse response)
    {
        var range = response.ContentRange is { Length: > 0 } text && System.Net.Http.Headers.ContentRangeHeaderValue.TryParse(text, out var parsed) ? parsed
            : null;
        return (range?.From ?? 0, response.ContentLength, range?.Length ?? response.ContentLength);
    }

    // Empty where a stranger put the object and the store keeps no checksums: then no bytes have it.
    private static string Hash(MetadataCollection metadata, string? checksum)
    {
        if (metadata[HashName] is { Length: 64 } hex) return hex;
        var bytes = new byte[32];
        return checksum is not null && Convert.TryFromBase64String(checksum, bytes, out var count) && count == bytes.Length ? Convert.ToHexStringLower(bytes)
            : "";
    }

    private static Retention? RetentionOf(ObjectLockMode? mode, DateTime? until) =>
        mode is null || until is null
            ? null
            : new Retention(mode == ObjectLockMode.Compliance ? RetentionMode.Compliance : RetentionMode.Governance,
                new DateTimeOffset(until.Value.ToUniversalTime()));
}
