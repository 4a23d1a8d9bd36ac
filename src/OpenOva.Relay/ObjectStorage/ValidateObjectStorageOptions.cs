using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OpenOva.Relay.Configuration;
using OpenOva.Relay.ObjectStorage.S3;

namespace OpenOva.Relay.ObjectStorage;

internal sealed class ValidateObjectStorageOptions() : OptionsRules<ObjectStorageOptions>(ObjectStorageOptions.Section)
{
    protected override void Check(ObjectStorageOptions options)
    {
        if (options.Directory.Length == 0) Fail(nameof(options.Directory), "must name a directory");
        Bucket(nameof(options.RecordingsBucket), options.RecordingsBucket);
        Bucket(nameof(options.CallsBucket), options.CallsBucket);
        Bucket(nameof(options.EvidenceBucket), options.EvidenceBucket);
        for (var i = 0; i < options.OtherBuckets.Count; i++) Bucket($"{nameof(options.OtherBuckets)}:{i}", options.OtherBuckets[i]);

        // Locks and retention differ between them: evidence in a bucket whose default retention is for recordings would not be kept as promised.
        if (options.EvidenceBucket == options.RecordingsBucket || options.EvidenceBucket == options.CallsBucket)
            Fail(nameof(options.EvidenceBucket), "must differ from the buckets of recordings and calls");
        if (options.S3.IsConfigured) CheckS3(options.S3);
    }

    private void Bucket(string key, string bucket)
    {
        if (!ObjectKey.IsValidBucket(bucket)) Fail(key, "must be 3 to 63 lower-case letters, digits or dashes");
    }

    private void CheckS3(S3Options options)
    {
        CheckEndpoint(options);
        CheckAuthorities(options.CaFile);
        if (options.Region.Length is 0 or > 64 || options.Region.Any(c => !char.IsAsciiLetterOrDigit(c) && c != '-'))
            Fail(Key(nameof(options.Region)), "must be 1 to 64 letters, digits or dashes");
        foreach (var duty in Enum.GetValues<S3Duty>()) CheckIdentity(duty, options.IdentityOf(duty));
        if (!options.Writer.IsConfigured) Fail(Key($"{nameof(options.Writer)}:{nameof(S3IdentityOptions.AccessKeyFile)}"), "must be set with an endpoint");
        Positive(Key(nameof(options.ConnectTimeout)), options.ConnectTimeout);
        Positive(Key(nameof(options.StallTimeout)), options.StallTimeout);
        Range(Key(nameof(options.MaxAttempts)), options.MaxAttempts, 1, 20);
        Positive(Key(nameof(options.RetryPause)), options.RetryPause);
        if (options.RetryCeiling < options.RetryPause) Fail(Key(nameof(options.RetryCeiling)), "must not be below RetryPause");
        Range(Key(nameof(options.MaxConnections)), options.MaxConnections, 2, 1000);
        Range(Key(nameof(options.MultipartAbove)), options.MultipartAbove, 5L << 20, 5L << 30);
        Positive(Key(nameof(options.CheckPeriod)), options.CheckPeriod);
    }

    private void CheckEndpoint(S3Options options)
    {
        if (!Uri.TryCreate(options.Endpoint, UriKind.Absolute, out var endpoint) || endpoint.Scheme is not ("http" or "https")
            || endpoint.PathAndQuery != "/" || endpoint.UserInfo.Length > 0 || endpoint.Fragment.Length > 0)
        {
            Fail(Key(nameof(options.Endpoint)), "must be https://host:port without a path, or empty for the directory");
        }
        else if (endpoint.Scheme == "http" && !endpoint.IsLoopback && !options.AllowHttp)
        {
            Fail(Key(nameof(options.Endpoint)), "must be https, unless it is loopback or AllowHttp is set: evidence would travel in clear");
        }
    }

    private void CheckIdentity(S3Duty duty, S3IdentityOptions identity)
    {
        var (access, secret) = (Key($"{duty}:{nameof(identity.AccessKeyFile)}"), Key($"{duty}:{nameof(identity.SecretKeyFile)}"));
        if (identity.AccessKeyFile.Length > 0 != identity.SecretKeyFile.Length > 0) Fail(secret, "and AccessKeyFile must be set together");
        FileReadable(access, identity.AccessKeyFile);
        FileReadable(secret, identity.SecretKeyFile);
    }

    private void CheckAuthorities(string file)
    {
        if (file.Length == 0) return;
        try
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(file);
            if (authorities.Count == 0) Fail(Key(nameof(S3Options.CaFile)), "must hold at least one certificate");
        }
        catch (Exception exception) when (exception is CryptographicException or IOException or UnauthorizedAccessException)
        {
            Fail(Key(nameof(S3Options.CaFile)), "must be a readable PEM file");
        }
    }

    private static string Key(string key) => $"{nameof(ObjectStorageOptions.S3)}:{key}";
}
