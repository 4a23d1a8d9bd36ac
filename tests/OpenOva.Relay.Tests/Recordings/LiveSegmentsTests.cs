using System.Text;
using Microsoft.Extensions.Logging;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence.Keys;
using OpenOva.Relay.Evidence.Recording;
using OpenOva.Relay.Evidence.Spool;
using OpenOva.Relay.ObjectStorage;
using OpenOva.Relay.Recordings;
using OpenOva.Relay.Tests.Database;
using OpenOva.Relay.Tests.Ledger;

namespace OpenOva.Relay.Tests.Recordings;

/// <summary>The lanes by which closed segments go to the store.</summary>
[Trait("Kind", "Fast")]
public sealed class LiveSegmentsTests() : LedgerFixture(TestDatabaseKind.Sqlite)
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("relay-lanes-");

    protected override async Task TearDownAsync()
    {
        await base.TearDownAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Upload_FailsInAWayThatNobodyThoughtOf_LaneGoesOn()
    {
        var buckets = new ObjectStorageOptions();
        using var key = P256SigningKey.Create();
        using var spool = new SpoolLog(new DirectorySpoolFolder(Path.Combine(_folder.FullName, "spool")), Time);
        using var store = new DirectoryObjectStore(Path.Combine(_folder.FullName, "objects"), buckets.Buckets, Time);
        var failures = new FailureCount();
        using var live = new LiveSegments(
            spool, store, buckets, Db, new Leases(Db), ReplicaName.Create("a", Time), Stage,
            new RecordingsOptions { ChainPeriod = TimeSpan.FromMicroseconds(1), RetryPeriod = TimeSpan.FromMilliseconds(10) }, Time, failures);
        var descriptor = Descriptor(key.PublicKey);
        var keys = RecordingKeys.Of(descriptor);
        using var recorder = new SessionRecorder(descriptor, key, spool, Time, live.Add);
        await live.StartAsync(Cancellation);
        async Task IsStoredAsync(int number)
        {
            while (await store.HeadAsync(buckets.EvidenceBucket, keys.LiveSegment(number), Cancellation) is null) await Task.Delay(10, Cancellation);
        }

        recorder.Write(Segment());
        await BoundedAsync(IsStoredAsync(0));
        // Noting the chain fails with what is neither a conflict nor an outage.
        await Db.ExecuteAsync("ALTER TABLE leases RENAME TO leases_away", null, Cancellation);
        recorder.Write(Segment());
        await BoundedAsync(failures.Happened);
        await Db.ExecuteAsync("ALTER TABLE leases_away RENAME TO leases", null, Cancellation);
        recorder.Write(Segment());

        await BoundedAsync(IsStoredAsync(2));
        await live.StopAsync(Cancellation);
    }

    private static RecordingDescriptor Descriptor(EcPublicKey key)
    {
        var digest = new string('a', 64);
        return new()
        {
            Organisation = "acme", Session = Guid.CreateVersion7().ToString("D"), Epoch = 1, OpenedUs = 1_790_000_000_000_000, Connection = new("ssh-db", "ssh", digest),
            Subject = new("https://issuer", "olivia"), Decision = new("d", digest), Opening = new("o", digest), SessionKey = key,
            SoftwareVersion = "1", SoftwareSha256 = digest, Bucket = "recordings", RetentionDays = 0, BootId = "",
        };
    }

    private static InstructionBatch Segment()
    {
        var blob = $"4.blob,1.1,60000.{new string('x', 60_000)};";
        var batch = new InstructionBatch();
        for (var i = 0; i <= SegmentBuilder.TargetRawBytes / blob.Length; i++) batch.Add(InstructionClass.Image, Encoding.ASCII.GetBytes(blob), null);
        batch.Add(InstructionClass.Sync, "4.sync,1.7;"u8.ToArray(), 7);
        return batch;
    }

    private sealed class FailureCount : ILogger<LiveSegments>
    {
        private readonly TaskCompletionSource _happened = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Happened => _happened.Task;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (exception is not null) _happened.TrySetResult();
        }
    }
}
