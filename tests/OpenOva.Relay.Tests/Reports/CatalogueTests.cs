using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using OpenOva.Relay.Reports.Controls;

namespace OpenOva.Relay.Tests.Reports;

[Trait("Kind", "Fast")]
public sealed class CatalogueTests
{
    [Fact]
    public void Sox_Embedded_FifteenControlsWithTheirTests()
    {
        var sox = new Catalogues().Find("sox")!;

        Assert.Equal(Enumerable.Range(1, 15).Select(n => $"S-{n:D2}"), sox.Controls.Select(c => c.Id));
        Assert.All(sox.Controls, control => Assert.NotEmpty(control.Refs));
        Assert.Contains(sox.Controls, control => control.Tests.Contains("T06"));
        Assert.Contains(sox.RetentionBox, rule => rule.Confidence == "X");
    }

    [Fact]
    public void Sox_Embedded_FollowsTheSchema()
    {
        var schema = JsonNode.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "catalogue.schema.json")))!;

        Assert.Empty(Violations(schema, JsonNode.Parse(Bytes()), "$"));
        var spoilt = JsonNode.Parse(Bytes())!;
        spoilt["controls"]![0]!["relation"] = "indirect";
        Assert.NotEmpty(Violations(schema, spoilt, "$"));
    }

    [Theory]
    [InlineData("relation", "indirect", "relation")]
    [InlineData("tests", "T99", "T99")]
    [InlineData("id", "S1", "S1")]
    [InlineData("framework", "DORA", "framework")]
    [InlineData("extra", "x", "extra")]
    public void Read_ControlSpoilt_RefusedByName(string member, string value, string named)
    {
        var spoilt = JsonNode.Parse(Bytes())!;
        spoilt["controls"]![0]![member] = member == "tests" ? new JsonArray(value) : value;

        var refused = Assert.Throws<CatalogueException>(() => CatalogueReader.Read(Encoding.UTF8.GetBytes(spoilt.ToJsonString()), "test"));

        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_ThresholdGivenTwice_RefusedUnlessEqual()
    {
        var spoilt = JsonNode.Parse(Bytes())!;
        spoilt["controls"]![1]!["parameters"]!["max_gap_ms"] = new JsonObject { ["value"] = 9, ["unit"] = "ms", ["provenance"] = "policy", ["rationale"] = "r" };

        Assert.Throws<CatalogueException>(() => CatalogueReader.Read(Encoding.UTF8.GetBytes(spoilt.ToJsonString()), "test"));
    }

    [Theory]
    [InlineData(null, null, true)]
    [InlineData("2026-03-31", null, true)]
    [InlineData("2026-04-01", null, false)]
    [InlineData(null, "2026-01-01", true)]
    [InlineData(null, "2025-12-31", false)]
    public void Reference_Validity_AgainstThePeriod(string? from, string? to, bool expected) =>
        Assert.Equal(expected, new ControlReference("a", "l", null, from, to, "K", "2026-11-22").Overlaps("2026-01-01", "2026-03-31"));

    private static byte[] Bytes()
    {
        using var stream = typeof(Catalogues).Assembly.GetManifestResourceStream("catalogues/sox/catalogue.json")!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    // As much of JSON Schema as the schema uses.
    private static IEnumerable<string> Violations(JsonNode schema, JsonNode? value, string at)
    {
        if (schema["enum"] is JsonArray allowed && !allowed.Any(a => JsonNode.DeepEquals(a, value))) yield return $"{at}: not in enum";
        if (schema["type"] is { } type && !(type is JsonArray several ? several.Select(t => t!.GetValue<string>()) : [type.GetValue<string>()]).Contains(TypeOf(value))) yield return $"{at}: type";
        if (schema["pattern"] is { } pattern && value is JsonValue text && !Regex.IsMatch(text.ToString(), pattern.GetValue<string>())) yield return $"{at}: pattern";
        if (schema["minLength"] is not null && value?.ToString() is "") yield return $"{at}: empty";
        if (value is JsonArray items)
        {
            if (schema["minItems"] is { } least && items.Count < least.GetValue<int>()) yield return $"{at}: too few";
            foreach (var violation in items.SelectMany((item, i) => schema["items"] is { } of ? Violations(of, item, $"{at}[{i}]") : [])) yield return violation;
        }

        if (value is not JsonObject members) yield break;
        foreach (var required in schema["required"]?.AsArray() ?? [])
        {
            if (!members.ContainsKey(required!.GetValue<string>())) yield return $"{at}: {required} is missing";
        }

        foreach (var (name, member) in members)
        {
            var known = schema["properties"]?[name] ?? (schema["additionalProperties"] as JsonObject);
            if (known is null) yield return $"{at}: {name} is unknown";
            else foreach (var violation in Violations(known, member, $"{at}.{name}")) yield return violation;
        }
    }

    private static string TypeOf(JsonNode? value) => value switch
    {
        null => "null",
        JsonArray => "array",
        JsonObject => "object",
        _ => value.GetValueKind() switch { System.Text.Json.JsonValueKind.String => "string", System.Text.Json.JsonValueKind.Number => "integer", _ => "boolean" },
    };
}
