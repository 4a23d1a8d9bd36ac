using System.Net;
using Amazon.S3;
using Amazon.S3.Model;
using Microsoft.Extensions.DependencyInjection;
using OpenOva.Relay.ObjectStorage;
using OpenOva.Relay.ObjectStorage.S3;
using OpenOva.Relay.Shared;
using OpenOva.Relay.Tests.Host;

namespace OpenOva.Relay.Tests.ObjectStorage;

/// <summary>The check sees what holds, and each thing that does not, on a real endpoint.</summary>
[Trait("Kind", "Real")]
public sealed class S3StoreCheckTests(S3Lab lab) : IClassFixture<S3Lab>
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_BucketSetUpByRelay_EverythingRequiredHolds()
    {
        var (report, store) = await RunAsync(S3Lab.Options());

        using (store)
        {
            Assert.True(report.Sufficient, string.Join(Environment.NewLine, report.Findings));
            Assert.Equal(new StoreCapabilities(true, true, true), report.Capabilities);
            Assert.Equal(report.Capabilities, store.Capabilities);
            Assert.Empty(Lacking(report).Except([BucketChecks.SimultaneousPuts.Name])); // this endpoint lets several win, and the order of versions decides
        }
    }

    [Fact]
    public async Task Run_Ended_LeavesOnlyWhatIsLocked()
    {
        var before = await ProbesAsync();

        var (_, store) = await RunAsync(S3Lab.Options());

        store.Dispose();
        Assert.All((await ProbesAsync()).Except(before), key => Assert.EndsWith("/sealed", key, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Run_NoBucket_SaysSoAndClaimsNothing()
    {
        var (report, store) = await RunAsync(S3Lab.Options(), "relay-never-made");

        using (store) Assert.Equal([BucketChecks.Bucket.Name], Lacking(report));
        Assert.Equal(new StoreCapabilities(false, false, false), report.Capabilities);
    }

    [Fact]
    public async Task Run_PlainBucket_LacksVersionsAndLocks()
    {
        var bucket = await MakeAsync(locked: false);

        var (report, store) = await RunAsync(S3Lab.Options(), bucket);

        using (store)
        {
            Assert.Equal([BucketChecks.Versioning.Name, BucketChecks.LockGovernance.Name, BucketChecks.LockCompliance.Name],
                Lacking(report).Intersect([BucketChecks.Versioning.Name, BucketChecks.LockGovernance.Name, BucketChecks.LockCompliance.Name]));
            Assert.Equal((false, false), (report.Sufficient, store.Capabilities.LockEnforced));
        }
    }

    [Fact]
    public async Task Run_OneIdentityForEverything_IsSeenThrough()
    {
        var writer = S3Lab.Files("admin");
        var bucket = await MakeAsync(locked: true, policy: false);

        var (report, store) = await RunAsync(
            S3Lab.Options(options =>
            {
                foreach (var duty in Enum.GetValues<S3Duty>()) (options.IdentityOf(duty).AccessKeyFile, options.IdentityOf(duty).SecretKeyFile) = (writer.AccessKeyFile, writer.SecretKeyFile);
            }),
            bucket);

        using (store)
        {
            string[] blind = [BucketChecks.WriterDelete.Name, BucketChecks.WriterHold.Name, BucketChecks.WriterBypass.Name, BucketChecks.RetentionBypass.Name];
            Assert.Empty(blind.Except(Lacking(report)));
        }
    }

    [Fact]
    public async Task Run_AnonymousMayRead_IsSeen()
    {
        var bucket = await MakeAsync(locked: true, change: policy => policy.Replace(
            "\"Statement\":[", """
            "Statement":[{"Effect":"Allow","Principal":"*","Action":["s3:GetObject"],"Resource":["arn:aws:s3:::*"]},
            """, StringComparison.Ordinal));

        var (report, store) = await RunAsync(S3Lab.Options(), bucket);

        using (store) Assert.Contains(BucketChecks.Anonymous.Name, Lacking(report));
        Assert.False(report.Sufficient);
    }

    [Fact]
    public async Task Run_DefaultRetentionOnEvidence_IsSeen()
    {
        var bucket = await MakeAsync(locked: true);
        using var administrator = Administrator(out var connection);
        using (connection)
        {
            await administrator.PutObjectLockConfigurationAsync(
                new PutObjectLockConfigurationRequest
                {
                    BucketName = bucket,
                    ObjectLockConfiguration = new ObjectLockConfiguration
                    {
                        ObjectLockEnabled = ObjectLockEnabled.Enabled,
                        Rule = new ObjectLockRule { DefaultRetention = new DefaultRetention { Mode = ObjectLockRetentionMode.Governance, Days = 1 } },
                    },
                },
                Cancellation);
        }

        var (report, store) = await RunAsync(S3Lab.Options(), bucket);

        using (store) Assert.Contains(BucketChecks.NoDefaultRetention.Name, Lacking(report));
    }

    [Fact]
    public async Task Run_NoRetentionIdentity_FindsNoLockOut()
    {
        var (report, store) = await RunAsync(S3Lab.Options(options => (options.Retention.AccessKeyFile, options.Retention.SecretKeyFile) = ("", "")));

        using (store) Assert.Equal((false, false), (report.Sufficient, store.Capabilities.LockEnforced));
        Assert.Contains(report.Findings, finding => finding.Check == BucketChecks.LockGovernance.Name && finding.Outcome == FindingOutcome.NotFoundOut);
    }

    [Fact]
    public async Task Run_IdentityThatMayDeleteNothing_ProvesNoLock()
    {
        var hold = S3Lab.Options().Hold;

        var (report, store) = await RunAsync(S3Lab.Options(options => (options.Retention.AccessKeyFile, options.Retention.SecretKeyFile) = (hold.AccessKeyFile, hold.SecretKeyFile)));

        using (store) Assert.False(store.Capabilities.LockEnforced);
        Assert.Contains(report.Findings, finding => finding.Check == BucketChecks.LockGovernance.Name && finding.Outcome == FindingOutcome.NotFoundOut);
    }

    [Fact]
    public async Task Serve_StoreComesLater_StartsUnreadyAndThenKnows()
    {
        await using var proxy = FaultyHttpProxy.Start(new Uri(S3Lab.Endpoint));
        await proxy.RefuseAsync();
        var options = S3Lab.Options();
        var reported = new TaskCompletionSource<StoreReport>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var relay = await RunningRelay.StartAsync(settings => settings with
        {
            Values = Configure(options, proxy.Address).Concat(settings.Values).Append(new("Relay:ObjectStorage:S3:MaxAttempts", "1")).ToDictionary(),
            Services = services => services.AddSingleton<PublishStoreReport>((report, _) =>
            {
                reported.TrySetResult(report);
                return Task.CompletedTask;
            }),
        });
        var store = relay.Application.Services.GetRequiredService<IObjectStore>();
        using (var unready = await relay.Web.GetAsync("/readyz", Cancellation)) Assert.Equal(HttpStatusCode.ServiceUnavailable, unready.StatusCode);
        Assert.Throws<ObjectStoreUnavailableException>(object? () => store.Capabilities);

        proxy.Accept();

        Assert.True((await reported.Task.WaitAsync(Bound, Cancellation)).Sufficient);
        Assert.True(store.Capabilities.LockEnforced);
        using var ready = await relay.Web.GetAsync("/readyz", Cancellation);
        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
    }

    internal Dictionary<string, string?> Configure(S3Options options, Uri endpoint)
    {
        var values = new Dictionary<string, string?>
        {
            ["Relay:ObjectStorage:S3:Endpoint"] = endpoint.GetLeftPart(UriPartial.Authority),
            ["Relay:ObjectStorage:RecordingsBucket"] = lab.Bucket,
            ["Relay:ObjectStorage:CallsBucket"] = lab.Bucket,
            ["Relay:ObjectStorage:EvidenceBucket"] = lab.OtherBucket,
        };
        foreach (var duty in Enum.GetValues<S3Duty>())
        {
            values[$"Relay:ObjectStorage:S3:{duty}:AccessKeyFile"] = options.IdentityOf(duty).AccessKeyFile;
            values[$"Relay:ObjectStorage:S3:{duty}:SecretKeyFile"] = options.IdentityOf(duty).SecretKeyFile;
        }

        return values;
    }

    private static AmazonS3Client Administrator(out S3Connection connection)
    {
        connection = new S3Connection(S3Lab.Options(), TimeProvider.System);
        return connection.ClientOf(S3Lab.Administrator);
    }

    private static async Task<string> MakeAsync(bool locked, bool policy = true, Func<string, string>? change = null)
    {
        var bucket = $"t{Guid.NewGuid():N}"[..20];
        using var administrator = Administrator(out var connection);
        using (connection)
        {
            await administrator.PutBucketAsync(new PutBucketRequest { BucketName = bucket, ObjectLockEnabledForBucket = locked, UseClientRegion = false }, Cancellation);
            var text = S3BucketPolicy.Of(bucket, S3Principals.Default);
            if (policy) await administrator.PutBucketPolicyAsync(new PutBucketPolicyRequest { BucketName = bucket, Policy = change?.Invoke(text) ?? text }, Cancellation);
        }

        return bucket;
    }

    private static async Task<(StoreReport Report, S3ObjectStore Store)> RunAsync(S3Options options, string bucket)
    {
        var storage = new ObjectStorageOptions { RecordingsBucket = bucket, CallsBucket = bucket, EvidenceBucket = bucket };
        var store = new S3ObjectStore(options, storage.Buckets, TimeProvider.System);
        return (await new S3StoreCheck(store, options, storage, TimeProvider.System).RunAsync(Cancellation).WaitAsync(Bound, Cancellation), store);
    }

    private Task<(StoreReport Report, S3ObjectStore Store)> RunAsync(S3Options options) => RunAsync(options, lab.Bucket);

    private static IEnumerable<string> Lacking(StoreReport report) =>
        report.Findings.Where(finding => finding.Outcome == FindingOutcome.Lacks).Select(finding => finding.Check);

    private async Task<List<string>> ProbesAsync()
    {
        using var store = lab.Open();
        return await store.ListAsync(lab.Bucket, "probes/", Cancellation).Select(found => found.Key).ToListAsync(Cancellation);
    }
}
