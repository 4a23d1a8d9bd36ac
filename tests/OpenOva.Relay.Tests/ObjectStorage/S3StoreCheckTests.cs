using OpenOva.Relay.ObjectStorage;
using OpenOva.Relay.ObjectStorage.S3;

namespace OpenOva.Relay.Tests.ObjectStorage;

[Trait("Kind", "Real")]
public sealed class S3StoreCheckTests(S3Lab lab) : IClassFixture<S3Lab>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_BucketSetUpByRelay_EverythingRequiredHolds()
    {
        using var store = lab.Open();

        var report = await RunAsync(store, S3Lab.Options());

        Assert.True(report.Sufficient, string.Join(Environment.NewLine, report.Findings));
        TestContext.Current.SendDiagnosticMessage(string.Join(Environment.NewLine, report.Findings));
    }

    private Task<StoreReport> RunAsync(S3ObjectStore store, S3Options options) =>
        new S3StoreCheck(store, options, new ObjectStorageOptions { RecordingsBucket = lab.Bucket, CallsBucket = lab.Bucket, EvidenceBucket = lab.Bucket }, TimeProvider.System)
            .RunAsync(Cancellation).WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
}
