using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;

namespace OpenOva.Relay.ObjectStorage.S3;

/// <summary>One run of the checks on one bucket. See <see cref="S3StoreCheck"/>.</summary>
internal sealed partial class S3BucketCheck(S3ObjectStore store, S3Options options, string bucket, bool evidence, string run, TimeProvider time)
{
    private const string Prefix = "probes/";
    private static readonly TimeSpan Retained = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Abandoned = TimeSpan.FromMinutes(15);
    private static readonly byte[] Bytes = "Relay tries here what this store enforces.\n"u8.ToArray();

    private readonly S3Connection _connection = store.Connection;
    private readonly List<StoreFinding> _findings = [];

    public IReadOnlyList<StoreFinding> Findings => _findings;

    /// <exception cref="ObjectStoreUnavailableException">The store stopped answering: nothing was found out.</exception>
    public async Task RunAsync(CancellationToken cancellation)
    {
        var missing = await AskAsync(S3Duty.Writer, (client, token) => client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = bucket, MaxKeys = 1 }, token), cancellation);
        if (missing?.Kind == S3FailureKind.KeysRefused) throw Unreachable(missing);
        var first = missing is null ? await PutAsync("first", null, cancellation) : (Version: null, Failure: missing);
        Note(BucketChecks.Bucket, first.Failure is null, "the writer lists and puts", $"the store {first.Failure?.Detail} to the writer");
        if (first.Failure is not null) return;
        try
        {
            await LookAtFirstAsync(first.Version, cancellation);
            await TryPutsAsync(first.Version, cancellation);
            await TryStrangersAsync(cancellation);
            await TryLocksAsync(cancellation);
        }
        finally
        {
            await ClearAsync(cancellation);
        }
    }

    private async Task LookAtFirstAsync(string? version, CancellationToken cancellation)
    {
        var head = new GetObjectMetadataRequest { BucketName = bucket, Key = Key("first"), VersionId = version };
        var (found, _) = await GetAsync(S3Duty.Writer, (client, token) => client.GetObjectMetadataAsync(head, token), cancellation);
        if (found is null)
        {
            Unknown(BucketChecks.Clock, "what was put could not be looked at");
            return;
        }

        var skew = new DateTimeOffset(found.LastModified?.ToUniversalTime() ?? DateTime.UnixEpoch) - time.GetUtcNow();
        Note(BucketChecks.Clock, skew.Duration() < TimeSpan.FromMinutes(1), $"apart by about {skew.TotalSeconds:0} s", $"apart by {skew.TotalSeconds:0} s");
        var retained = found.ObjectLockMode is not null || found.ObjectLockRetainUntilDate is not null;
        if (evidence) Note(BucketChecks.NoDefaultRetention, !retained, "an object put without retention has none", "an object put without retention was given one");
    }

    private async Task TryPutsAsync(string? version, CancellationToken cancellation)
    {
        var second = await PutAsync("first", null, cancellation);
        Note(BucketChecks.SecondPut, second.Failure?.Kind == S3FailureKind.Exists, "answered 412", $"the store {second.Failure?.Detail ?? "took it"}");

        var over = new PutObjectRequest { BucketName = bucket, Key = Key("first"), InputStream = new MemoryStream(Bytes), UseChunkEncoding = false };
        var overwritten = await AskAsync(S3Duty.Writer, (client, token) => client.PutObjectAsync(over, token), cancellation);
        var head = new GetObjectMetadataRequest { BucketName = bucket, Key = Key("first"), VersionId = version };
        var kept = version is not null && await AskAsync(S3Duty.Writer, (client, token) => client.GetObjectMetadataAsync(head, token), cancellation) is null;
        Note(BucketChecks.Versioning, kept, overwritten is null ? "an overwritten version stayed" : "overwriting is refused, and versions are named",
            version is null ? "a put returns no version" : "the overwritten version is gone");

        var puts = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => PutAsync("race", null, cancellation)));
        var winners = puts.Where(put => put.Failure is null).Select(put => put.Version).ToList();
        Note(BucketChecks.SimultaneousPuts, winners.Count == 1, "one of 20 puts at once succeeded", $"{winners.Count} of 20 puts at once succeeded");
        var oldest = winners.Count > 1 ? await store.FirstVersionAsync(bucket, Key("race"), cancellation) : null;
        Note(BucketChecks.OneWinner, winners.Count == 1 || (oldest is not null && winners.Contains(oldest)),
            winners.Count == 1 ? "the store decides" : "the version stored first is known", "the versions do not say which put came first");

        await TryHashesAsync(cancellation);
    }

    private async Task TryHashesAsync(CancellationToken cancellation)
    {
        if (options.Checksums == S3Checksums.None) Unknown(BucketChecks.Checksum, "switched off by Checksums");
        else
        {
            var sum = Wrong(new MemoryStream(Bytes));
            (sum.ChecksumAlgorithm, sum.ChecksumSHA256) = (ChecksumAlgorithm.SHA256, Convert.ToBase64String(new byte[32]));
            var summed = await OnceAsync((client, token) => client.PutObjectAsync(sum, token), cancellation);
            Note(BucketChecks.Checksum, summed is not null, $"a wrong checksum: {summed?.Detail}", "an object was taken with a wrong checksum");
        }

        var two = Wrong(new TwoFacedContent(Bytes));
        var signed = await OnceAsync((client, token) => client.PutObjectAsync(two, token), cancellation);
        Note(BucketChecks.PayloadHash, signed is not null, $"other bytes than were signed: {signed?.Detail}", "other bytes were taken than were signed");
    }

    private PutObjectRequest Wrong(Stream content) => new() { BucketName = bucket, Key = Key("wrong"), InputStream = content, UseChunkEncoding = false };

    private async Task TryStrangersAsync(CancellationToken cancellation)
    {
        using var anonymous = _connection.ClientOf(new AnonymousAWSCredentials());
        Note(BucketChecks.Anonymous, await RefusedAsync(anonymous, cancellation), "reading, listing and putting without a signature are refused", "a request without a signature was answered");

        var writer = _connection.CredentialsOf(S3Duty.Writer).GetCredentials();
        using var wrongSecret = _connection.ClientOf(new BasicAWSCredentials(writer.AccessKey, run + run));
        using var wrongKey = _connection.ClientOf(new BasicAWSCredentials("RELAYPROBE" + run[..8].ToUpperInvariant(), run + run));
        Note(BucketChecks.WrongKey, await RefusedAsync(wrongSecret, cancellation) && await RefusedAsync(wrongKey, cancellation),
            "a wrong secret and an unknown key are refused", "a request with wrong keys was answered");
    }

    private async Task<bool> RefusedAsync(AmazonS3Client stranger, CancellationToken cancellation)
    {
        var put = new PutObjectRequest { BucketName = bucket, Key = Key("stranger"), InputStream = new MemoryStream(Bytes), UseChunkEncoding = false };
        return await OnceAsync(stranger, (client, token) => client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = bucket, MaxKeys = 1 }, token), cancellation) is not null
            & await OnceAsync(stranger, (client, token) => client.GetObjectMetadataAsync(new GetObjectMetadataRequest { BucketName = bucket, Key = Key("first") }, token), cancellation) is not null
            & await OnceAsync(stranger, (client, token) => client.PutObjectAsync(put, token), cancellation) is not null;
    }
}
