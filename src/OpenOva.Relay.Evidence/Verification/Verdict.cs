namespace OpenOva.Relay.Evidence.Verification;

/// <summary>What the checks come to. Integrity and completeness are two verdicts, and each says how strong it is.</summary>
public sealed record Verdict
{
    /// <summary>Every check, also those not made.</summary>
    public required IReadOnlyList<Check> Checks { get; init; }

    /// <summary>HELD, FAILED, INCOMPLETE or UNANCHORED.</summary>
    public required string Integrity { get; init; }

    /// <summary>operator-signed, timestamped or witnessed; "none" where the integrity did not hold.</summary>
    public required string Strength { get; init; }

    /// <summary>COMPLETE, OPEN or NOT_EVIDENCED: relative to the ledger range in the bundle.</summary>
    public required string Completeness { get; init; }

    /// <summary>What is open, a line each.</summary>
    public required IReadOnlyList<string> Open { get; init; }

    /// <summary>The root key's thumbprint; null when the key history cannot be read.</summary>
    public required string? Fingerprint { get; init; }

    /// <summary>0 all required checks held, 1 one failed, 2 something required is missing or unanchored.</summary>
    public int ExitCode => Integrity switch { "HELD" => 0, "FAILED" => 1, _ => 2 };

    /// <summary>Draws the verdict from the checks.</summary>
    public static Verdict Of(IReadOnlyList<Check> checks, string completeness, IReadOnlyList<string> open, string? fingerprint)
    {
        var missing = checks.Where(c => c.Outcome == CheckOutcome.Missing).ToList();
        var integrity = checks.Any(c => c.Outcome == CheckOutcome.Failed) ? "FAILED"
            : missing.Any(c => c.Name != CheckNames.Trust) ? "INCOMPLETE"
            : missing.Count > 0 ? "UNANCHORED"
            : "HELD";
        var witnessed = checks.Any(c => c is { Name: CheckNames.KnownHead, Outcome: CheckOutcome.Held });
        var timestamped = checks.Any(c => c is { Name: CheckNames.Timestamps, Outcome: CheckOutcome.Held });
        return new()
        {
            Checks = checks,
            Integrity = integrity,
            Strength = integrity != "HELD" ? "none" : witnessed ? "witnessed" : timestamped ? "timestamped" : "operator-signed",
            Completeness = completeness,
            Open = open,
            Fingerprint = fingerprint,
        };
    }
}

/// <summary>The names of the checks.</summary>
public static class CheckNames
{
    /// <summary>The ZIP profile.</summary>
    public const string Container = "container";

    /// <summary>The list of files.</summary>
    public const string Files = "files";

    /// <summary>The key history.</summary>
    public const string Keys = "keys";

    /// <summary>The fingerprint.</summary>
    public const string Trust = "trust";

    /// <summary>The outer signature.</summary>
    public const string BundleSignature = "bundle-signature";

    /// <summary>The head.</summary>
    public const string Checkpoint = "checkpoint";

    /// <summary>The leaves.</summary>
    public const string Ledger = "ledger";

    /// <summary>A head that somebody else kept.</summary>
    public const string KnownHead = "known-head";

    /// <summary>RFC 3161.</summary>
    public const string Timestamps = "timestamps";

    /// <summary>A recording's check.</summary>
    public static string Recording(string session, string check) => $"recording/{session}/{check}";
}
