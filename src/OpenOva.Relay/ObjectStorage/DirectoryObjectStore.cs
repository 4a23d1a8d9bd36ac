using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using OpenOva.Relay.Configuration;
using OpenOva.Relay.Database;

namespace OpenOva.Relay.ObjectStorage;

/// <summary>
/// The embedded store: one directory for each object,
/// <code>
/// root/bucket/path/of/the/leaf,object/data        the bytes
///                                    /meta.json   version, hash, length, retention, hold
/// root/bucket/,tmp/ID                             being written or deleted
/// </code>
/// An object is built under <c>,tmp</c>, made durable, and renamed to its place as a whole. A rename never replaces a directory that is not
/// empty, so of several writers one wins and no reader sees a part. Commas cannot stand in keys, hence <c>a</c> and <c>a/b</c> may both exist.
/// Retention is honoured by this class; the file system enforces nothing, and <see cref="Capabilities"/> says so.
/// </summary>
internal sealed partial class DirectoryObjectStore : IObjectStore, IDisposable
{
    private const string Leaf = ",object";
    private const string Temporary = ",tmp";
    private static readonly TimeSpan AbandonedAfter = TimeSpan.FromHours(1);

    private readonly string _root;
    private readonly HashSet<string> _buckets;
    private readonly TimeProvider _time;

    // Deletion and changes of the lock read before they write; one process serves a directory.
    private readonly SemaphoreSlim _changing = new(1, 1);

    /// <param name="root">Created when absent, with its buckets. What crashed writers left behind over an hour ago is removed.</param>
    public DirectoryObjectStore(string root, IEnumerable<string> buckets, TimeProvider time)
    {
        _root = Path.GetFullPath(root);
        _buckets = new HashSet<string>(buckets, StringComparer.Ordinal);
        _time = time;
        foreach (var bucket in _buckets)
        {
            ObjectKey.CheckBucket(bucket);
            PrivateDirectory.Create(Path.Combine(_root, bucket, Temporary));
            DirectorySync.Flush(Path.Combine(_root, bucket));
            Sweep(Path.Combine(_root, bucket, Temporary));
        }

        DirectorySync.Flush(_root);
    }

    public StoreCapabilities Capabilities { get; } = new(LockEnforced: false, Versioned: false, ConditionalPut: true);

    public Task<StoredObject> PutIfAbsentAsync(
        string bucket, string key, Stream content, string sha256, Retention? retention = null, CancellationToken cancellation = default) =>
        GuardAsync(async () =>
        {
            var place = Locate(bucket, key);
            if (Directory.Exists(place)) throw new ObjectAlreadyExistsException(bucket, key);
            var building = NewTemporary(bucket);
            Directory.CreateDirectory(building);
            try
            {
                var bytes = await WriteAsync(Path.Combine(building, "data"), content, bucket, key, sha256, cancellation);
                var meta = new Meta(_time.NewRowId(), sha256, bytes, _time.GetUnixMicroseconds()).With(retention);
                await WriteMetaAsync(building, meta, cancellation);
                DirectorySync.Flush(building);
                Publish(bucket, key, building, place);
                return meta.ToStored(key);
            }
            catch
            {
                Remove(building);
                throw;
            }
        });

    public Task<ObjectContent> GetAsync(string bucket, string key, ByteRange? range = null, CancellationToken cancellation = default) =>
        GetVersionAsync(bucket, key, null, range, cancellation);

    public Task<ObjectContent> GetVersionAsync(
        string bucket, string key, string? versionId, ByteRange? range = null, CancellationToken cancellation = default) =>
        GuardAsync(async () =>
        {
            var place = Locate(bucket, key);
            var meta = await ReadMetaAsync(place, cancellation);
            if (meta is null || (versionId is not null && meta.VersionId != versionId)) throw new ObjectNotFoundException(bucket, key);
            var offset = range?.Offset ?? 0;
            if (offset < 0 || range?.Length <= 0 || (range is not null && offset >= meta.Bytes)) throw new ObjectRangeException(bucket, key);
            var length = Math.Min(range?.Length ?? long.MaxValue, meta.Bytes - offset);
            FileStream file;
            try
            {
                file = new FileStream(Path.Combine(place, "data"), Reading(FileOptions.Asynchronous | FileOptions.SequentialScan));
            }
            catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
            {
                throw new ObjectNotFoundException(bucket, key); // deleted in between
            }

            if (file.Length != meta.Bytes)
            {
                await file.DisposeAsync();
                throw new ObjectChecksumException(bucket, key, "its length is not the one that was stored");
            }

            file.Position = offset;
            return new ObjectContent(meta.ToStored(key), new StreamWindow(file, length), offset, length);
        });

    public Task<StoredObject?> HeadAsync(string bucket, string key, CancellationToken cancellation = default) =>
        HeadVersionAsync(bucket, key, null, cancellation);

    public Task<StoredObject?> HeadVersionAsync(string bucket, string key, string? versionId, CancellationToken cancellation = default) =>
        GuardAsync(async () =>
        {
            var meta = await ReadMetaAsync(Locate(bucket, key), cancellation);
            return versionId is null || meta?.VersionId == versionId ? meta?.ToStored(key) : null;
        });

    public async IAsyncEnumerable<ListedObject> ListAsync(
        string bucket, string prefix, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        var start = BucketPath(bucket);
        var keys = await GuardAsync(() => Task.FromResult(Keys(start, prefix)));
        foreach (var key in keys)
        {
            cancellation.ThrowIfCancellationRequested();
            var meta = await GuardAsync(() => ReadMetaAsync(Locate(bucket, key), cancellation));
            if (meta is not null) yield return new ListedObject(key, meta.Bytes, RowClock.FromUnixMicroseconds(meta.CreatedUs));
        }
    }

    public Task DeleteVersionAsync(
        string bucket, string key, string versionId, bool bypassGovernance = false, CancellationToken cancellation = default) =>
        ChangeAsync(bucket, key, versionId, (place, meta) =>
        {
            if (meta is null) return Task.CompletedTask;
            if (meta.Held) throw new ObjectLockedException(bucket, key, "a hold is on it");
            if (meta.Retention is { } retention && retention.Until > _time.GetUtcNow())
            {
                if (retention.Mode == RetentionMode.Compliance || !bypassGovernance)
                    throw new ObjectLockedException(bucket, key, $"retained until {retention.Until:O} ({retention.Mode})");
            }

            var removed = NewTemporary(bucket);
            Directory.Move(place, removed);
            DirectorySync.Flush(Path.GetDirectoryName(place)!);
            Remove(removed);
            Prune(bucket, Path.GetDirectoryName(place)!);
            return Task.CompletedTask;
        }, cancellation);

    public Task ExtendRetentionAsync(
        string bucket, string key, string versionId, Retention retention, CancellationToken cancellation = default) =>
        ChangeAsync(bucket, key, versionId, (place, meta) =>
        {
            if (meta is null) throw new ObjectNotFoundException(bucket, key);
            if (meta.Retention is { } old && (retention.Until < old.Until || retention.Mode < old.Mode))
                throw new ObjectLockedException(bucket, key, "retention can only be prolonged");
            return ReplaceMetaAsync(bucket, place, meta.With(retention), cancellation);
        }, cancellation);

    public Task SetHoldAsync(string bucket, string key, string versionId, bool held, CancellationToken cancellation = default) =>
        ChangeAsync(bucket, key, versionId, (place, meta) =>
        {
            if (meta is null) throw new ObjectNotFoundException(bucket, key);
            return ReplaceMetaAsync(bucket, place, meta with { Held = held }, cancellation);
        }, cancellation);

    public Task ProbeAsync(CancellationToken cancellation = default) =>
        GuardAsync(async () =>
        {
            foreach (var bucket in _buckets)
            {
                var probe = NewTemporary(bucket);
                await File.WriteAllBytesAsync(probe, [1], cancellation);
                File.Delete(probe);
            }

            return true;
        });

    public void Dispose() => _changing.Dispose();

    private static async Task<long> WriteAsync(
        string file, Stream content, string bucket, string key, string sha256, CancellationToken cancellation)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var data = new FileStream(file, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 });
        var buffer = new byte[128 * 1024];
        int read;
        while ((read = await content.ReadAsync(buffer, cancellation)) > 0)
        {
            hash.AppendData(buffer.AsSpan(0, read));
            await data.WriteAsync(buffer.AsMemory(0, read), cancellation);
        }

        if (Convert.ToHexStringLower(hash.GetHashAndReset()) != sha256)
            throw new ObjectChecksumException(bucket, key, "the bytes to be stored do not have the promised hash");
        data.Flush(flushToDisk: true);
        return data.Length;
    }

    private void Publish(string bucket, string key, string building, string place)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                CreateParents(BucketPath(bucket), Path.GetDirectoryName(place)!);
                Directory.Move(building, place);
                break;
            }
            catch (IOException) when (Directory.Exists(place))
            {
                throw new ObjectAlreadyExistsException(bucket, key);
            }
            catch (DirectoryNotFoundException) when (attempt < 100 && Directory.Exists(building))
            {
                // A deletion has just pruned the parent, which somebody else may have made again by now.
            }
        }

        DirectorySync.Flush(Path.GetDirectoryName(place)!);
    }

    private async Task ChangeAsync(
        string bucket, string key, string versionId, Func<string, Meta?, Task> change, CancellationToken cancellation)
    {
        await _changing.WaitAsync(cancellation);
        try
        {
            await GuardAsync(async () =>
            {
                var place = Locate(bucket, key);
                var meta = await ReadMetaAsync(place, cancellation);
                await change(place, meta?.VersionId == versionId ? meta : null);
                return true;
            });
        }
        finally
        {
            _changing.Release();
        }
    }

    private static FileStreamOptions Reading(FileOptions options) =>
        new() { Mode = FileMode.Open, Access = FileAccess.Read, Share = FileShare.Read | FileShare.Delete, Options = options };

    private static async Task<T> GuardAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ObjectStoreUnavailableException("The object directory cannot be used now.", exception);
        }
    }
}
