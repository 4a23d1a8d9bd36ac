using Amazon.S3;
using Amazon.S3.Model;

namespace OpenOva.Relay.ObjectStorage.S3;

/// <summary>Requests of the check, what is noted of them, and clearing away.</summary>
internal sealed partial class S3BucketCheck
{
    private string Key(string name) => $"{Prefix}{run}/{name}";

    private async Task<(string? Version, S3Failure? Failure)> PutAsync(string name, ObjectLockRetention? retention, CancellationToken cancellation)
    {
        var (response, failure) = await GetAsync(
            S3Duty.Writer,
            (client, token) =>
            {
                var put = new PutObjectRequest { BucketName = bucket, Key = Key(name), InputStream = new MemoryStream(Bytes), IfNoneMatch = "*", UseChunkEncoding = false };
                if (options.Checksums == S3Checksums.Sha256) put.ChecksumAlgorithm = ChecksumAlgorithm.SHA256;
                if (retention is not null)
                {
                    put.ObjectLockMode = ObjectLockMode.FindValue(retention.Mode.Value);
                    put.ObjectLockRetainUntilDate = retention.RetainUntilDate;
                }

                return client.PutObjectAsync(put, token);
            },
            cancellation);
        return (response?.VersionId, failure);
    }

    private async Task<S3Failure?> AskAsync<T>(S3Duty duty, Func<IAmazonS3, CancellationToken, Task<T>> send, CancellationToken cancellation)
        where T : class
    {
        var (_, failure) = await GetAsync(duty, send, cancellation);
        return failure;
    }

    /// <exception cref="ObjectStoreUnavailableException">No answer: that is no finding about the store.</exception>
    private async Task<(T? Value, S3Failure? Failure)> GetAsync<T>(S3Duty duty, Func<IAmazonS3, CancellationToken, Task<T>> send, CancellationToken cancellation)
        where T : class
    {
        var (value, failure) = await _connection.RetryAsync(duty, (client, attempt) => send(client, attempt.Token), cancellation);
        return failure?.Kind is S3FailureKind.Busy or S3FailureKind.Broken ? throw Unreachable(failure) : (value, failure);
    }

    private Task<S3Failure?> OnceAsync<T>(Func<IAmazonS3, CancellationToken, Task<T>> send, CancellationToken cancellation) =>
        OnceAsync(_connection.ClientOf(S3Duty.Writer), send, cancellation);

    private async Task<S3Failure?> OnceAsync<T>(AmazonS3Client client, Func<IAmazonS3, CancellationToken, Task<T>> send, CancellationToken cancellation)
    {
        var (_, failure) = await _connection.TryAsync(client, (asked, attempt) => send(asked, attempt.Token), cancellation);
        return failure?.Kind is S3FailureKind.Busy or S3FailureKind.Broken ? throw Unreachable(failure) : failure;
    }

    private ObjectStoreUnavailableException Unreachable(S3Failure failure) =>
        new($"Checking {bucket}: the store at {options.Endpoint} {failure.Detail}.", failure.Inner);

    private void Note(BucketCheckName check, bool holds, string held, string lacked) => _findings.Add(
        new StoreFinding(bucket, check.Name, holds ? FindingOutcome.Holds : FindingOutcome.Lacks, check.Required, holds ? held : lacked, check.Cost));

    private void Unknown(BucketCheckName check, string why) =>
        _findings.Add(new StoreFinding(bucket, check.Name, FindingOutcome.NotFoundOut, check.Required, why, check.Cost));

    private void Unsure(BucketCheckName check)
    {
        _findings.RemoveAll(finding => finding.Check == check.Name);
        Unknown(check, "the identity that was refused may not delete at all");
    }

    // What is locked stays for a later run; what another run may still need is too young.
    private async Task ClearAsync(CancellationToken cancellation)
    {
        if (!_connection.Has(S3Duty.Retention)) return;
        var list = new ListVersionsRequest { BucketName = bucket, Prefix = Prefix };
        var before = (time.GetUtcNow() - Abandoned).UtcDateTime;
        while (true)
        {
            var (page, _) = await GetAsync(S3Duty.Writer, (client, token) => client.ListVersionsAsync(list, token), cancellation);
            foreach (var version in page?.Versions ?? [])
            {
                if (!version.Key.StartsWith($"{Prefix}{run}/", StringComparison.Ordinal) && version.LastModified?.ToUniversalTime() > before) continue;
                var delete = new DeleteObjectRequest { BucketName = bucket, Key = version.Key, VersionId = version.VersionId };
                await AskAsync(S3Duty.Retention, (client, token) => client.DeleteObjectAsync(delete, token), cancellation);
            }

            if (page?.IsTruncated != true) return;
            (list.KeyMarker, list.VersionIdMarker) = (page.NextKeyMarker, page.NextVersionIdMarker);
        }
    }
}
