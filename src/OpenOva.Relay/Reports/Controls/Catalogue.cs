namespace OpenOva.Relay.Reports.Controls;

/// <summary>The controls of one framework, as <c>reports/&lt;framework&gt;/catalogue.json</c> lists them.</summary>
/// <param name="Sha256">Of the file's bytes, lower-case hex: what a report was made from.</param>
internal sealed record Catalogue(
    string CatalogueVersion, string Framework, string Title, string Scope, IReadOnlyList<RetentionRule> RetentionBox, IReadOnlyList<Control> Controls, string Sha256)
{
    /// <summary>A threshold by name; the same name has the same value wherever it stands.</summary>
    public ControlParameter? Parameter(string name) =>
        Controls.Select(control => control.Parameters.GetValueOrDefault(name)).FirstOrDefault(found => found is not null);
}

/// <param name="Relation"><c>direct</c> or <c>supporting</c>; printed as such.</param>
/// <param name="Tests">Ids such as <c>T04</c>.</param>
internal sealed record Control(
    string Id, string Framework, string Title, string Domain, IReadOnlyList<ControlReference> Refs, string Paraphrase, string Relation, IReadOnlyList<string> Tests,
    IReadOnlyDictionary<string, ControlParameter> Parameters, IReadOnlyList<string> ScopeTags, string RetentionClass, string Frequency, IReadOnlyList<string> Cobit,
    string? Note)
{
    public bool IsDirect => Relation == "direct";
}

/// <param name="Confidence">V1 text read, V2 secondary text, K own knowledge, X sources conflict.</param>
/// <param name="EffectiveFrom">The first day it applies, <c>yyyy-MM-dd</c>; null: not limited.</param>
/// <param name="EffectiveTo">The last day it applies; null: not limited.</param>
internal sealed record ControlReference(
    string Act, string Locator, string? Uri, string? EffectiveFrom, string? EffectiveTo, string Confidence, string CheckedOn)
{
    /// <summary>Whether it applied on any day of a period.</summary>
    /// <param name="first">The period's first day, <c>yyyy-MM-dd</c>.</param>
    /// <param name="last">Its last day.</param>
    public bool Overlaps(string first, string last) =>
        (EffectiveFrom is null || string.CompareOrdinal(EffectiveFrom, last) <= 0) && (EffectiveTo is null || string.CompareOrdinal(EffectiveTo, first) >= 0);
}

/// <param name="Provenance"><c>regulatory</c>, <c>policy</c> or <c>vendor_default</c>.</param>
internal sealed record ControlParameter(long Value, string Unit, string Provenance, string Rationale);

/// <summary>Who is bound to keep what for how long.</summary>
internal sealed record RetentionRule(string Who, string Rule, string Period, string What, string Confidence);
