using System.Security.Cryptography;

namespace OpenOva.Relay.ObjectStorage;

/// <summary>Small objects as bytes.</summary>
internal static class ObjectStoreBytes
{
    public static async Task<StoredObject> PutIfAbsentAsync(
        this IObjectStore store,
        string bucket,
        string key,
        ReadOnlyMemory<byte> bytes,
        Retention? retention = null,
        CancellationToken cancellation = default)
    {
        using var content = new MemoryStream(bytes.ToArray(), writable: false);
        return await store.PutIfAbsentAsync(bucket, key, content, Convert.ToHexStringLower(SHA256.HashData(bytes.Span)), retention, cancellation);
    }

    /// <summary>All of an object that is at most <paramref name="limit"/> bytes long, checked against its hash.</summary>
    /// <exception cref="ObjectChecksumException">It is longer than the limit, or its bytes do not have its hash.</exception>
    public static Task<byte[]> GetBytesAsync(this IObjectStore store, string bucket, string key, int limit, CancellationToken cancellation = default) =>
        store.GetVersionBytesAsync(bucket, key, null, limit, cancellation);

    /// <summary>The same of exactly this version; null: the newest.</summary>
    public static async Task<byte[]> GetVersionBytesAsync(
        this IObjectStore store, string bucket, string key, string? versionId, int limit, CancellationToken cancellation = default)
    {
        await using var opened = await store.GetVersionAsync(bucket, key, versionId, null, cancellation);
        if (opened.Length > limit) throw new ObjectChecksumException(bucket, key, $"longer than {limit} bytes");
        var bytes = new byte[opened.Length];
        var read = await opened.Content.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellation);
        return read == bytes.Length && Convert.ToHexStringLower(SHA256.HashData(bytes)) == opened.Object.Sha256
            ? bytes
            : throw new ObjectChecksumException(bucket, key, "its bytes are not those that were stored");
    }
}
