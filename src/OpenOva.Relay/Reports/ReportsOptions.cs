using OpenOva.Relay.Configuration;
using OpenOva.Relay.Reports.Evaluation;

namespace OpenOva.Relay.Reports;

/// <summary>Section <c>Relay:Reports</c>.</summary>
internal sealed class ReportsOptions
{
    public const string Section = "Relay:Reports";

    /// <summary>The WeasyPrint command, a name or a path. Default <c>weasyprint</c>; empty: bundles have no report.pdf.</summary>
    public string WeasyPrint { get; set; } = "weasyprint";

    /// <summary>How long one PDF may take. Default 5 min; must be positive.</summary>
    public TimeSpan PdfTimeLimit { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// How long a bundle is locked, days. Default 2,557 (7 years, the practice under SOX). GOVERNANCE, because bundles hold clear names that may have to be erased.
    /// Zero: no lock.
    /// </summary>
    public int RetentionDays { get; set; } = 2557;

    /// <summary>After so many attempts a report has failed for good. Default 12; at least 1. One delivery of the bus makes several attempts.</summary>
    public int MaxAttempts { get; set; } = 12;

    /// <summary>The installation's table of assurance levels for T03. Default: none, and T03's level is NOT_EVIDENCED.</summary>
    public AssuranceOptions Assurance { get; set; } = new();

    internal AssurancePolicy? Policy =>
        Assurance.Levels.Count == 0
            ? null
            : new(Assurance.Version, Assurance.RequiredLevel, [.. Assurance.Levels.Select(level => new AssuranceLevel(level.Issuer, level.Acr, level.Level))]);
}

internal sealed class AssuranceOptions
{
    /// <summary>Printed in the report; change it whenever the table changes.</summary>
    public string Version { get; set; } = "";

    /// <summary>Sessions need at least this level.</summary>
    public int RequiredLevel { get; set; } = 2;

    public IList<AssuranceLevelOptions> Levels { get; } = [];
}

internal sealed class AssuranceLevelOptions
{
    public string Issuer { get; set; } = "";

    public string Acr { get; set; } = "";

    public int Level { get; set; }
}

internal sealed class ValidateReportsOptions() : OptionsRules<ReportsOptions>(ReportsOptions.Section)
{
    protected override void Check(ReportsOptions options)
    {
        Positive(nameof(options.PdfTimeLimit), options.PdfTimeLimit);
        Range(nameof(options.RetentionDays), options.RetentionDays, 0, 36_500);
        Range(nameof(options.MaxAttempts), options.MaxAttempts, 1, 1000);
        if (options.Assurance.Levels.Count == 0) return;
        if (options.Assurance.Version.Length == 0) Fail("Assurance:Version", "must name the table's version");
        Range("Assurance:RequiredLevel", options.Assurance.RequiredLevel, 0, 100);
        if (options.Assurance.Levels.Any(level => level.Issuer.Length == 0 || level.Acr.Length == 0)) Fail("Assurance:Levels", "each needs Issuer and Acr");
        if (options.Assurance.Levels.DistinctBy(level => (level.Issuer, level.Acr)).Count() != options.Assurance.Levels.Count)
            Fail("Assurance:Levels", "must name each (Issuer, Acr) once");
    }
}
