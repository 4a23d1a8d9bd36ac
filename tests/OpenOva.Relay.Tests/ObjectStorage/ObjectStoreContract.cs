using System.Security.Cryptography;
using OpenOva.Relay.ObjectStorage;

namespace OpenOva.Relay.Tests.ObjectStorage;

/// <summary>What every store must do. Seal this class once for each implementation.</summary>
public abstract class ObjectStoreContract
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private protected abstract IObjectStore Store { get; }

    protected abstract string Bucket { get; }

    /// <summary>Starts every key of a test, so that tests may share a bucket.</summary>
    protected string Prefix { get; } = $"t{Guid.NewGuid():N}/";

    [Fact]
    public async Task Put_ThenGetAndHead_AreTheSameObject()
    {
        var bytes = RandomNumberGenerator.GetBytes(300_000);

        var put = await PutAsync("2026/11/a.guac.gz", bytes);

        Assert.Equal((Prefix + "2026/11/a.guac.gz", 300_000L, Hash(bytes)), (put.Key, put.Bytes, put.Sha256));
        Assert.NotEmpty(put.VersionId);
        Assert.Equal(put, await Store.HeadAsync(Bucket, put.Key, Cancellation));
        Assert.Equal(bytes, await Store.GetBytesAsync(Bucket, put.Key, 300_000, Cancellation));
        await using var opened = await Store.GetAsync(Bucket, put.Key, null, Cancellation);
        Assert.Equal((put, 0L, 300_000L), (opened.Object, opened.Offset, opened.Length));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData((5 << 20) + 1)]
    public async Task Put_Size_ComesBackWhole(int size)
    {
        var bytes = RandomNumberGenerator.GetBytes(size);

        var put = await PutAsync("sized", bytes);

        Assert.Equal((size, Hash(bytes)), ((int)put.Bytes, put.Sha256));
        Assert.Equal(put, await Store.HeadAsync(Bucket, put.Key, Cancellation));
        Assert.Equal(bytes, await Store.GetBytesAsync(Bucket, put.Key, size, Cancellation));
    }

    [Fact]
    public async Task Put_KeyTaken_IsRefusedAndTheFirstStays()
    {
        var first = await PutAsync("a", [1, 2, 3]);

        await Assert.ThrowsAsync<ObjectAlreadyExistsException>(() => PutAsync("a", [4, 5, 6]));
        await Assert.ThrowsAsync<ObjectAlreadyExistsException>(() => PutAsync("a", [1, 2, 3]));

        Assert.Equal(first, await Store.HeadAsync(Bucket, first.Key, Cancellation));
        Assert.Equal([1, 2, 3], await Store.GetBytesAsync(Bucket, first.Key, 3, Cancellation));
    }

    [Fact]
    public async Task Put_WrongHash_StoresNothing()
    {
        using var content = new MemoryStream([1, 2, 3]);

        await Assert.ThrowsAsync<ObjectChecksumException>(() =>
            Store.PutIfAbsentAsync(Bucket, Prefix + "a", content, Hash([1, 2, 4]), null, Cancellation));

        Assert.Null(await Store.HeadAsync(Bucket, Prefix + "a", Cancellation));
        await PutAsync("a", [1, 2, 3]);
    }

    [Fact]
    public async Task Put_ManyWritersOfOneKey_OneWins()
    {
        for (var round = 0; round < 5; round++)
        {
            var key = $"claim/{round}";
            var outcomes = await Task.WhenAll(Enumerable.Range(0, 12).Select(writer => Task.Run(async () =>
            {
                var bytes = Enumerable.Repeat((byte)writer, 20_000).ToArray();
                try
                {
                    return (Writer: writer, Put: (StoredObject?)await PutAsync(key, bytes));
                }
                catch (ObjectAlreadyExistsException)
                {
                    return (Writer: writer, Put: null);
                }
            }))).WaitAsync(Bound, Cancellation);

            var winner = Assert.Single(outcomes, outcome => outcome.Put is not null);
            var stored = await Store.GetBytesAsync(Bucket, Prefix + key, 20_000, Cancellation);
            Assert.All(stored, value => Assert.Equal(winner.Writer, value));
            Assert.Equal(winner.Put, await Store.HeadAsync(Bucket, Prefix + key, Cancellation));
        }
    }

    [Fact]
    public async Task Put_ContentNotAtItsStart_StoresTheRest()
    {
        using var content = new MemoryStream([9, 9, 1, 2]);
        content.Position = 2;

        var put = await Store.PutIfAbsentAsync(Bucket, Prefix + "rest", content, Hash([1, 2]), null, Cancellation);

        Assert.Equal(2, put.Bytes);
        Assert.Equal([1, 2], await Store.GetBytesAsync(Bucket, put.Key, 2, Cancellation));
    }

    [Theory]
    [InlineData(0, null, 0, 1000)]
    [InlineData(0, 1L, 0, 1)]
    [InlineData(999, null, 999, 1)]
    [InlineData(100, 200L, 100, 200)]
    [InlineData(900, 5000L, 900, 100)]
    public async Task Get_Range_YieldsItsBytesAndNoMore(long offset, long? length, int from, int count)
    {
        var bytes = RandomNumberGenerator.GetBytes(1000);
        await PutAsync("a", bytes);

        await using var opened = await Store.GetAsync(Bucket, Prefix + "a", new ByteRange(offset, length), Cancellation);
        using var read = new MemoryStream();
        await opened.Content.CopyToAsync(read, Cancellation);

        Assert.Equal((from, (long)count), (opened.Offset, opened.Length));
        Assert.Equal(bytes[from..(from + count)], read.ToArray());
    }

    [Theory]
    [InlineData(1000, null)]
    [InlineData(5000, 1L)]
    [InlineData(-1, null)]
    [InlineData(0, 0L)]
    public async Task Get_RangeOutside_IsTyped(long offset, long? length)
    {
        await PutAsync("a", new byte[1000]);

        await Assert.ThrowsAsync<ObjectRangeException>(() => Store.GetAsync(Bucket, Prefix + "a", new ByteRange(offset, length), Cancellation));
    }

    [Fact]
    public async Task Get_Absent_IsTyped()
    {
        await Assert.ThrowsAsync<ObjectNotFoundException>(() => Store.GetAsync(Bucket, Prefix + "absent", null, Cancellation));
        Assert.Null(await Store.HeadAsync(Bucket, Prefix + "absent", Cancellation));
        await Assert.ThrowsAsync<ObjectNotFoundException>(() => Store.HeadAsync("no-such-bucket-here", "a", Cancellation));
    }

    [Fact]
    public async Task GetVersion_ExactlyThatOne_OrNone()
    {
        var first = await PutAsync("a", [1, 2, 3]);
        await Store.DeleteVersionAsync(Bucket, first.Key, first.VersionId, false, Cancellation);
        var second = await PutAsync("a", [4, 5, 6]);

        await using var opened = await Store.GetVersionAsync(Bucket, second.Key, second.VersionId, new ByteRange(1, 1), Cancellation);
        Assert.Equal((second, 5), (opened.Object, opened.Content.ReadByte()));
        Assert.Equal(second, await Store.HeadVersionAsync(Bucket, second.Key, second.VersionId, Cancellation));
        Assert.Null(await Store.HeadVersionAsync(Bucket, first.Key, first.VersionId, Cancellation));
        await Assert.ThrowsAsync<ObjectNotFoundException>(() => Store.GetVersionAsync(Bucket, first.Key, first.VersionId, null, Cancellation));
    }

    [Fact]
    public async Task Bucket_NotConfigured_IsTyped()
    {
        await Assert.ThrowsAsync<ObjectNotFoundException>(() => Store.PutIfAbsentAsync("no-such-bucket-here", "a", new byte[] { 1 }, null, Cancellation));
        await Assert.ThrowsAsync<ObjectNotFoundException>(async () => await Store.ListAsync("no-such-bucket-here", "", Cancellation).FirstOrDefaultAsync(Cancellation));
        await Assert.ThrowsAsync<ObjectNotFoundException>(() => Store.DeleteVersionAsync("no-such-bucket-here", "a", "v", false, Cancellation));
    }

    [Fact]
    public async Task List_Prefix_IsOrdinalAndComplete()
    {
        string[] keys = ["b/2", "b/10", "b", "a/x/y", "a/x", "a-x", "B/1", "ab"];
        foreach (var key in keys) await PutAsync(key, [1]);

        Assert.Equal(keys.Order(StringComparer.Ordinal), await ListAsync(""));
        Assert.Equal(["b/10", "b/2"], await ListAsync("b/"));
        Assert.Equal(["a-x", "a/x", "a/x/y", "ab"], await ListAsync("a"));
        Assert.Equal(["a/x/y"], await ListAsync("a/x/"));
        Assert.Empty(await ListAsync("c"));
    }

    [Fact]
    public async Task Delete_Version_DeletesItAndNothingElse()
    {
        var put = await PutAsync("a/b", [1]);
        await PutAsync("a", [2]);

        await Store.DeleteVersionAsync(Bucket, put.Key, put.VersionId, false, Cancellation);
        await Store.DeleteVersionAsync(Bucket, put.Key, put.VersionId, false, Cancellation);

        Assert.Null(await Store.HeadAsync(Bucket, put.Key, Cancellation));
        Assert.Equal(["a"], await ListAsync(""));
        var again = await PutAsync("a/b", [3]);
        Assert.NotEqual(put.VersionId, again.VersionId);
        await Store.DeleteVersionAsync(Bucket, put.Key, put.VersionId, false, Cancellation);
        Assert.Equal(again, await Store.HeadAsync(Bucket, put.Key, Cancellation));
    }

    [Fact]
    public async Task Delete_Governance_NeedsTheBypass()
    {
        var put = await PutAsync("a", [1], new Retention(RetentionMode.Governance, InAnHour));

        await Assert.ThrowsAsync<ObjectLockedException>(() => Store.DeleteVersionAsync(Bucket, put.Key, put.VersionId, false, Cancellation));
        Assert.Equal(RetentionMode.Governance, (await Store.HeadAsync(Bucket, put.Key, Cancellation))?.Retention?.Mode);

        await Store.DeleteVersionAsync(Bucket, put.Key, put.VersionId, true, Cancellation);
        Assert.Null(await Store.HeadAsync(Bucket, put.Key, Cancellation));
    }

    [Fact]
    public async Task Delete_ComplianceOrHeld_IsRefusedEvenWithTheBypass()
    {
        // Seconds only: on a real store nobody can remove it sooner.
        var retained = await PutAsync("a", [1], new Retention(RetentionMode.Compliance, DateTimeOffset.UtcNow.AddSeconds(20)));
        var held = await PutAsync("b", [1]);
        await Store.SetHoldAsync(Bucket, held.Key, held.VersionId, true, Cancellation);

        await Assert.ThrowsAsync<ObjectLockedException>(() => Store.DeleteVersionAsync(Bucket, retained.Key, retained.VersionId, true, Cancellation));
        await Assert.ThrowsAsync<ObjectLockedException>(() => Store.DeleteVersionAsync(Bucket, held.Key, held.VersionId, true, Cancellation));
        Assert.True((await Store.HeadAsync(Bucket, held.Key, Cancellation))?.Held);

        await Store.SetHoldAsync(Bucket, held.Key, held.VersionId, false, Cancellation);
        await Store.DeleteVersionAsync(Bucket, held.Key, held.VersionId, false, Cancellation);
        Assert.Null(await Store.HeadAsync(Bucket, held.Key, Cancellation));
    }

    [Fact]
    public async Task Retention_Extended_IsLongerAndNeverShorter()
    {
        var until = InAnHour;
        var put = await PutAsync("a", [1], new Retention(RetentionMode.Governance, until));

        await Store.ExtendRetentionAsync(Bucket, put.Key, put.VersionId, new Retention(RetentionMode.Governance, until.AddHours(1)), Cancellation);
        await Assert.ThrowsAsync<ObjectLockedException>(() =>
            Store.ExtendRetentionAsync(Bucket, put.Key, put.VersionId, new Retention(RetentionMode.Governance, until), Cancellation));

        Assert.Equal(until.AddHours(1), (await Store.HeadAsync(Bucket, put.Key, Cancellation))?.Retention?.Until);
        await Store.DeleteVersionAsync(Bucket, put.Key, put.VersionId, true, Cancellation);
    }

    [Fact]
    public async Task Retention_OfAnyInstant_IsNeverShorterThanAsked()
    {
        var until = InAnHour.AddTicks(1_234_560);

        var put = await PutAsync("a", [1], new Retention(RetentionMode.Governance, until));

        Assert.InRange(put.Retention!.Until, until, until.AddSeconds(1));
        Assert.InRange((await Store.HeadAsync(Bucket, put.Key, Cancellation))!.Retention!.Until, until, until.AddSeconds(1));
        await Store.DeleteVersionAsync(Bucket, put.Key, put.VersionId, true, Cancellation);
    }

    [Fact]
    public async Task Retention_SetLater_LocksAndIsNeverWeakened()
    {
        var put = await PutAsync("a", [1]);
        var soon = DateTimeOffset.FromUnixTimeSeconds(DateTimeOffset.UtcNow.AddSeconds(20).ToUnixTimeSeconds());

        await Store.ExtendRetentionAsync(Bucket, put.Key, put.VersionId, new Retention(RetentionMode.Compliance, soon), Cancellation);
        await Assert.ThrowsAsync<ObjectLockedException>(() => Store.DeleteVersionAsync(Bucket, put.Key, put.VersionId, true, Cancellation));
        await Assert.ThrowsAsync<ObjectLockedException>(() =>
            Store.ExtendRetentionAsync(Bucket, put.Key, put.VersionId, new Retention(RetentionMode.Governance, soon.AddHours(1)), Cancellation));

        Assert.Equal(new Retention(RetentionMode.Compliance, soon), (await Store.HeadAsync(Bucket, put.Key, Cancellation))?.Retention);
    }

    [Fact]
    public async Task Lock_VersionAbsent_IsTyped()
    {
        var put = await PutAsync("a", [1]);
        await Store.DeleteVersionAsync(Bucket, put.Key, put.VersionId, false, Cancellation);

        await Assert.ThrowsAsync<ObjectNotFoundException>(() => Store.SetHoldAsync(Bucket, put.Key, put.VersionId, true, Cancellation));
        await Assert.ThrowsAsync<ObjectNotFoundException>(() =>
            Store.ExtendRetentionAsync(Bucket, put.Key, put.VersionId, new Retention(RetentionMode.Governance, InAnHour), Cancellation));
    }

    [Fact]
    public async Task Hold_BesideRetention_OutlivesTheBypass()
    {
        var put = await PutAsync("a", [1], new Retention(RetentionMode.Governance, InAnHour));
        await Store.SetHoldAsync(Bucket, put.Key, put.VersionId, true, Cancellation);
        await Store.SetHoldAsync(Bucket, put.Key, put.VersionId, true, Cancellation);

        await Assert.ThrowsAsync<ObjectLockedException>(() => Store.DeleteVersionAsync(Bucket, put.Key, put.VersionId, true, Cancellation));

        await Store.SetHoldAsync(Bucket, put.Key, put.VersionId, false, Cancellation);
        await Assert.ThrowsAsync<ObjectLockedException>(() => Store.DeleteVersionAsync(Bucket, put.Key, put.VersionId, false, Cancellation));
        await Store.DeleteVersionAsync(Bucket, put.Key, put.VersionId, true, Cancellation);
    }

    [Theory]
    [InlineData("../a")]
    [InlineData("a/../b")]
    [InlineData("/a")]
    [InlineData("a/")]
    [InlineData("a//b")]
    [InlineData(".")]
    [InlineData("a/..")]
    [InlineData("")]
    [InlineData("a\n")]
    [InlineData("a,object")]
    [InlineData("a\\b")]
    [InlineData("ä")]
    [InlineData("a\0")]
    public async Task Put_UnsafeKey_IsRefused(string key)
    {
        using var content = new MemoryStream();

        await Assert.ThrowsAsync<ArgumentException>(() => Store.PutIfAbsentAsync(Bucket, key, content, Hash([]), null, Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.GetAsync(Bucket, key, null, Cancellation));
    }

    [Fact]
    public async Task Probe_StoreIsThere_Succeeds() => Assert.Null(await Record.ExceptionAsync(() => Store.ProbeAsync(Cancellation)));

    private protected Task<StoredObject> PutAsync(string key, byte[] bytes, Retention? retention = null) =>
        Store.PutIfAbsentAsync(Bucket, Prefix + key, bytes, retention, Cancellation);

    private protected static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    // Whole seconds: what every store keeps.
    private static DateTimeOffset InAnHour => DateTimeOffset.FromUnixTimeSeconds(DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeSeconds());

    private async Task<List<string>> ListAsync(string prefix)
    {
        var keys = new List<string>();
        await foreach (var listed in Store.ListAsync(Bucket, Prefix + prefix, Cancellation)) keys.Add(listed.Key[Prefix.Length..]);
        return keys;
    }
}
