using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;

namespace OpenOva.Relay.ObjectStorage.S3;

/// <summary>What was found and done about one thing of a bucket.</summary>
/// <param name="Failed">It is not as it should be, and <paramref name="Done"/> says why and what an operator can do.</param>
internal sealed record BucketStep(string Bucket, string Step, string Done, bool Failed = false);

/// <summary>
/// Makes the buckets with an administrator's keys: versioning, object lock without a default retention, and the policy of the identities. It changes nothing
/// that is there already but a policy that differs, and never deletes.
/// </summary>
internal sealed class S3BucketSetup(S3Connection connection, AWSCredentials administrator)
{
    private readonly AmazonS3Client _client = connection.ClientOf(administrator);

    /// <param name="principals">Null: no policy is set.</param>
    /// <exception cref="ObjectStoreUnavailableException">The store does not answer, or refuses the administrator.</exception>
    public async Task<IReadOnlyList<BucketStep>> RunAsync(IEnumerable<string> buckets, S3Principals? principals, CancellationToken cancellation)
    {
        var steps = new List<BucketStep>();
        foreach (var bucket in buckets)
        {
            steps.Add(await CreateAsync(bucket, cancellation));
            steps.Add(await VersionAsync(bucket, cancellation));
            steps.Add(await LockAsync(bucket, cancellation));
            if (principals is not null) steps.Add(await AllowAsync(bucket, S3BucketPolicy.Of(bucket, principals), cancellation));
        }

        return steps;
    }

    private async Task<BucketStep> CreateAsync(string bucket, CancellationToken cancellation)
    {
        var (_, missing) = await TryAsync(token => _client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = bucket, MaxKeys = 1 }, token), cancellation);
        if (missing is null) return new(bucket, "bucket", "was there");
        if (missing.Kind != S3FailureKind.NoBucket) throw Unavailable(bucket, missing);
        var (_, failure) = await TryAsync(
            token => _client.PutBucketAsync(new PutBucketRequest { BucketName = bucket, ObjectLockEnabledForBucket = true, UseClientRegion = false }, token), cancellation);
        return failure is null ? new(bucket, "bucket", "created with object lock") : throw Unavailable(bucket, failure);
    }

    private async Task<BucketStep> VersionAsync(string bucket, CancellationToken cancellation)
    {
        var (found, _) = await TryAsync(token => _client.GetBucketVersioningAsync(new GetBucketVersioningRequest { BucketName = bucket }, token), cancellation);
        if (found?.VersioningConfig?.Status == VersionStatus.Enabled) return new(bucket, "versioning", "is on");
        var (_, failure) = await TryAsync(
            token => _client.PutBucketVersioningAsync(
                new PutBucketVersioningRequest { BucketName = bucket, VersioningConfig = new S3BucketVersioningConfig { Status = VersionStatus.Enabled } }, token),
            cancellation);
        return failure is null
            ? new(bucket, "versioning", "switched on")
            : new(bucket, "versioning", $"cannot be switched on: the store {failure.Detail}", Failed: true);
    }

    private async Task<BucketStep> LockAsync(string bucket, CancellationToken cancellation)
    {
        var (found, _) = await TryAsync(
            token => _client.GetObjectLockConfigurationAsync(new GetObjectLockConfigurationRequest { BucketName = bucket }, token), cancellation);
        if (found?.ObjectLockConfiguration?.Rule?.DefaultRetention is { } retention && (retention.Days ?? retention.Years) is { } term)
        {
            return new(bucket, "lock",
                $"is on with a default retention of {term} {(retention.Days is null ? "years" : "days")} ({retention.Mode}), which was left alone; Relay sets retention itself");
        }

        if (found?.ObjectLockConfiguration?.ObjectLockEnabled == ObjectLockEnabled.Enabled) return new(bucket, "lock", "is on, no default retention");
        var put = new PutObjectLockConfigurationRequest
        {
            BucketName = bucket, ObjectLockConfiguration = new ObjectLockConfiguration { ObjectLockEnabled = ObjectLockEnabled.Enabled },
        };
        var (_, failure) = await TryAsync(token => _client.PutObjectLockConfigurationAsync(put, token), cancellation);
        return failure is null
            ? new(bucket, "lock", "switched on, no default retention")
            : new(bucket, "lock", $"cannot be switched on ({failure.Detail}): most stores lock only buckets that were created with it; use another bucket", Failed: true);
    }

    private async Task<BucketStep> AllowAsync(string bucket, string policy, CancellationToken cancellation)
    {
        var (found, _) = await TryAsync(token => _client.GetBucketPolicyAsync(new GetBucketPolicyRequest { BucketName = bucket }, token), cancellation);
        if (found?.Policy == policy) return new(bucket, "policy", "is set");
        var (_, failure) = await TryAsync(token => _client.PutBucketPolicyAsync(new PutBucketPolicyRequest { BucketName = bucket, Policy = policy }, token), cancellation);
        return failure is null
            ? new(bucket, "policy", found?.Policy is { Length: > 0 } ? "replaced another" : "set")
            : new(bucket, "policy", $"is not accepted ({failure.Detail}): grant the identities their rights by the store's own means", Failed: true);
    }

    private Task<(T? Value, S3Failure? Failure)> TryAsync<T>(Func<CancellationToken, Task<T>> send, CancellationToken cancellation) =>
        connection.TryAsync(_client, (_, attempt) => send(attempt.Token), cancellation);

    private static ObjectStoreUnavailableException Unavailable(string bucket, S3Failure failure) =>
        new($"Setting up {bucket}: the store {failure.Detail}. Check the endpoint and the administrator's keys.", failure.Inner);
}
