using System.Security.Cryptography;
using OpenOva.Relay.ObjectStorage;
using OpenOva.Relay.ObjectStorage.S3;

namespace OpenOva.Relay.Tests.ObjectStorage;

/// <summary>The contract on a real endpoint, under the identities that a deployment has; and what only such a store can show.</summary>
[Trait("Kind", "Real")]
public sealed class S3ObjectStoreTests(S3Lab lab) : ObjectStoreContract, IClassFixture<S3Lab>, IAsyncLifetime
{
    private S3ObjectStore? _store;

    protected override string Bucket => lab.Bucket;

    private protected override IObjectStore Store => _store!;

    public ValueTask InitializeAsync()
    {
        _store = lab.Open();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        _store?.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task List_MoreThanAPage_IsComplete()
    {
        _store!.Learn(new StoreCapabilities(true, true, true), [Bucket]); // and asks for no versions then
        var keys = Enumerable.Range(0, 1003).Select(i => $"{i:D4}").ToArray();
        await Parallel.ForEachAsync(keys, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Cancellation },
            async (key, _) => await PutAsync(key, [1])).WaitAsync(TimeSpan.FromSeconds(30), Cancellation);

        var listed = await _store.ListAsync(Bucket, Prefix, Cancellation).Select(found => found.Key[Prefix.Length..]).ToListAsync(Cancellation);

        Assert.Equal(keys, listed);
    }

    [Fact]
    public async Task Put_InParts_IsOneLockedObject()
    {
        using var store = lab.Open(options => options.MultipartAbove = 5 << 20);
        var bytes = RandomNumberGenerator.GetBytes((12 << 20) + 7);
        var retention = new Retention(RetentionMode.Governance, DateTimeOffset.FromUnixTimeSeconds(DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeSeconds()));

        var put = await store.PutIfAbsentAsync(Bucket, Prefix + "parts", bytes, retention, Cancellation);

        Assert.Equal(put, await store.HeadAsync(Bucket, put.Key, Cancellation));
        Assert.Equal((retention, Hash(bytes)), (put.Retention, put.Sha256));
        Assert.Equal(bytes, await store.GetBytesAsync(Bucket, put.Key, bytes.Length, Cancellation));
        await Assert.ThrowsAsync<ObjectLockedException>(() => store.DeleteVersionAsync(Bucket, put.Key, put.VersionId, false, Cancellation));
        await Assert.ThrowsAsync<ObjectAlreadyExistsException>(() => store.PutIfAbsentAsync(Bucket, put.Key, bytes, retention, Cancellation));
        using var wrong = new MemoryStream(bytes);
        await Assert.ThrowsAsync<ObjectChecksumException>(() => store.PutIfAbsentAsync(Bucket, Prefix + "wrong", wrong, Hash([1]), null, Cancellation));
        Assert.Null(await store.HeadAsync(Bucket, Prefix + "wrong", Cancellation));
    }

    [Fact]
    public async Task Put_InPartsByTwoAtOnce_OneWins()
    {
        using var store = lab.Open(options => options.MultipartAbove = 5 << 20);
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 3).Select(writer => Task.Run(async () =>
        {
            try
            {
                return await store.PutIfAbsentAsync(Bucket, Prefix + "parts", Enumerable.Repeat((byte)writer, 6 << 20).ToArray(), null, Cancellation);
            }
            catch (ObjectAlreadyExistsException)
            {
                return null;
            }
        }))).WaitAsync(TimeSpan.FromSeconds(30), Cancellation);

        Assert.Equal(Assert.Single(outcomes, outcome => outcome is not null), await store.HeadAsync(Bucket, Prefix + "parts", Cancellation));
    }

    [Fact]
    public async Task Put_WithoutChecksums_IsTheSameObject()
    {
        using var store = lab.Open(options => options.Checksums = S3Checksums.None);

        var put = await store.PutIfAbsentAsync(Bucket, Prefix + "a", new byte[] { 1, 2 }, new Retention(RetentionMode.Governance, DateTimeOffset.UtcNow.AddHours(1)), Cancellation);

        Assert.Equal(put, await store.HeadAsync(Bucket, put.Key, Cancellation));
        Assert.Equal([1, 2], await store.GetBytesAsync(Bucket, put.Key, 2, Cancellation));
    }

    [Fact]
    public async Task Object_OverwrittenByAStranger_IsStillReadByItsVersion()
    {
        var put = await PutAsync("a", [1, 2, 3]);
        using var writer = _store!.Connection.ClientOf(_store.Connection.CredentialsOf(S3Duty.Writer));
        await writer.PutObjectAsync(new() { BucketName = Bucket, Key = put.Key, InputStream = new MemoryStream([9]), UseChunkEncoding = false }, Cancellation);

        await using var opened = await Store.GetVersionAsync(Bucket, put.Key, put.VersionId, null, Cancellation);

        Assert.Equal((put, 1), (opened.Object, opened.Content.ReadByte()));
        Assert.Equal(put, await Store.HeadAsync(Bucket, put.Key, Cancellation)); // before the check has shown otherwise, the first version is the object
    }

    [Fact]
    public async Task Object_PutBySomebodyElse_HasNoHashUnlessTheStoreKnowsOne()
    {
        using var writer = _store!.Connection.ClientOf(_store.Connection.CredentialsOf(S3Duty.Writer));
        await writer.PutObjectAsync(new() { BucketName = Bucket, Key = Prefix + "foreign", InputStream = new MemoryStream([9]), UseChunkEncoding = false }, Cancellation);

        Assert.Equal("", (await Store.HeadAsync(Bucket, Prefix + "foreign", Cancellation))?.Sha256);
        await Assert.ThrowsAsync<ObjectChecksumException>(() => Store.GetBytesAsync(Bucket, Prefix + "foreign", 10, Cancellation));
    }

    [Fact]
    public async Task Get_SynchronousReads_YieldTheBytes()
    {
        var bytes = RandomNumberGenerator.GetBytes(300_000);
        var put = await PutAsync("a", bytes);

        await using var opened = await Store.GetAsync(Bucket, put.Key, null, Cancellation);
        var read = new byte[bytes.Length];
        opened.Content.ReadExactly(read);

        Assert.Equal(bytes, read);
        Assert.Equal(-1, opened.Content.ReadByte());
    }

    [Fact]
    public async Task Delete_ByAnIdentityWithoutTheRight_IsDeniedNotLocked()
    {
        var put = await PutAsync("a", [1]);
        var hold = S3Lab.Options().Hold;
        using var store = lab.Open(options => (options.Retention.AccessKeyFile, options.Retention.SecretKeyFile) = (hold.AccessKeyFile, hold.SecretKeyFile));

        var denied = await Assert.ThrowsAsync<ObjectStoreDeniedException>(() => store.DeleteVersionAsync(Bucket, put.Key, put.VersionId, false, Cancellation));

        Assert.Contains("Relay:ObjectStorage:S3:Retention", denied.Message, StringComparison.Ordinal);
        Assert.NotNull(await Store.HeadAsync(Bucket, put.Key, Cancellation));
    }

    [Fact]
    public async Task Duty_WithoutIdentity_IsTypedAndNobodyElseDoesIt()
    {
        var put = await PutAsync("a", [1]);
        using var store = lab.Open(options =>
        {
            foreach (var duty in new[] { S3Duty.Retention, S3Duty.Hold, S3Duty.Bypass }) (options.IdentityOf(duty).AccessKeyFile, options.IdentityOf(duty).SecretKeyFile) = ("", "");
        });

        await Assert.ThrowsAsync<ObjectStoreIdentityException>(() => store.DeleteVersionAsync(Bucket, put.Key, put.VersionId, false, Cancellation));
        await Assert.ThrowsAsync<ObjectStoreIdentityException>(() => store.DeleteVersionAsync(Bucket, put.Key, put.VersionId, true, Cancellation));
        await Assert.ThrowsAsync<ObjectStoreIdentityException>(() => store.SetHoldAsync(Bucket, put.Key, put.VersionId, true, Cancellation));
        await Assert.ThrowsAsync<ObjectStoreIdentityException>(() =>
            store.ExtendRetentionAsync(Bucket, put.Key, put.VersionId, new Retention(RetentionMode.Governance, DateTimeOffset.UtcNow.AddHours(1)), Cancellation));
        Assert.Equal(put, await Store.HeadAsync(Bucket, put.Key, Cancellation));
    }
}
