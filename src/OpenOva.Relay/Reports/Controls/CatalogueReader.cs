using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using OpenOva.Relay.Evidence;
using OpenOva.Relay.Reports.Evaluation;

namespace OpenOva.Relay.Reports.Controls;

/// <summary>A catalogue is not what <c>reports/catalogue.schema.json</c> and the tests known here allow.</summary>
internal sealed class CatalogueException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Reads and checks a catalogue: unknown members, missing ones, tests that do not exist and thresholds that contradict one another are refused.</summary>
internal static partial class CatalogueReader
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        PropertyNameCaseInsensitive = false,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    private sealed record Document(
        [property: JsonPropertyName("$schema")] string Schema, string CatalogueVersion, string Framework, string Title, string Scope,
        IReadOnlyList<RetentionRule> RetentionBox, IReadOnlyList<Control> Controls);

    /// <exception cref="CatalogueException">It says what is wrong, and where.</exception>
    public static Catalogue Read(ReadOnlySpan<byte> file, string what)
    {
        Document read;
        try
        {
            read = JsonSerializer.Deserialize<Document>(file, Options) ?? throw new CatalogueException($"{what}: is null");
        }
        catch (JsonException invalid)
        {
            throw new CatalogueException($"{what}: {invalid.Message}", invalid);
        }

        var catalogue = new Catalogue(read.CatalogueVersion, read.Framework, read.Title, read.Scope, read.RetentionBox, read.Controls, Digests.Hex(file));
        var faults = Faults(catalogue).ToList();
        return faults.Count == 0 ? catalogue : throw new CatalogueException($"{what}: {string.Join("; ", faults)}");
    }

    private static IEnumerable<string> Faults(Catalogue catalogue)
    {
        if (!FrameworkNames().IsMatch(catalogue.Framework)) yield return "framework is not a short lower-case name";
        if (!Versions().IsMatch(catalogue.CatalogueVersion)) yield return "catalogue_version is not year.month.number";
        if (catalogue.Controls.Count == 0) yield return "there is no control";
        if (catalogue.Controls.Select(c => c.Id).Distinct(StringComparer.Ordinal).Count() != catalogue.Controls.Count) yield return "a control stands twice";
        foreach (var fault in catalogue.Controls.SelectMany(control => FaultsOf(control, catalogue))) yield return fault;
    }

    private static IEnumerable<string> FaultsOf(Control control, Catalogue catalogue)
    {
        if (!ControlIds().IsMatch(control.Id)) yield return $"{control.Id}: not an id such as S-01";
        if (!string.Equals(control.Framework, catalogue.Framework, StringComparison.OrdinalIgnoreCase)) yield return $"{control.Id}: framework {control.Framework}";
        if (control.Relation is not ("direct" or "supporting")) yield return $"{control.Id}: relation {control.Relation}";
        if (control.Refs.Count == 0 || control.Tests.Count == 0) yield return $"{control.Id}: needs a reference and a test";
        foreach (var test in control.Tests.Where(test => EvidenceTests.Find(test) is null)) yield return $"{control.Id}: test {test} does not exist";
        foreach (var reference in control.Refs)
        {
            if (reference.Confidence is not ("V1" or "V2" or "K" or "X")) yield return $"{control.Id}: confidence {reference.Confidence}";
            if (new[] { reference.EffectiveFrom, reference.EffectiveTo, reference.CheckedOn }.Any(day => day is not null && !Days().IsMatch(day)))
                yield return $"{control.Id}: a date is not yyyy-MM-dd";
        }

        foreach (var (name, parameter) in control.Parameters)
        {
            if (parameter.Provenance is not ("regulatory" or "policy" or "vendor_default")) yield return $"{control.Id}: {name}: provenance {parameter.Provenance}";
            if (catalogue.Parameter(name)!.Value != parameter.Value) yield return $"{control.Id}: {name} has another value elsewhere";
        }
    }

    [GeneratedRegex(@"\A[a-z0-9]{2,16}\z")]
    private static partial Regex FrameworkNames();

    [GeneratedRegex(@"\A[0-9]{4}\.[0-9]{1,2}\.[0-9]+\z")]
    private static partial Regex Versions();

    [GeneratedRegex(@"\A[A-Z]-[0-9]{2}\z")]
    private static partial Regex ControlIds();

    [GeneratedRegex(@"\A[0-9]{4}-[0-9]{2}-[0-9]{2}\z")]
    private static partial Regex Days();
}
