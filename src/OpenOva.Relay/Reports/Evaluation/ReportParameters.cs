using OpenOva.Relay.Reports.Controls;

namespace OpenOva.Relay.Reports.Evaluation;

/// <summary>The levels that an installation gives to what its identity providers say, and the level that it requires.</summary>
/// <param name="Version">The installation's own; printed.</param>
/// <param name="RequiredLevel">A session's level must be at least this.</param>
internal sealed record AssurancePolicy(string Version, int RequiredLevel, IReadOnlyList<AssuranceLevel> Levels)
{
    public int? LevelOf(string issuer, string acr) => Levels.FirstOrDefault(level => level.Issuer == issuer && level.Acr == acr)?.Level;
}

internal sealed record AssuranceLevel(string Issuer, string Acr, int Level);

/// <summary>Everything that a result depends on besides the leaves, the catalogue and the engine.</summary>
/// <param name="Fingerprint">Of the organisation's root key; rotation of signing keys does not change it.</param>
/// <param name="FromUs">Microseconds UTC, inclusive.</param>
/// <param name="ToUs">Exclusive.</param>
/// <param name="FirstLeaf">Where the range of leaves that is read begins.</param>
/// <param name="HeadSize">Where it ends, exclusive: the pinned head.</param>
internal sealed record ReportParameters(
    string Organisation, string Fingerprint, string Framework, long FromUs, long ToUs, long FirstLeaf, long HeadSize, string HeadRoot, long CoveragePercent,
    long MaxGapMs, long AuthenticationMaxAgeHours, AssurancePolicy? Assurance)
{
    /// <summary>Raised whenever the same leaves would give another result.</summary>
    public const string EngineVersion = "1";

    public bool InPeriod(long timeUs) => timeUs >= FromUs && timeUs < ToUs;

    /// <summary>The parameters with the catalogue's thresholds.</summary>
    public static ReportParameters Of(
        Catalogue catalogue, string organisation, string fingerprint, long fromUs, long toUs, long firstLeaf, long headSize, string headRoot, AssurancePolicy? assurance) =>
        new(organisation, fingerprint, catalogue.Framework, fromUs, toUs, firstLeaf, headSize, headRoot, Threshold(catalogue, "coverage_percent"),
            Threshold(catalogue, "max_gap_ms"), Threshold(catalogue, "authentication_max_age_hours"), assurance);

    private static long Threshold(Catalogue catalogue, string name) =>
        catalogue.Parameter(name)?.Value ?? throw new CatalogueException($"{catalogue.Framework}: no control gives {name}");
}
