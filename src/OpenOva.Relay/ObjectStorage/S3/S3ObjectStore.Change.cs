using Amazon.S3;
using Amazon.S3.Model;

namespace OpenOva.Relay.ObjectStorage.S3;

/// <summary>Deletion, retention and holds: of exact versions, each by the identity whose duty it is.</summary>
internal sealed partial class S3ObjectStore
{
    public async Task DeleteVersionAsync(
        string bucket, string key, string versionId, bool bypassGovernance = false, CancellationToken cancellation = default)
    {
        Check(bucket, key);
        ArgumentException.ThrowIfNullOrEmpty(versionId);
        var delete = new DeleteObjectRequest { BucketName = bucket, Key = key, VersionId = versionId };
        if (bypassGovernance) delete.BypassGovernanceRetention = true;
        var request = new S3Request(bypassGovernance ? S3Duty.Bypass : S3Duty.Retention, "Deleting", bucket, key) { IsChange = true };
        try
        {
            await Connection.SendAsync(request, (client, attempt) => client.DeleteObjectAsync(delete, attempt.Token), cancellation);
        }
        catch (ObjectNotFoundException missing) when (!missing.IsBucket)
        {
        }
        catch (ObjectStoreDeniedException)
        {
            // S3 refuses alike what is locked and what the identity may not do.
            var stored = await HeadVersionAsync(bucket, key, versionId, cancellation);
            if (stored?.Held == true) throw new ObjectLockedException(bucket, key, "a hold is on it");
            if (stored?.Retention is { } retention && retention.Until > _time.GetUtcNow() && (retention.Mode == RetentionMode.Compliance || !bypassGovernance))
                throw new ObjectLockedException(bucket, key, $"retained until {retention.Until:O} ({retention.Mode})");
            throw;
        }
    }

    public async Task ExtendRetentionAsync(
        string bucket, string key, string versionId, Retention retention, CancellationToken cancellation = default)
    {
        var stored = await HeadVersionAsync(bucket, key, versionId, cancellation) ?? throw new ObjectNotFoundException(bucket, key);
        var wanted = WholeSeconds(retention)!;
        if (stored.Retention is { } old && (wanted.Until < old.Until || wanted.Mode < old.Mode))
            throw new ObjectLockedException(bucket, key, "retention can only be prolonged");
        var put = new PutObjectRetentionRequest
        {
            BucketName = bucket,
            Key = key,
            VersionId = versionId,
            Retention = new ObjectLockRetention
            {
                Mode = wanted.Mode == RetentionMode.Compliance ? ObjectLockRetentionMode.Compliance : ObjectLockRetentionMode.Governance,
                RetainUntilDate = wanted.Until.UtcDateTime,
            },
        };
        await Connection.SendAsync(
            new S3Request(S3Duty.Retention, "Prolonging the retention of", bucket, key) { IsChange = true },
            (client, attempt) => client.PutObjectRetentionAsync(put, attempt.Token), cancellation);
    }

    public async Task SetHoldAsync(string bucket, string key, string versionId, bool held, CancellationToken cancellation = default)
    {
        Check(bucket, key);
        ArgumentException.ThrowIfNullOrEmpty(versionId);
        var put = new PutObjectLegalHoldRequest
        {
            BucketName = bucket,
            Key = key,
            VersionId = versionId,
            LegalHold = new ObjectLockLegalHold { Status = held ? ObjectLockLegalHoldStatus.On : ObjectLockLegalHoldStatus.Off },
        };
        try
        {
            await Connection.SendAsync(
                new S3Request(S3Duty.Hold, held ? "Holding" : "Lifting the hold of", bucket, key) { IsChange = true },
                (client, attempt) => client.PutObjectLegalHoldAsync(put, attempt.Token), cancellation);
        }
        catch (ObjectStoreDeniedException)
        {
            // An identity that may not list is not told that a version is absent.
            if (await HeadVersionAsync(bucket, key, versionId, cancellation) is null) throw new ObjectNotFoundException(bucket, key);
            throw;
        }
    }
}
