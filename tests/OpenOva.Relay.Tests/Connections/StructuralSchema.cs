using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace OpenOva.Relay.Tests.Connections;

/// <summary>
/// As much of an API server's validation as stands in a structural schema: types, required and unknown fields (as kubectl's strict validation refuses them), bounds,
/// enumerations, patterns, lists that are sets or maps. Rules across fields (CEL) are not evaluated.
/// </summary>
internal static class StructuralSchema
{
    public static JsonObject OfCrd(string file)
    {
        var crd = FromYaml(File.ReadAllText(Contract.SourceTree.Find($"deploy/kustomize/crds/{file}.yaml")));
        return crd["spec"]!["versions"]![0]!["schema"]!["openAPIV3Schema"]!.AsObject();
    }

    public static JsonObject FromYaml(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return Convert(stream.Documents.Single().RootNode)!.AsObject();
    }

    /// <summary>Every fault, with its path.</summary>
    public static IEnumerable<string> Faults(JsonNode? value, JsonObject schema, string path)
    {
        var type = (string?)schema["type"];
        if (type != TypeOf(value))
            return [$"{path} must be of type {type}"];
        return value switch
        {
            JsonObject mapping => OfMapping(mapping, schema, path),
            JsonArray list => OfList(list, schema, path),
            _ => OfScalar(value!, schema, path),
        };
    }

    private static IEnumerable<string> OfMapping(JsonObject mapping, JsonObject schema, string path)
    {
        foreach (var name in schema["required"]?.AsArray().Select(name => (string)name!) ?? [])
        {
            if (!mapping.ContainsKey(name)) yield return $"{path}.{name} is missing";
        }
        if (mapping.Count < ((long?)schema["minProperties"] ?? 0) || mapping.Count > ((long?)schema["maxProperties"] ?? long.MaxValue)) yield return $"{path} has {mapping.Count} fields";
        // metadata is the API server's own; an object without properties takes anything.
        if (schema["properties"] is null && schema["additionalProperties"] is null) yield break;
        foreach (var (name, value) in mapping)
        {
            var inner = schema["properties"]?[name] ?? schema["additionalProperties"];
            if (inner is null) yield return $"{path}.{name} is unknown";
            else foreach (var fault in Faults(value, inner.AsObject(), $"{path}.{name}")) yield return fault;
        }
    }

    private static IEnumerable<string> OfList(JsonArray list, JsonObject schema, string path)
    {
        if (list.Count < ((long?)schema["minItems"] ?? 0) || list.Count > ((long?)schema["maxItems"] ?? long.MaxValue)) yield return $"{path} has {list.Count} entries";
        var keys = (string?)schema["x-kubernetes-list-type"] switch
        {
            "set" => list.Select(item => item?.ToJsonString()),
            "map" => list.Select(item => string.Join(',', schema["x-kubernetes-list-map-keys"]!.AsArray().Select(key => (item as JsonObject)?[(string)key!]?.ToJsonString()))),
            _ => [],
        };
        if (keys.GroupBy(key => key).Any(group => group.Count() > 1)) yield return $"{path} has an entry twice";
        foreach (var fault in list.SelectMany((item, i) => Faults(item, schema["items"]!.AsObject(), $"{path}[{i}]"))) yield return fault;
    }

    private static IEnumerable<string> OfScalar(JsonNode value, JsonObject schema, string path)
    {
        if (schema["enum"] is JsonArray allowed && !allowed.Any(item => JsonNode.DeepEquals(item, value))) yield return $"{path} is none of the values";
        if (value.GetValueKind() == System.Text.Json.JsonValueKind.Number && ((long)value < ((long?)schema["minimum"] ?? long.MinValue) || (long)value > ((long?)schema["maximum"] ?? long.MaxValue)))
            yield return $"{path} is out of range";
        if (value.GetValueKind() != System.Text.Json.JsonValueKind.String) yield break;
        var text = (string)value!;
        if (text.Length < ((long?)schema["minLength"] ?? 0) || text.Length > ((long?)schema["maxLength"] ?? long.MaxValue)) yield return $"{path} has {text.Length} characters";
        if ((string?)schema["pattern"] is { } pattern && !Regex.IsMatch(text, pattern)) yield return $"{path} does not match";
    }

    private static string TypeOf(JsonNode? value) => value?.GetValueKind() switch
    {
        System.Text.Json.JsonValueKind.Object => "object",
        System.Text.Json.JsonValueKind.Array => "array",
        System.Text.Json.JsonValueKind.String => "string",
        System.Text.Json.JsonValueKind.Number => "integer",
        System.Text.Json.JsonValueKind.True or System.Text.Json.JsonValueKind.False => "boolean",
        _ => "null",
    };

    private static JsonNode? Convert(YamlNode node) => node switch
    {
        YamlMappingNode mapping => new JsonObject(mapping.Children.Select(entry => KeyValuePair.Create(((YamlScalarNode)entry.Key).Value!, Convert(entry.Value)))),
        YamlSequenceNode sequence => new JsonArray([.. sequence.Children.Select(Convert)]),
        YamlScalarNode { Style: ScalarStyle.Plain, Value: "true" or "false" } scalar => JsonValue.Create(scalar.Value == "true"),
        YamlScalarNode { Style: ScalarStyle.Plain } scalar when long.TryParse(scalar.Value, CultureInfo.InvariantCulture, out var number) => JsonValue.Create(number),
        YamlScalarNode { Style: ScalarStyle.Plain, Value: "" or null } => null,
        YamlScalarNode scalar => JsonValue.Create(scalar.Value),
        _ => throw new InvalidOperationException($"{node.NodeType} at {node.Start}"),
    };
}
