using Amazon.S3;
using Amazon.S3.Model;

namespace OpenOva.Relay.ObjectStorage.S3;

/// <summary>
/// Locks and duties. That a deletion is refused shows a lock only if the same identity may delete what is not locked: both are tried.
/// </summary>
internal sealed partial class S3BucketCheck
{
    private async Task TryLocksAsync(CancellationToken cancellation)
    {
        await TryWriterAsync(cancellation);
        if (!_connection.Has(S3Duty.Retention))
        {
            foreach (var check in new[] { BucketChecks.RetentionDeletes, BucketChecks.LockGovernance, BucketChecks.LockCompliance, BucketChecks.Shortening })
                Unknown(check, $"{S3Options.Section}:{S3Duty.Retention} is not set");
            return;
        }

        var free = await PutAsync("free", null, cancellation);
        var deleted = await DeleteAsync(S3Duty.Retention, "free", free.Version, false, cancellation);
        Note(BucketChecks.RetentionDeletes, deleted is null, "the retention identity deletes what is not locked", $"the store {deleted?.Detail} to the retention identity");
        await TryGovernanceAsync(deleted is null, cancellation);
        await TryComplianceAsync(deleted is null, cancellation);
        await TryHoldAsync(deleted is null, cancellation);
    }

    private async Task TryWriterAsync(CancellationToken cancellation)
    {
        var own = await PutAsync("own", null, cancellation);
        var byVersion = await DeleteAsync(S3Duty.Writer, "own", own.Version, false, cancellation);
        var hiding = await AskAsync(S3Duty.Writer, (client, token) => client.DeleteObjectAsync(new DeleteObjectRequest { BucketName = bucket, Key = Key("own") }, token), cancellation);
        Note(BucketChecks.WriterDelete, byVersion is not null && hiding is not null, "the writer can neither delete nor hide",
            byVersion is null ? "the writer deleted a version" : "the writer hid an object behind a deletion marker");

        var held = await HoldAsync(S3Duty.Writer, "first", null, true, cancellation);
        if (held is null) await HoldAsync(S3Duty.Writer, "first", null, false, cancellation);
        Note(BucketChecks.WriterHold, held is not null, "the writer cannot hold", "the writer placed and lifted a hold");
    }

    private async Task TryGovernanceAsync(bool mayDelete, CancellationToken cancellation)
    {
        var (version, refused) = await PutAsync("governed", Until(ObjectLockMode.Governance), cancellation);
        if (refused is not null)
        {
            Note(BucketChecks.LockGovernance, false, "", $"the store {refused.Detail} to a put with a lock");
            return;
        }

        var shorter = new PutObjectRetentionRequest
        {
            BucketName = bucket, Key = Key("governed"), VersionId = version,
            Retention = new ObjectLockRetention { Mode = ObjectLockRetentionMode.Governance, RetainUntilDate = time.GetUtcNow().AddSeconds(30).UtcDateTime },
        };
        var shortened = await AskAsync(S3Duty.Retention, (client, token) => client.PutObjectRetentionAsync(shorter, token), cancellation);
        Note(BucketChecks.Shortening, shortened is not null, "an earlier date is refused", "an earlier date was taken");

        var bypassed = await DeleteAsync(S3Duty.Writer, "governed", version, true, cancellation);
        Note(BucketChecks.WriterBypass, bypassed is not null, "the writer cannot bypass", "the writer deleted a recording under GOVERNANCE");
        var alone = await DeleteAsync(S3Duty.Retention, "governed", version, true, cancellation);
        Note(BucketChecks.RetentionBypass, alone is not null, "the retention identity cannot bypass", "the retention identity deleted a recording under GOVERNANCE");
        var deleted = await DeleteAsync(S3Duty.Retention, "governed", version, false, cancellation);
        Note(BucketChecks.LockGovernance, deleted is not null && await IsThereAsync("governed", version, cancellation), "a locked version cannot be deleted", "a locked version was deleted");
        if (deleted is not null && !mayDelete) Unsure(BucketChecks.LockGovernance);
        if (!_connection.Has(S3Duty.Bypass)) return;
        var erased = await DeleteAsync(S3Duty.Bypass, "governed", version, true, cancellation);
        Note(BucketChecks.BypassErases, erased is null, "the bypass identity erases what is under GOVERNANCE", $"the store {erased?.Detail} to the bypass identity");
    }

    private async Task TryComplianceAsync(bool mayDelete, CancellationToken cancellation)
    {
        var (version, refused) = await PutAsync("sealed", Until(ObjectLockMode.Compliance), cancellation);
        if (refused is not null)
        {
            Note(BucketChecks.LockCompliance, false, "", $"the store {refused.Detail} to a put with a lock");
            return;
        }

        var byRetention = await DeleteAsync(S3Duty.Retention, "sealed", version, false, cancellation);
        var byBypass = _connection.Has(S3Duty.Bypass) ? await DeleteAsync(S3Duty.Bypass, "sealed", version, true, cancellation) : byRetention;
        var stays = await IsThereAsync("sealed", version, cancellation);
        Note(BucketChecks.LockCompliance, byRetention is not null && byBypass is not null && stays, "not even the bypass identity deletes it", "a version under COMPLIANCE was deleted");
        if (stays && !mayDelete) Unsure(BucketChecks.LockCompliance);
    }

    private async Task TryHoldAsync(bool mayDelete, CancellationToken cancellation)
    {
        if (!_connection.Has(S3Duty.Hold))
        {
            Unknown(BucketChecks.HoldEnforced, $"{S3Options.Section}:{S3Duty.Hold} is not set");
            return;
        }

        var (version, _) = await PutAsync("held", null, cancellation);
        var held = await HoldAsync(S3Duty.Hold, "held", version, true, cancellation);
        var deleted = await DeleteAsync(S3Duty.Retention, "held", version, false, cancellation);
        var lifted = await HoldAsync(S3Duty.Hold, "held", version, false, cancellation);
        Note(BucketChecks.HoldEnforced, held is null && deleted is not null && lifted is null, "a held version cannot be deleted until the hold is lifted",
            held is not null ? $"the store {held.Detail} to the hold identity" : lifted is not null ? $"lifting: the store {lifted.Detail}" : "a held version was deleted");
        if (held is null && deleted is not null && !mayDelete) Unsure(BucketChecks.HoldEnforced);
    }

    private Task<S3Failure?> DeleteAsync(S3Duty duty, string name, string? version, bool bypass, CancellationToken cancellation)
    {
        var delete = new DeleteObjectRequest { BucketName = bucket, Key = Key(name), VersionId = version };
        if (bypass) delete.BypassGovernanceRetention = true;
        return AskAsync(duty, (client, token) => client.DeleteObjectAsync(delete, token), cancellation);
    }

    private Task<S3Failure?> HoldAsync(S3Duty duty, string name, string? version, bool held, CancellationToken cancellation)
    {
        var put = new PutObjectLegalHoldRequest
        {
            BucketName = bucket, Key = Key(name), VersionId = version,
            LegalHold = new ObjectLockLegalHold { Status = held ? ObjectLockLegalHoldStatus.On : ObjectLockLegalHoldStatus.Off },
        };
        return AskAsync(duty, (client, token) => client.PutObjectLegalHoldAsync(put, token), cancellation);
    }

    private async Task<bool> IsThereAsync(string name, string? version, CancellationToken cancellation) =>
        await AskAsync(
            S3Duty.Writer,
            (client, token) => client.GetObjectMetadataAsync(new GetObjectMetadataRequest { BucketName = bucket, Key = Key(name), VersionId = version }, token),
            cancellation) is null;

    private ObjectLockRetention Until(ObjectLockMode mode) => new()
    {
        Mode = mode == ObjectLockMode.Compliance ? ObjectLockRetentionMode.Compliance : ObjectLockRetentionMode.Governance,
        RetainUntilDate = (time.GetUtcNow() + Retained).UtcDateTime,
    };
}
