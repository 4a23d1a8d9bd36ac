using System.Security.Cryptography;
using Amazon.S3;
using Amazon.S3.Model;

namespace OpenOva.Relay.ObjectStorage.S3;

/// <summary>Storing: in one piece, which the store takes or refuses as a whole, and above the most that it takes in parts.</summary>
internal sealed partial class S3ObjectStore
{
    private const long LeastPart = 5L << 20;
    private const int MostParts = 10_000;

    public async Task<StoredObject> PutIfAbsentAsync(
        string bucket, string key, Stream content, string sha256, Retention? retention = null, CancellationToken cancellation = default)
    {
        Check(bucket, key);
        var whole = new Whole(bucket, key, content, content.Position, content.Length - content.Position, sha256, WholeSeconds(retention));
        var version = await _writes.WatchAsync(() => whole.Length <= _options.MultipartAbove ? PutAsync(whole, cancellation) : PutInPartsAsync(whole, cancellation));
        return new StoredObject(key, await DecideAsync(whole, version, cancellation), whole.Length, sha256) { Retention = whole.Retention };
    }

    private async Task<string?> PutAsync(Whole whole, CancellationToken cancellation)
    {
        var response = await SendContentAsync(
            whole.Request("Storing"), whole, whole.From, whole.Length, whole.Sha256,
            (client, content, token) =>
            {
                var put = new PutObjectRequest
                {
                    BucketName = whole.Bucket,
                    Key = whole.Key,
                    InputStream = content,
                    IfNoneMatch = "*",
                    ContentType = "application/octet-stream",
                    AutoCloseStream = false,
                    UseChunkEncoding = false,
                };
                put.Metadata[HashName] = whole.Sha256;
                if (_options.Checksums == S3Checksums.Sha256)
                {
                    put.ChecksumAlgorithm = ChecksumAlgorithm.SHA256;
                    put.ChecksumSHA256 = Convert.ToBase64String(Convert.FromHexString(whole.Sha256));
                }

                if (whole.Retention is { } retention)
                {
                    put.ObjectLockMode = ModeOf(retention.Mode);
                    put.ObjectLockRetainUntilDate = retention.Until.UtcDateTime;
                }

                return client.PutObjectAsync(put, token);
            },
            cancellation);
        return response.VersionId;
    }

    // Read once beforehand: the store checks each part by itself, and nobody the whole.
    private async Task<string?> PutInPartsAsync(Whole whole, CancellationToken cancellation)
    {
        if (await HeadAsync(whole.Bucket, whole.Key, cancellation) is not null) throw new ObjectAlreadyExistsException(whole.Bucket, whole.Key);
        await CheckHashAsync(whole, cancellation);
        var initiate = new InitiateMultipartUploadRequest { BucketName = whole.Bucket, Key = whole.Key, ContentType = "application/octet-stream" };
        initiate.Metadata[HashName] = whole.Sha256;
        if (_options.Checksums == S3Checksums.Sha256) initiate.ChecksumAlgorithm = ChecksumAlgorithm.SHA256;
        if (whole.Retention is { } retention)
        {
            initiate.ObjectLockMode = ModeOf(retention.Mode);
            initiate.ObjectLockRetainUntilDate = retention.Until.UtcDateTime;
        }

        var upload = await Connection.SendAsync(
            whole.Request("Starting to store"), (client, attempt) => client.InitiateMultipartUploadAsync(initiate, attempt.Token), cancellation);
        try
        {
            var parts = await PutPartsAsync(whole, upload.UploadId, cancellation);
            var complete = new CompleteMultipartUploadRequest
            {
                BucketName = whole.Bucket, Key = whole.Key, UploadId = upload.UploadId, PartETags = parts, IfNoneMatch = "*",
            };
            var response = await Connection.SendAsync(
                whole.Request("Storing"), (client, attempt) => client.CompleteMultipartUploadAsync(complete, attempt.Token), cancellation);
            return response.VersionId;
        }
        catch (ObjectNotFoundException missing)
        {
            // An earlier Complete whose answer was lost has ended the upload.
            throw new ObjectStoreUnavailableException($"Storing {whole.Bucket}/{whole.Key}: the store no longer knows the upload; whether it took place is unknown.", missing);
        }
        catch
        {
            await AbortAsync(whole, upload.UploadId);
            throw;
        }
    }

    private async Task<List<PartETag>> PutPartsAsync(Whole whole, string upload, CancellationToken cancellation)
    {
        var size = Math.Max(Math.Min(_options.MultipartAbove, 256L << 20), Math.Max(LeastPart, (whole.Length / MostParts) + 1));
        var parts = new List<PartETag>();
        for (var at = 0L; at < whole.Length; at += size)
        {
            var (from, length, number) = (whole.From + at, Math.Min(size, whole.Length - at), parts.Count + 1);
            var sha256 = await HashAsync(whole.Content, from, length, cancellation);
            var response = await SendContentAsync(
                whole.Request("Storing a part of"), whole, from, length, sha256,
                (client, content, token) =>
                {
                    var put = new UploadPartRequest
                    {
                        BucketName = whole.Bucket, Key = whole.Key, UploadId = upload, PartNumber = number, PartSize = length, InputStream = content,
                            UseChunkEncoding = false,
                    };
                    if (_options.Checksums == S3Checksums.Sha256)
                    {
                        put.ChecksumAlgorithm = ChecksumAlgorithm.SHA256;
                        put.ChecksumSHA256 = Convert.ToBase64String(Convert.FromHexString(sha256));
                    }

                    return client.UploadPartAsync(put, token);
                },
                cancellation);
            parts.Add(new PartETag(number, response.ETag) { ChecksumSHA256 = response.ChecksumSHA256 });
        }

        return parts;
    }

    private async Task<T> SendContentAsync<T>(
        S3Request request, Whole whole, long from, long length, string sha256, Func<IAmazonS3, Stream, CancellationToken, Task<T>> send,
            CancellationToken cancellation)
    {
        SentContent? sending = null;
        try
        {
            return await Connection.SendAsync(
                request,
                async (client, attempt) =>
                {
                    using var content = sending = new SentContent(whole.Content, from, length, sha256, attempt.Progress, whole.Mismatch);
                    try
                    {
                        return await send(client, content, attempt.Token);
                    }
                    catch when (content.Failure is { } failed)
                    {
                        failed.Throw();
                        throw;
                    }
                },
                cancellation);
        }
        catch (ObjectStoreUnavailableException) when (sending?.Failure is { } failed)
        {
            failed.Throw(); // the caller's stream failed, not the store
            throw;
        }
    }

    private static async Task CheckHashAsync(Whole whole, CancellationToken cancellation)
    {
        if (await HashAsync(whole.Content, whole.From, whole.Length, cancellation) != whole.Sha256) whole.Mismatch();
    }

    private static async Task<string> HashAsync(Stream content, long from, long length, CancellationToken cancellation)
    {
        content.Position = from;
        var hash = await SHA256.HashDataAsync(new StreamWindow(content, length), cancellation);
        return Convert.ToHexStringLower(hash);
    }

    private async Task AbortAsync(Whole whole, string upload)
    {
        var abort = new AbortMultipartUploadRequest { BucketName = whole.Bucket, Key = whole.Key, UploadId = upload };
        try
        {
            await Connection.SendAsync(whole.Request("Giving up"), (client, attempt) => client.AbortMultipartUploadAsync(abort, attempt.Token),
                CancellationToken.None);
        }
        catch (ObjectStoreException)
        {
            // Its parts stay invisible until the store's rule for abandoned uploads removes them.
        }
    }

    private static ObjectLockMode ModeOf(RetentionMode mode) => mode == RetentionMode.Compliance ? ObjectLockMode.Compliance : ObjectLockMode.Governance;

    // Stores keep whole seconds; never less than was promised.
    private static Retention? WholeSeconds(Retention? retention)
    {
        if (retention is null) return null;
        var ticks = retention.Until.UtcTicks;
        return retention with { Until = new DateTimeOffset(ticks + ((TimeSpan.TicksPerSecond - (ticks % TimeSpan.TicksPerSecond)) % TimeSpan.TicksPerSecond),
            TimeSpan.Zero) };
    }

    private sealed record Whole(string Bucket, string Key, Stream Content, long From, long Length, string Sha256, Retention? Retention)
    {
        public S3Request Request(string what) => new(S3Duty.Writer, what, Bucket, Key) { IsChange = true };

        public void Mismatch() => throw new ObjectChecksumException(Bucket, Key, "the bytes to be stored do not have the promised hash");
    }
}
