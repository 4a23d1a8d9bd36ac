using System.Collections.Concurrent;
using OpenOva.Relay.Evidence.Spool;

namespace OpenOva.Relay.Evidence.Tests.Spool;

[Trait("Kind", "Fast")]
public sealed class SpoolLogTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(10);
    private readonly FaultySpoolFolder _folder = new();
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void Append_Frames_ReadBackByPositionAndInOrder()
    {
        using var log = new SpoolLog(_folder, _time);
        var first = log.Append(SpoolFrames.Of(SpoolFrames.A, 0, "one"));
        var second = log.Append(SpoolFrames.Of(SpoolFrames.B, 0, "two"));

        var read = log.Read(second);
        Assert.Equal((SpoolFrameType.Output, SpoolFrames.B, 3u, 0ul, 1_767_600_000_000_000, 42), (read.Type, read.Session, read.Epoch, read.Number, read.WallUs, read.MonoUs));
        Assert.Equal("a0one", SpoolFrames.Text(log.Read(first)));
        var (frames, damage) = SpoolFrames.ReadAll(_folder);
        Assert.Equal(["1:a0one", "1:b0two"], frames);
        Assert.Empty(damage);
    }

    [Fact]
    public void Append_FilesFull_RotatesAndReleaseDeletesOnlyWhatNobodyNeeds()
    {
        using var log = new SpoolLog(_folder, _time);
        for (var i = 0ul; i < 16; i++) log.Append(SpoolFrames.Large(SpoolFrames.A, i));
        var second = log.Append(SpoolFrames.Of(SpoolFrames.B, 0));
        Assert.Equal(2, second.File);
        Assert.Equal([1, 2], _folder.List());

        log.Release(SpoolFrames.A);

        Assert.Equal([1], _folder.Deleted);
        log.Release(SpoolFrames.B);
        Assert.Equal([1], _folder.Deleted);
        Assert.Equal("b0content", SpoolFrames.Text(log.Read(second)));
    }

    [Fact]
    public void Release_OfTheCurrentFile_DeletesItOnceItIsRotated()
    {
        using var log = new SpoolLog(_folder, _time);
        for (var i = 0ul; i < 15; i++) log.Append(SpoolFrames.Large(SpoolFrames.A, i));
        log.Release(SpoolFrames.A);
        Assert.Empty(_folder.Deleted);

        log.Append(SpoolFrames.Large(SpoolFrames.B, 0));

        Assert.Equal([1], _folder.Deleted);
        Assert.Equal([2], _folder.List());
    }

    [Fact]
    public void Start_AfterAnEarlierLife_KeepsWhatRecoveryNeedsAndDeletesTheRest()
    {
        using (var log = new SpoolLog(_folder, _time)) log.Append(SpoolFrames.Of(SpoolFrames.A, 0));
        using (var log = new SpoolLog(_folder, _time)) log.Append(SpoolFrames.Of(SpoolFrames.B, 0));
        using var third = new SpoolLog(_folder, _time);
        Assert.Equal([1, 3], _folder.List());
        third.Need(1, SpoolFrames.A);

        third.DeleteUnneeded();

        Assert.Equal([3], _folder.Deleted);
        third.Release(SpoolFrames.A);
        Assert.Equal([3, 1], _folder.Deleted);
    }

    [Fact]
    public void Start_AfterTornEndOfAnEarlierLife_IsNotDamage()
    {
        using (var log = new SpoolLog(_folder, _time)) log.Append(SpoolFrames.Of(SpoolFrames.A, 0, "whole"));
        _folder.SetBytes(1, [.. _folder.Bytes(1), .. _folder.Bytes(1).AsSpan(0, 30)]);
        using (var log = new SpoolLog(_folder, _time)) log.Append(SpoolFrames.Of(SpoolFrames.B, 0, "later"));

        var (frames, damage) = SpoolFrames.ReadAll(_folder);

        Assert.Equal(["1:a0whole", "3:b0later"], frames);
        Assert.Empty(damage);
    }

    [Fact]
    public void Append_DiskFull_RefusesWholeAndGoesOnWhenThereIsRoom()
    {
        using var log = new SpoolLog(_folder, _time);
        log.Append(SpoolFrames.Of(SpoolFrames.A, 0, "one"));
        _folder.Room = 40;
        Assert.Throws<SpoolFailedException>(() => log.Append(SpoolFrames.Of(SpoolFrames.A, 1, "two")));
        _folder.Room = long.MaxValue;
        log.Append(SpoolFrames.Of(SpoolFrames.A, 1, "three"));

        Assert.Equal(["1:a0one", "1:a1three"], SpoolFrames.ReadAll(_folder).Frames);
        Assert.Null(log.Failure);
    }

    [Fact]
    public void Append_FileCannotBeMade_IsRefused()
    {
        using var log = new SpoolLog(_folder, _time);
        _folder.FailingCreate = true;

        Assert.Throws<SpoolFailedException>(() => log.Append(SpoolFrames.Of(SpoolFrames.A, 0)));
    }

    [Fact]
    public void Append_LargerThanAReaderTakes_IsRefused()
    {
        using var log = new SpoolLog(_folder, _time);
        var tooLarge = new SpoolFrame(SpoolFrameType.Output, SpoolFrames.A, 1, 0, 0, 0, new byte[SpoolFrame.MaxBodyBytes]);

        Assert.Throws<ArgumentException>(() => log.Append(tooLarge));
    }

    [Fact]
    public async Task Sync_FailsOnce_PoisonsTheLogForGoodAndTellsOnce()
    {
        using var log = new SpoolLog(_folder, _time);
        var told = new List<Exception>();
        log.Failed += told.Add;
        log.Append(SpoolFrames.Of(SpoolFrames.A, 0));
        _folder.FailingSyncs = 1;

        _time.Advance(TimeSpan.FromSeconds(5));

        Assert.Single(told);
        Assert.Throws<SpoolFailedException>(() => log.Append(SpoolFrames.Of(SpoolFrames.A, 1)));
        await Assert.ThrowsAsync<SpoolFailedException>(async () => await log.SyncAsync(CancellationToken.None));
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Single(told);
        Assert.NotNull(log.Failure);
        Assert.Equal(1, _folder.Syncs);
    }

    [Fact]
    public void Sync_FailsAtRotation_TellsEveryone()
    {
        using var log = new SpoolLog(_folder, _time);
        var told = new List<Exception>();
        log.Failed += told.Add;
        for (var i = 0ul; i < 15; i++) log.Append(SpoolFrames.Large(SpoolFrames.A, i));
        _folder.FailingSyncs = 1;

        Assert.Throws<SpoolFailedException>(() =>
        {
            for (var i = 15ul; i < 18; i++) log.Append(SpoolFrames.Large(SpoolFrames.A, i));
        });

        Assert.Single(told);
        Assert.Throws<SpoolFailedException>(() => log.Append(SpoolFrames.Of(SpoolFrames.B, 0)));
    }

    [Fact]
    public void Failed_HandlerCallsBack_DoesNotDeadlock()
    {
        using var log = new SpoolLog(_folder, _time);
        log.Failed += _ =>
        {
            log.Release(SpoolFrames.A);
            log.Dispose();
        };
        log.Append(SpoolFrames.Of(SpoolFrames.A, 0));
        _folder.FailingSyncs = 1;

        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.NotNull(log.Failure);
    }

    [Fact]
    public void Sync_WhileDirty_ComesAtLeastOnceASecond()
    {
        using var log = new SpoolLog(_folder, _time);
        for (var i = 0ul; i < 100; i++)
        {
            log.Append(SpoolFrames.Of(SpoolFrames.A, i));
            _time.Advance(TimeSpan.FromMilliseconds(137 + (long)i % 7));
            // Seven steps are about a second: what was written before them must be on the disk.
            if (i >= 7) Assert.Contains($"1:a{i - 7}content", SpoolFrames.ReadAll(_folder.AfterPowerLoss()).Frames);
        }

        Assert.InRange(_folder.Syncs, 14, 30);
        log.Append(SpoolFrames.Of(SpoolFrames.A, 100, "last"));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Contains("1:a100last", SpoolFrames.ReadAll(_folder.AfterPowerLoss()).Frames);
    }

    [Fact]
    public void Sync_NothingNew_DoesNotTouchTheDisk()
    {
        using var log = new SpoolLog(_folder, _time);
        log.Append(SpoolFrames.Of(SpoolFrames.A, 0));
        _time.Advance(TimeSpan.FromSeconds(1));
        var syncs = _folder.Syncs;
        _time.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(syncs, _folder.Syncs);
    }

    [Fact]
    public void PowerLost_AtAnyByteOfTheUnsynced_LeavesAPrefixOfFramesAndNoDamage()
    {
        using var log = new SpoolLog(_folder, _time);
        log.Append(SpoolFrames.Of(SpoolFrames.A, 0));
        _time.Advance(TimeSpan.FromSeconds(1));
        log.Append(SpoolFrames.Of(SpoolFrames.A, 1));
        log.Append(SpoolFrames.Of(SpoolFrames.A, 2));
        var all = SpoolFrames.ReadAll(_folder).Frames;
        var frame = SpoolFrames.Of(SpoolFrames.A, 1).FileBytes;

        for (var kept = 0; kept <= 2 * frame; kept++)
        {
            var (frames, damage) = SpoolFrames.ReadAll(_folder.AfterPowerLoss(kept));
            Assert.Equal(all.Take(1 + kept / frame), frames);
            Assert.Empty(damage);
        }
    }

    [Fact]
    public async Task SyncAsync_Returned_SurvivesPowerLoss()
    {
        using var log = new SpoolLog(_folder, _time);
        log.Append(SpoolFrames.Of(SpoolFrames.A, 0, "must stay"));
        Assert.Empty(SpoolFrames.ReadAll(_folder.AfterPowerLoss()).Frames);

        await log.SyncAsync(CancellationToken.None);

        Assert.Equal(["1:a0must stay"], SpoolFrames.ReadAll(_folder.AfterPowerLoss()).Frames);
    }

    [Fact]
    public async Task Sync_Slow_AppendsGoOnMeanwhile()
    {
        using var log = new SpoolLog(_folder, _time);
        using var begun = new SemaphoreSlim(0);
        using var end = new ManualResetEventSlim();
        _folder.DuringSync = () =>
        {
            begun.Release();
            end.Wait(Bound);
        };
        log.Append(SpoolFrames.Of(SpoolFrames.A, 0));
        var syncing = Task.Run(async () => await log.SyncAsync(CancellationToken.None));
        Assert.True(await begun.WaitAsync(Bound));

        for (var i = 1ul; i < 50; i++) log.Append(SpoolFrames.Of(SpoolFrames.A, i));

        Assert.False(syncing.IsCompleted);
        end.Set();
        await syncing.WaitAsync(Bound);
        Assert.Equal(50, SpoolFrames.ReadAll(_folder).Frames.Count);
        Assert.Single(SpoolFrames.ReadAll(_folder.AfterPowerLoss()).Frames);
    }

    [Fact]
    public async Task Append_FromManyThreads_EveryFrameReadableAtItsPosition()
    {
        using var log = new SpoolLog(_folder, _time);
        var positions = new ConcurrentBag<(SpoolPosition At, string Expected)>();
        var writers = Enumerable.Range(0, 8).Select(w => Task.Run(() =>
        {
            for (var i = 0ul; i < 200; i++)
            {
                var frame = SpoolFrames.Of(w % 2 == 0 ? SpoolFrames.A : SpoolFrames.B, i, $"writer {w}");
                var at = log.Append(frame);
                positions.Add((at, SpoolFrames.Text(frame)));
                Assert.Equal(SpoolFrames.Text(frame), SpoolFrames.Text(log.Read(at)));
            }
        }));
        await Task.WhenAll(writers).WaitAsync(Bound);

        Assert.All(positions, p => Assert.Equal(p.Expected, SpoolFrames.Text(log.Read(p.At))));
        Assert.Equal(1_600, positions.Select(p => p.At).Distinct().Count());
        Assert.Equal(1_600, SpoolFrames.ReadAll(_folder).Frames.Count);
    }

    [Fact]
    public async Task Dispose_TwiceAndThenUsed_IsRefusedNotHung()
    {
        var log = new SpoolLog(_folder, _time);
        log.Append(SpoolFrames.Of(SpoolFrames.A, 0));
        log.Dispose();
        log.Dispose();

        Assert.Single(SpoolFrames.ReadAll(_folder.AfterPowerLoss()).Frames);
        Assert.Throws<SpoolFailedException>(() => log.Append(SpoolFrames.Of(SpoolFrames.A, 1)));
        await Assert.ThrowsAsync<SpoolFailedException>(async () => await log.SyncAsync(CancellationToken.None).AsTask().WaitAsync(Bound));
        _time.Advance(TimeSpan.FromSeconds(2));
    }
}
