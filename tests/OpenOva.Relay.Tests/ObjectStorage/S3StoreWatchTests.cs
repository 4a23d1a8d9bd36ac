using OpenOva.Relay.ObjectStorage;
using OpenOva.Relay.ObjectStorage.S3;
using OpenOva.Relay.Telemetry;

namespace OpenOva.Relay.Tests.ObjectStorage;

[Trait("Kind", "Fast")]
public sealed class S3StoreWatchTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(10);
    private readonly LoggedLines<S3StoreWatch> _log = new();
    private readonly TaskCompletionSource<StoreReport> _published = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Start_StoreDown_DoesNotWaitAndChecksLater()
    {
        var check = new ScriptedCheck(failures: 1);
        using var metrics = new RelayMetrics();
        using var watch = Watch(check, metrics, (_, _) => throw new InvalidDataException("this listener is broken"), Publish);

        await watch.StartAsync(Cancellation).WaitAsync(Bound, Cancellation);
        var report = await _published.Task.WaitAsync(Bound, Cancellation);
        await watch.StopAsync(Cancellation).WaitAsync(Bound, Cancellation);

        Assert.Equal(2, check.Runs);
        Assert.False(report.Sufficient);
        Assert.Contains(_log.Lines, line => line.Contains("cannot be checked now", StringComparison.Ordinal));
        Assert.Contains(_log.Lines, line => line.Contains("could not be passed on", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Report_EachFinding_IsLoggedWithWhatItCosts()
    {
        using var metrics = new RelayMetrics();
        using var watch = Watch(new ScriptedCheck(failures: 0), metrics, Publish);

        await watch.StartAsync(Cancellation);
        await _published.Task.WaitAsync(Bound, Cancellation);
        await watch.StopAsync(Cancellation).WaitAsync(Bound, Cancellation);

        Assert.Contains(_log.Lines, line => line.StartsWith("Error", StringComparison.Ordinal) && line.Contains("lock-governance", StringComparison.Ordinal)
            && line.Contains("can be deleted", StringComparison.Ordinal));
        Assert.Contains(_log.Lines, line => line.StartsWith("Warning", StringComparison.Ordinal) && line.Contains("clock", StringComparison.Ordinal));
        Assert.Contains(_log.Lines, line => line.StartsWith("Information", StringComparison.Ordinal)
            && line.Contains("versioning holds", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Start_WhatIsMissing_SaysWhatItCosts()
    {
        using var metrics = new RelayMetrics();
        using var watch = Watch(new ScriptedCheck(failures: 0), metrics, Publish);

        await watch.StartAsync(Cancellation);
        await _published.Task.WaitAsync(Bound, Cancellation);
        await watch.StopAsync(Cancellation).WaitAsync(Bound, Cancellation);

        foreach (var said in (string[])["in clear", "S3:Retention is not set", "S3:Hold is not set", "S3:Bypass is not set", "Checksums is None"])
            Assert.Contains(_log.Lines, line => line.StartsWith("Warning", StringComparison.Ordinal) && line.Contains(said, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Check_StoreDown_IsTypedAndNothingIsKnown()
    {
        var folder = Directory.CreateTempSubdirectory("relay-keys-");
        var key = Path.Combine(folder.FullName, "key");
        await File.WriteAllTextAsync(key, "abc", Cancellation);
        var options = new ObjectStorageOptions { S3 = { Endpoint = "http://127.0.0.1:1", MaxAttempts = 1,
            Writer = { AccessKeyFile = key, SecretKeyFile = key } } };
        using var store = new S3ObjectStore(options.S3, options.Buckets, TimeProvider.System);

        await Assert.ThrowsAsync<ObjectStoreUnavailableException>(() =>
            new S3StoreCheck(store, options.S3, options, TimeProvider.System).RunAsync(Cancellation).WaitAsync(Bound, Cancellation));

        Assert.Throws<ObjectStoreUnavailableException>(object? () => store.Capabilities);
        folder.Delete(recursive: true);
    }

    private S3StoreWatch Watch(IStoreCheck check, RelayMetrics metrics, params PublishStoreReport[] listeners) => new(
        check, new ObjectStorageOptions { S3 = { Endpoint = "http://store.example", Checksums = S3Checksums.None } }, listeners, metrics, new HurriedTime(),
            _log);

    private Task Publish(StoreReport report, CancellationToken cancellation)
    {
        _published.TrySetResult(report);
        return Task.CompletedTask;
    }

    private sealed class ScriptedCheck(int failures) : IStoreCheck
    {
        public int Runs { get; private set; }

        public Task<StoreReport> RunAsync(CancellationToken cancellation) => ++Runs <= failures
            ? throw new ObjectStoreUnavailableException("down")
            : Task.FromResult(new StoreReport("http://127.0.0.1:1", 1, [
                new("a", "versioning", FindingOutcome.Holds, true, "seen", "cost"),
                new("a", BucketChecks.LockGovernance.Name, FindingOutcome.Lacks, true, "a locked version was deleted", BucketChecks.LockGovernance.Cost),
                new("a", "clock", FindingOutcome.NotFoundOut, false, "not seen", "cost"),
            ], new StoreCapabilities(false, true, true)));
    }

    /// <summary>Pauses of seconds take milliseconds, those of hours stay.</summary>
    private sealed class HurriedTime : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, dueTime < TimeSpan.FromMinutes(2) ? dueTime / 1000 : dueTime, period);
    }
}
