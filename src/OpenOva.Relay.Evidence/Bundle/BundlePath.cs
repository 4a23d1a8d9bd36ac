namespace OpenOva.Relay.Evidence.Bundle;

/// <summary>The places in a bundle (README.md section 5.2), and which names are safe.</summary>
public static class BundlePath
{
    /// <summary>The outer manifest.</summary>
    public const string Manifest = "bundle.jws";

    /// <summary>The key history.</summary>
    public const string Keys = "keys/history.jws";

    /// <summary>The head.</summary>
    public const string Checkpoint = "ledger/checkpoint.jws";

    /// <summary>Which leaves are there.</summary>
    public const string Range = "ledger/range.json";

    /// <summary>The leaves.</summary>
    public const string Leaves = "ledger/leaves.jsonl";

    /// <summary>Before the session id of each recording.</summary>
    public const string Recordings = "recordings/";

    /// <summary>Before the name of each stamp.</summary>
    public const string Timestamps = "timestamps/";

    /// <summary>The longest name, bytes.</summary>
    public const int MaxBytes = 240;

    /// <summary>A stamp over a head, by the digest of the head's JWS.</summary>
    public static string Timestamp(string checkpointDigest) => $"{Timestamps}{checkpointDigest}.json";

    /// <summary>A recording's manifest.</summary>
    public static string RecordingManifest(string session) => $"{Recordings}{session}/manifest.jws";

    /// <summary>A recording's index.</summary>
    public static string RecordingIndex(string session) => $"{Recordings}{session}/index.json";

    /// <summary>A recording itself.</summary>
    public static string RecordingObject(string session) => $"{Recordings}{session}/recording.guac.gz";

    /// <summary>ASCII letters, digits, dot, hyphen, underscore in parts joined by slashes; no part is "." or "..".</summary>
    public static bool IsSafe(string name) =>
        name.Length is > 0 and <= MaxBytes && name.Split('/').All(part =>
            part is not ("" or "." or "..") && part.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-'));

    /// <summary>The order of entries: by name, the outer manifest last.</summary>
    public static int Compare(string a, string b) =>
        (a == Manifest, b == Manifest) switch
        {
            (true, true) => 0,
            (true, false) => 1,
            (false, true) => -1,
            _ => string.CompareOrdinal(a, b),
        };
}
