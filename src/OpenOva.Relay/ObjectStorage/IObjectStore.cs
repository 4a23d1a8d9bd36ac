namespace OpenOva.Relay.ObjectStorage;

/// <summary>
/// Write-once objects in named buckets. Keys follow <see cref="ObjectKey"/>. All methods throw <see cref="ObjectStoreUnavailableException"/> when
/// the store cannot answer now, and <see cref="ObjectNotFoundException"/> for a bucket that does not exist.
/// </summary>
internal interface IObjectStore
{
    /// <summary>What this store can promise. Evidence says so: a lock that is not enforced is never claimed.</summary>
    /// <exception cref="ObjectStoreUnavailableException">It has not been found out yet.</exception>
    StoreCapabilities Capabilities { get; }

    /// <summary>
    /// Stores all of <paramref name="content"/> from its position on, if no object has this key; of several writers one wins. When it returns,
    /// the object is durable and its bytes had the given hash; when it throws, no object was made visible, except that after
    /// <see cref="ObjectStoreUnavailableException"/> the outcome is unknown: ask with <see cref="HeadAsync"/>.
    /// </summary>
    /// <param name="content">Seekable, so that its length is known and a transport can send it again.</param>
    /// <param name="sha256">Of the bytes to be stored, 64 lower-case hex digits.</param>
    /// <param name="retention">Null: the object may be deleted at any time.</param>
    /// <exception cref="ObjectAlreadyExistsException">The key is taken; compare its hash by <see cref="HeadAsync"/>.</exception>
    /// <exception cref="ObjectChecksumException">The bytes have another hash; nothing was stored.</exception>
    Task<StoredObject> PutIfAbsentAsync(
        string bucket, string key, Stream content, string sha256, Retention? retention = null, CancellationToken cancellation = default);

    /// <summary>
    /// Opens the object, or the part of it in <paramref name="range"/>. The bytes are not checked against the hash: the reader does that.
    /// </summary>
    /// <exception cref="ObjectNotFoundException">No such object.</exception>
    /// <exception cref="ObjectRangeException">The range starts at or behind the end.</exception>
    Task<ObjectContent> GetAsync(string bucket, string key, ByteRange? range = null, CancellationToken cancellation = default);

    /// <summary>
    /// The same of exactly this version, which nobody can put another over and no deletion marker hides. Null: the newest one.
    /// </summary>
    /// <exception cref="ObjectNotFoundException">No such version.</exception>
    /// <exception cref="ObjectRangeException">The range starts at or behind the end.</exception>
    Task<ObjectContent> GetVersionAsync(string bucket, string key, string? versionId, ByteRange? range = null, CancellationToken cancellation = default);

    /// <summary>Null when there is no such object.</summary>
    Task<StoredObject?> HeadAsync(string bucket, string key, CancellationToken cancellation = default);

    /// <summary>The same of exactly this version. Null when there is none.</summary>
    Task<StoredObject?> HeadVersionAsync(string bucket, string key, string? versionId, CancellationToken cancellation = default);

    /// <summary>Objects whose key starts with <paramref name="prefix"/>, in ordinal order of keys. Empty: all of the bucket.</summary>
    IAsyncEnumerable<ListedObject> ListAsync(string bucket, string prefix, CancellationToken cancellation = default);

    /// <summary>
    /// Deletes exactly this version for good; one that does not exist is no error. Without its version id nothing can be deleted, since a
    /// versioning store would then only hide it.
    /// </summary>
    /// <param name="bypassGovernance">Deletes in spite of a GOVERNANCE retention; never of COMPLIANCE or a hold. Its own identity on a real store.</param>
    /// <exception cref="ObjectLockedException">Retention or a hold forbids it.</exception>
    /// <exception cref="ObjectStoreDeniedException">No lock does, but the identity lacks the right.</exception>
    /// <exception cref="ObjectStoreIdentityException">No identity for this is configured.</exception>
    Task DeleteVersionAsync(string bucket, string key, string versionId, bool bypassGovernance = false, CancellationToken cancellation = default);

    /// <summary>Sets or prolongs the retention. Shortening it or weakening its mode is refused; a store may deny to strengthen the mode.</summary>
    /// <exception cref="ObjectLockedException">It would be shortened or weakened.</exception>
    /// <exception cref="ObjectNotFoundException">No such version.</exception>
    Task ExtendRetentionAsync(string bucket, string key, string versionId, Retention retention, CancellationToken cancellation = default);

    /// <summary>Sets or lifts a legal hold, which forbids deletion without an end.</summary>
    /// <exception cref="ObjectNotFoundException">No such version.</exception>
    Task SetHoldAsync(string bucket, string key, string versionId, bool held, CancellationToken cancellation = default);

    /// <summary>One real request to each bucket that is configured.</summary>
    Task ProbeAsync(CancellationToken cancellation = default);
}

/// <summary>What a store can promise.</summary>
/// <param name="LockEnforced">The store itself refuses to delete what is retained or held, whoever asks. False for a directory.</param>
/// <param name="Versioned">An overwritten or deleted object leaves its old versions behind.</param>
/// <param name="ConditionalPut">Create-if-absent is atomic, so that it may decide a claim.</param>
internal sealed record StoreCapabilities(bool LockEnforced, bool Versioned, bool ConditionalPut);

/// <summary>GOVERNANCE may be bypassed by an identity with that right, COMPLIANCE by nobody.</summary>
internal enum RetentionMode
{
    Governance = 1,
    Compliance = 2,
}

internal sealed record Retention(RetentionMode Mode, DateTimeOffset Until);

/// <param name="Sha256">64 lower-case hex digits, of the stored bytes; empty where the store knows none, since somebody else put the object.</param>
internal sealed record StoredObject(string Key, string VersionId, long Bytes, string Sha256)
{
    public Retention? Retention { get; init; }

    public bool Held { get; init; }
}

internal sealed record ListedObject(string Key, long Bytes, DateTimeOffset Modified);

/// <param name="Offset">From 0.</param>
/// <param name="Length">Null: to the end; a range that reaches beyond the end stops there.</param>
internal readonly record struct ByteRange(long Offset, long? Length = null);

/// <summary>An object being read. <see cref="Content"/> yields <see cref="Length"/> bytes from <see cref="Offset"/>; dispose it.</summary>
internal sealed class ObjectContent(StoredObject stored, Stream content, long offset, long length) : IAsyncDisposable
{
    public StoredObject Object { get; } = stored;

    public Stream Content { get; } = content;

    public long Offset { get; } = offset;

    public long Length { get; } = length;

    public ValueTask DisposeAsync() => Content.DisposeAsync();
}
