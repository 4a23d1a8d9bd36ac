using OpenOva.Relay.ObjectStorage.S3;

namespace OpenOva.Relay.ObjectStorage;

internal sealed class ValidateObjectStorageOptions() : S3OptionsRules<ObjectStorageOptions>(ObjectStorageOptions.Section)
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
        if (options.S3.IsConfigured) CheckS3(nameof(options.S3), options.S3);
    }

    private void Bucket(string key, string bucket)
    {
        if (!ObjectKey.IsValidBucket(bucket)) Fail(key, "must be 3 to 63 lower-case letters, digits or dashes");
    }
}
