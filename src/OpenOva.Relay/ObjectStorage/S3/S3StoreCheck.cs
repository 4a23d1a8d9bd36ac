using System.Security.Cryptography;
using OpenOva.Relay.Database;

namespace OpenOva.Relay.ObjectStorage.S3;

/// <summary>
/// Tries on each bucket what evidence needs of it, with small objects under <c>probes/</c> whose retention lasts minutes; a later run clears away what was
/// still locked. Nothing else in the bucket is read or changed, so it may run on production buckets, from several replicas at once.
/// </summary>
internal sealed class S3StoreCheck(S3ObjectStore store, S3Options options, ObjectStorageOptions buckets, TimeProvider time) : IStoreCheck
{
    public async Task<StoreReport> RunAsync(CancellationToken cancellation)
    {
        var begun = time.GetUnixMicroseconds();
        var run = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        var checks = await Task.WhenAll(buckets.Buckets.Select(async bucket =>
        {
            var check = new S3BucketCheck(store, options, bucket, bucket == buckets.EvidenceBucket, run, time);
            await check.RunAsync(cancellation);
            return (Bucket: bucket, Findings: check.Findings);
        }));
        var findings = checks.SelectMany(check => check.Findings).ToList();

        // A bucket that is not there holds nothing of which a lock could be claimed.
        var there = checks.Where(check => Holds(check.Findings, BucketChecks.Bucket)).ToList();
        var capabilities = new StoreCapabilities(
            LockEnforced: there.Count > 0 && there.All(check => Holds(check.Findings, BucketChecks.LockGovernance) && Holds(check.Findings, BucketChecks.LockCompliance)),
            Versioned: there.Count > 0 && there.All(check => Holds(check.Findings, BucketChecks.Versioning)),
            ConditionalPut: there.Count > 0 && there.All(check => Holds(check.Findings, BucketChecks.OneWinner)));
        store.Learn(capabilities, checks.Where(check => Holds(check.Findings, BucketChecks.SimultaneousPuts)).Select(check => check.Bucket));
        return new StoreReport(options.Endpoint, begun, findings, capabilities);
    }

    private static bool Holds(IEnumerable<StoreFinding> findings, BucketCheckName check) =>
        findings.Any(finding => finding.Check == check.Name && finding.Outcome == FindingOutcome.Holds);
}

/// <summary>Something to try on a bucket, and what its lack costs, in an operator's words.</summary>
internal sealed record BucketCheckName(string Name, bool Required, string Cost);

internal static class BucketChecks
{
    public static readonly BucketCheckName Bucket = new("bucket", true, "nothing can be stored or read there; relay store init creates it");

    public static readonly BucketCheckName Anonymous = new("anonymous-refused", true, "anybody who reaches the endpoint can read or plant evidence");

    public static readonly BucketCheckName WrongKey = new("wrong-key-refused", true, "the endpoint takes any keys: the identities separate nothing");

    public static readonly BucketCheckName Versioning = new("versioning", true, "an object that is overwritten or deleted is gone without a trace");

    public static readonly BucketCheckName SecondPut = new("second-put-refused", true, "a second writer of a key replaces what the first one stored");

    public static readonly BucketCheckName SimultaneousPuts = new(
        "simultaneous-puts", false, "Relay decides by the order of versions instead, one more request for each put and look-up");

    public static readonly BucketCheckName OneWinner = new("one-winner", true, "two replicas that seal one recording at once both believe that theirs counts");

    public static readonly BucketCheckName Checksum = new(
        "checksum-verified", false, "damage between Relay and the store's disk is found only when Relay reads the object back");

    public static readonly BucketCheckName PayloadHash = new("payload-hash-verified", false, "damage on the network without TLS is found only when Relay reads the object back");

    public static readonly BucketCheckName LockGovernance = new("lock-governance", true, "recordings can be deleted before their time; manifests then claim no lock");

    public static readonly BucketCheckName LockCompliance = new("lock-compliance", true, "manifests and checkpoints can be deleted before their time; manifests then claim no lock");

    public static readonly BucketCheckName Shortening = new("shortening-refused", true, "a lock can be lifted by setting an earlier date");

    public static readonly BucketCheckName HoldEnforced = new("hold-enforced", true, "what is under a legal hold can be deleted");

    public static readonly BucketCheckName RetentionDeletes = new("retention-deletes", false, "live pieces and expired recordings stay for ever, and the locks cannot be tried");

    public static readonly BucketCheckName BypassErases = new("bypass-erases", false, "a locked recording cannot be erased where the law demands it");

    public static readonly BucketCheckName WriterDelete = new("writer-cannot-delete", false, "stolen writer keys can delete or hide what is not locked, such as live pieces");

    public static readonly BucketCheckName WriterBypass = new("writer-cannot-bypass", false, "stolen writer keys can delete recordings under GOVERNANCE");

    public static readonly BucketCheckName WriterHold = new("writer-cannot-hold", false, "stolen writer keys can lift a legal hold, or place one that blocks deletion");

    public static readonly BucketCheckName RetentionBypass = new("retention-cannot-bypass", false, "erasing a locked recording needs no second identity");

    public static readonly BucketCheckName NoDefaultRetention = new("no-default-retention", true, "live pieces are locked by the bucket and cannot be deleted after sealing");

    public static readonly BucketCheckName Clock = new("clock", false, "retention dates are reckoned by a clock that differs by more than a minute from the one that enforces them");
}
