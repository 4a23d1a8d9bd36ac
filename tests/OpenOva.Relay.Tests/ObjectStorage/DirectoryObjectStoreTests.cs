using OpenOva.Relay.ObjectStorage;
using OpenOva.Relay.Tests.Database;

namespace OpenOva.Relay.Tests.ObjectStorage;

[Trait("Kind", "Fast")]
public sealed class DirectoryObjectStoreTests : ObjectStoreContract, IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("relay-objects-");
    private readonly ShiftedTime _time = new();
    private readonly DirectoryObjectStore _store;

    public DirectoryObjectStoreTests() => _store = Open();

    protected override string Bucket => "relay-evidence";

    private protected override IObjectStore Store => _store;

    public void Dispose()
    {
        _store.Dispose();
        _root.Delete(recursive: true);
    }

    [Fact]
    public void Capabilities_Directory_ClaimsNoLock() => Assert.Equal(new StoreCapabilities(false, false, true), _store.Capabilities);

    [Fact]
    public async Task Reopen_ObjectsAreStillThere()
    {
        var put = await PutAsync("a", [1, 2], new Retention(RetentionMode.Compliance, _time.GetUtcNow().AddHours(1)));

        using var reopened = Open();

        var found = await reopened.HeadAsync(Bucket, put.Key, Cancellation);
        Assert.Equal(put.Sha256, found?.Sha256);
        Assert.Equal(RetentionMode.Compliance, found?.Retention?.Mode);
    }

    [Fact]
    public async Task Delete_RetentionOver_Succeeds()
    {
        var put = await PutAsync("a", [1], new Retention(RetentionMode.Compliance, _time.GetUtcNow().AddHours(1)));

        _time.Advance(TimeSpan.FromHours(2));

        await _store.DeleteVersionAsync(Bucket, put.Key, put.VersionId, false, Cancellation);
        Assert.Null(await _store.HeadAsync(Bucket, put.Key, Cancellation));
    }

    [Fact]
    public async Task Open_WritersCrashedLongAgo_AreSwept()
    {
        var left = Directory.CreateDirectory(Path.Combine(_root.FullName, Bucket, ",tmp", "left"));
        await File.WriteAllBytesAsync(Path.Combine(left.FullName, "data"), [1], Cancellation);

        using (Open()) Assert.True(Directory.Exists(left.FullName)); // it may be another process's, at work
        _time.Advance(TimeSpan.FromHours(2));
        using (Open()) Assert.False(Directory.Exists(left.FullName));
    }

    [Fact]
    public async Task Put_ContentFails_LeavesNothingBehind()
    {
        await using var content = new FailingStream();

        await Assert.ThrowsAsync<InvalidDataException>(() => _store.PutIfAbsentAsync(Bucket, "a", content, Hash([]), null, Cancellation));

        Assert.Null(await _store.HeadAsync(Bucket, "a", Cancellation));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_root.FullName, Bucket, ",tmp")));
    }

    [Fact]
    public async Task Put_ManyWritersOneWins_LosersLeaveNothingBehind()
    {
        await Put_ManyWritersOfOneKey_OneWins();

        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_root.FullName, Bucket, ",tmp")));
    }

    [Fact]
    public async Task PutAndDelete_AtOnceUnderOneParent_NeitherFails()
    {
        await Task.WhenAll(Enumerable.Range(0, 4).Select(worker => Task.Run(async () =>
        {
            for (var i = 0; i < 50; i++)
            {
                var put = await PutAsync($"deep/down/w{worker}", [1]);
                await _store.DeleteVersionAsync(Bucket, put.Key, put.VersionId, false, Cancellation);
            }
        }))).WaitAsync(TimeSpan.FromSeconds(30), Cancellation);

        Assert.False(Directory.Exists(Path.Combine(_root.FullName, Bucket, Prefix + "deep")));
    }

    [Fact]
    public async Task Key_ThroughASymbolicLink_IsRefused()
    {
        var outside = Directory.CreateTempSubdirectory("relay-outside-");
        try
        {
            Directory.CreateSymbolicLink(Path.Combine(_root.FullName, Bucket, "link"), outside.FullName);

            await Assert.ThrowsAsync<ObjectStoreUnavailableException>(() => _store.PutIfAbsentAsync(Bucket, "link/a", new byte[] { 1 }, null, Cancellation));
            await Assert.ThrowsAsync<ObjectStoreUnavailableException>(() => _store.GetAsync(Bucket, "link/a", null, Cancellation));
            Assert.Empty(outside.EnumerateFileSystemInfos());
        }
        finally
        {
            outside.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Get_DataCutShort_IsTyped()
    {
        var put = await PutAsync("a", [1, 2, 3]);
        await File.WriteAllBytesAsync(Path.Combine(_root.FullName, Bucket, put.Key + ",object", "data"), [1, 2], Cancellation);

        await Assert.ThrowsAsync<ObjectChecksumException>(() => _store.GetAsync(Bucket, put.Key, null, Cancellation));
    }

    [Fact]
    public async Task GetBytes_DataChanged_IsTyped()
    {
        var put = await PutAsync("a", [1, 2, 3]);
        await File.WriteAllBytesAsync(Path.Combine(_root.FullName, Bucket, put.Key + ",object", "data"), [1, 2, 4], Cancellation);

        await Assert.ThrowsAsync<ObjectChecksumException>(() => _store.GetBytesAsync(Bucket, put.Key, 10, Cancellation));
    }

    [Fact]
    public async Task Probe_DirectoryGone_IsUnavailable()
    {
        Directory.Delete(Path.Combine(_root.FullName, Bucket), recursive: true);

        await Assert.ThrowsAsync<ObjectStoreUnavailableException>(() => _store.ProbeAsync(Cancellation));
        Directory.CreateDirectory(Path.Combine(_root.FullName, Bucket));
    }

    private DirectoryObjectStore Open() => new(_root.FullName, ["guacamole-recordings", "relay-evidence"], _time);

    private sealed class FailingStream : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            throw new InvalidDataException("the source failed");
    }
}
