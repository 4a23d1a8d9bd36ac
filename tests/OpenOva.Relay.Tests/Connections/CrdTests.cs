using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using OpenOva.Relay.Connections;
using OpenOva.Relay.Tests.Contract;

namespace OpenOva.Relay.Tests.Connections;

/// <summary>What the API server is told to take (deploy/kustomize/crds) against what the reader takes.</summary>
[Trait("Kind", "Fast")]
public sealed partial class CrdTests
{
    private static readonly ConnectionsOptions Options = new() { Folder = "/connections", DefaultOrganisation = "acme", DefaultRetentionDays = 400 };

    private static readonly Dictionary<string, JsonObject> Schemas = new()
    {
        ["GuacamoleConnection"] = StructuralSchema.OfCrd("guacamoleconnections"),
        ["EnvironmentPolicy"] = StructuralSchema.OfCrd("environmentpolicies"),
    };

    public static TheoryData<string, string> Good => Corpus("good");

    public static TheoryData<string, string> Bad => Corpus("bad");

    public static TheoryData<string, string> BadAcrossFields => Corpus("bad-across-fields");

    public static TheoryData<string, string> BadToTheReader => Corpus("bad-to-the-reader");

    public static TheoryData<string, string> Full => new() { { "connection", ConnectionYaml.Ssh + "  targetIdentity: verified\n  channels: { clipboardIn: true }\n" }, { "policy", PolicyYaml.Full } };

    [Theory]
    [MemberData(nameof(Good))]
    public void Corpus_Good_BothTakeIt(string name, string document)
    {
        Assert.Empty(Refusals(document).Select(problem => $"{name}: {problem}"));
        Assert.Empty(Faults(document).Select(fault => $"{name}: {fault}"));
    }

    [Theory]
    [MemberData(nameof(Bad))]
    public void Corpus_Bad_BothRefuseIt(string name, string document)
    {
        Assert.True(Refusals(document).Any(), $"{name}: the reader takes it");
        Assert.True(Faults(document).Any(), $"{name}: the schema takes it");
    }

    /// <summary>Rules across fields are the API server's to evaluate; here it is held that the schema alone leaves nothing but them to be said.</summary>
    [Theory]
    [MemberData(nameof(BadAcrossFields))]
    [MemberData(nameof(BadToTheReader))]
    public void Corpus_BadToOthers_TheReaderRefusesItAndTheStructureCannot(string name, string document)
    {
        Assert.True(Refusals(document).Any(), $"{name}: the reader takes it");
        Assert.Empty(Faults(document).Select(fault => $"{name}: {fault}"));
    }

    /// <summary>Each name that stands anywhere in the reader's source is tried in each mapping of a full document: what the reader does not know must not be in the schema, and the reverse.</summary>
    [Theory]
    [MemberData(nameof(Full))]
    public void Fields_OfReaderAndSchema_AreTheSame(string name, string document)
    {
        var full = StructuralSchema.FromYaml(document);
        Assert.Empty(Faults(full).Select(fault => $"{name}: {fault}"));
        var names = NamesInTheReader().Concat(NamesIn(Schemas[(string)full["kind"]!])).Distinct().ToArray();
        Assert.Contains("warnSeconds", names);

        foreach (var path in Mappings(full["spec"]!, "spec").Where(path => !path.EndsWith("parameters", StringComparison.Ordinal) && !path.EndsWith("matchLabels", StringComparison.Ordinal)))
        {
            foreach (var field in names)
            {
                var probe = full.DeepClone().AsObject();
                var mapping = At(probe, path);
                if (mapping.ContainsKey(field)) continue;
                mapping[field] = new JsonObject { ["?"] = "?" };
                var reader = !Refusals(probe.ToJsonString()).Any(problem => problem.EndsWith($"{path}.{field} is an unknown field", StringComparison.Ordinal));
                var schema = !Faults(probe).Contains($".{path}.{field} is unknown");
                // secretRef's own fields are guacd's parameters; a rule's schema is that of all kinds together, and CEL keeps the kinds apart.
                if (path.EndsWith("secretRef", StringComparison.Ordinal)) continue;
                if (IsRule().IsMatch(path) ? reader && !schema : reader != schema)
                    Assert.Fail($"{path}.{field}: the reader {(reader ? "takes" : "refuses")} it, the schema {(schema ? "takes" : "refuses")} it");
            }
        }
    }

    [Fact]
    public void Fields_OfRules_AreEachTakenByAKindThatTheCrdNames()
    {
        var rule = Schemas["EnvironmentPolicy"]["properties"]!["spec"]!["properties"]!["rules"]!["items"]!;
        var rules = StructuralSchema.FromYaml(PolicyYaml.Full)["spec"]!["rules"]!.AsArray().Select(each => each!.AsObject()).ToArray();
        var cel = string.Join('\n', rule["x-kubernetes-validations"]!.AsArray().Select(validation => (string)validation!["rule"]!));

        Assert.Equal(rule["properties"]!["kind"]!["enum"]!.AsArray().Select(kind => (string)kind!).Order(StringComparer.Ordinal), rules.Select(each => (string)each["kind"]!).Order(StringComparer.Ordinal));
        foreach (var field in rule["properties"]!.AsObject().Select(entry => entry.Key).Where(field => field != "kind"))
        {
            var kinds = rules.Where(each => each.ContainsKey(field)).Select(each => (string)each["kind"]!).Order(StringComparer.Ordinal).ToArray();
            Assert.NotEmpty(kinds);
            // has(self.minutes) == (self.kind in ['idle-limit', 'max-duration']), or !has(self.minutes) || self.kind in […]
            var said = Regex.Match(cel, $@"has\(self\.{field}\)(?: ==| \|\|) \(?self\.kind in \[([^\]]*)\]");
            Assert.Equal(kinds, said.Groups[1].Value.Split(", ").Select(kind => kind.Trim('\'')).Order(StringComparer.Ordinal));
        }
    }

    [Theory]
    [InlineData("guacamoleconnections", "GuacamoleConnection")]
    [InlineData("environmentpolicies", "EnvironmentPolicy")]
    public void Crd_Names_AreThoseThatRelayAsksFor(string plural, string kind)
    {
        var crd = StructuralSchema.FromYaml(File.ReadAllText(SourceTree.Find($"deploy/kustomize/crds/{plural}.yaml")));

        Assert.Equal($"{plural}.{ResourceReader.ApiGroup}", (string)crd["metadata"]!["name"]!);
        Assert.Equal((ResourceReader.ApiGroup, kind, plural, "Namespaced"), ((string)crd["spec"]!["group"]!, (string)crd["spec"]!["names"]!["kind"]!, (string)crd["spec"]!["names"]!["plural"]!, (string)crd["spec"]!["scope"]!));
        Assert.Equal(ResourceReader.ApiVersion, $"{ResourceReader.ApiGroup}/{crd["spec"]!["versions"]![0]!["name"]}");
        Assert.NotNull(crd["spec"]!["versions"]![0]!["subresources"]!["status"]);
        Assert.Contains($"{plural}.yaml", File.ReadAllText(SourceTree.Find("deploy/kustomize/crds/kustomization.yaml")), StringComparison.Ordinal);
    }

    private static TheoryData<string, string> Corpus(string file)
    {
        var data = new TheoryData<string, string>();
        var text = File.ReadAllText(SourceTree.Find($"tests/OpenOva.Relay.Tests/Connections/testdata/{file}.yaml"));
        foreach (var document in text.Split("---\n"))
            data.Add(document.Split('\n')[0], document);
        return data;
    }

    private static IEnumerable<string> Refusals(string document) => ResourceReader.Read("x", document, Options).Problems.Select(problem => problem.ToString());

    private static IEnumerable<string> Faults(string document) => Faults(StructuralSchema.FromYaml(document));

    private static IEnumerable<string> Faults(JsonObject document) => [.. StructuralSchema.Faults(document, Schemas[(string)document["kind"]!], "")];

    private static IEnumerable<string> NamesInTheReader()
    {
        var folder = Path.GetDirectoryName(SourceTree.Find("src/OpenOva.Relay/Connections/ResourceReader.cs"))!;
        return Directory.EnumerateFiles(folder, "*Reader.cs", SearchOption.AllDirectories).SelectMany(file => Literal().Matches(File.ReadAllText(file))).Select(match => match.Groups[1].Value);
    }

    private static IEnumerable<string> NamesIn(JsonNode? schema) => schema switch
    {
        JsonObject mapping => (mapping["properties"] as JsonObject ?? []).Select(entry => entry.Key).Concat(mapping.SelectMany(entry => NamesIn(entry.Value))),
        JsonArray list => list.SelectMany(NamesIn),
        _ => [],
    };

    private static IEnumerable<string> Mappings(JsonNode? node, string path) => node switch
    {
        JsonObject mapping => mapping.SelectMany(entry => Mappings(entry.Value, $"{path}.{entry.Key}")).Prepend(path),
        JsonArray list => list.SelectMany((item, i) => Mappings(item, $"{path}[{i}]")),
        _ => [],
    };

    private static JsonObject At(JsonObject root, string path)
    {
        JsonNode at = root;
        foreach (Match step in Step().Matches(path))
            at = step.Groups[1].Success ? at[int.Parse(step.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture)]! : at[step.Value]!;
        return at.AsObject();
    }

    [GeneratedRegex("\"([a-z][A-Za-z-]*)\"")]
    private static partial Regex Literal();

    [GeneratedRegex(@"\[(\d+)\]|[^.\[\]]+")]
    private static partial Regex Step();

    [GeneratedRegex(@"^spec\.rules\[\d+\]$")]
    private static partial Regex IsRule();
}
