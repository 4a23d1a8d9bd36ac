using System.Text.RegularExpressions;

namespace OpenOva.Relay.ObjectStorage;

/// <summary>
/// Keys that mean the same on S3, in a directory, in a URL and in a ZIP: segments of letters, digits, '.', '_' and '-', joined by '/',
/// at most 200 characters a segment and 900 in all; no segment is '.' or '..' and none is empty.
/// </summary>
internal static partial class ObjectKey
{
    public const int MaxLength = 900; // S3 allows 1024 bytes

    public static bool IsValid(string key) => key.Length is > 0 and <= MaxLength && Keys().IsMatch(key);

    /// <summary>3 to 63 lower-case letters, digits and dashes.</summary>
    public static bool IsValidBucket(string bucket) => Buckets().IsMatch(bucket);

    /// <exception cref="ArgumentException">The key or bucket is not valid: a defect or an attack, never looked up.</exception>
    public static void Check(string bucket, string key)
    {
        CheckBucket(bucket);
        if (!IsValid(key)) throw new ArgumentException("The object key is not valid.", nameof(key));
    }

    public static void CheckBucket(string bucket)
    {
        if (!IsValidBucket(bucket)) throw new ArgumentException("The bucket name is not valid.", nameof(bucket));
    }

    // \z and not $: a trailing line feed is no part of a key.
    [GeneratedRegex(@"\A(?!\.{1,2}(?:/|\z))[A-Za-z0-9._-]{1,200}(?:/(?!\.{1,2}(?:/|\z))[A-Za-z0-9._-]{1,200})*\z")]
    private static partial Regex Keys();

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9-]{1,61}[a-z0-9]\z")]
    private static partial Regex Buckets();
}
