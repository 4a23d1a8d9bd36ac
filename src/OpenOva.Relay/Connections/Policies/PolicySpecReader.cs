using System.Collections.Immutable;

namespace OpenOva.Relay.Connections.Policies;

/// <summary>Reads the <c>spec</c> of an <c>EnvironmentPolicy</c>. One bad rule refuses the whole: half of a guard is none.</summary>
internal static class PolicySpecReader
{
    public const string Kind = "EnvironmentPolicy";

    public static EnvironmentPolicy Read(YamlFields spec, ResourceMetadata metadata, string file)
    {
        var selector = spec.Mapping("selector") is { } declared ? ReadSelector(declared) : PolicySelector.All;
        var rules = ReadRules(spec);
        spec.RefuseOthers();
        var policy = new EnvironmentPolicy
        {
            Organisation = metadata.Organisation,
            Name = metadata.Name,
            Selector = selector,
            Rules = rules,
            Digest = "",
            File = file,
            Provenance = metadata.Provenance,
        };
        return policy with { Digest = PolicyDigest.Of(policy) };
    }

    private static PolicySelector ReadSelector(YamlFields selector)
    {
        var connections = PolicyLists.Read(selector, "connections");
        // A selector that can match nothing would leave the connections it means unguarded, without a word.
        foreach (var (index, name) in connections.Index())
        {
            if (!ResourceNames.IsSubdomain(name))
                throw selector.FaultInList("connections", index, "must be an RFC 1123 subdomain (a-z, 0-9, hyphen, dot)");
        }
        var protocols = PolicyLists.Read(selector, "protocols");
        foreach (var (index, name) in protocols.Index())
        {
            if (!GuacdParameters.IsProtocol(name))
                throw selector.FaultInList("protocols", index, $"must be one of {string.Join(", ", GuacdParameters.ProtocolNames)}");
        }
        var labels = selector.Mapping("matchLabels")?.Labels() ?? ImmutableSortedDictionary<string, string>.Empty;
        selector.RefuseOthers();
        return new PolicySelector(connections.Sort(StringComparer.Ordinal), protocols.Sort(StringComparer.Ordinal), labels);
    }

    private static ImmutableArray<PolicyRule> ReadRules(YamlFields spec)
    {
        var rules = ImmutableArray.CreateBuilder<PolicyRule>();
        foreach (var declared in spec.Mappings("rules"))
        {
            var rule = PolicyRuleReader.Read(declared);
            if (rules.Any(other => other.Kind == rule.Kind))
                throw declared.Fault("kind", $"{rule.Kind} stands twice: each kind at most once");
            declared.RefuseOthers();
            rules.Add(rule);
        }
        return rules.Count > 0 ? rules.ToImmutable() : throw spec.Fault("rules", "must hold at least one rule");
    }
}

/// <summary>Lists of texts in policies. They are bounded: the whole policy enters the ledger with each change.</summary>
internal static class PolicyLists
{
    /// <summary>Also of a list of mappings.</summary>
    public const int MaximumItems = 100;

    /// <summary>In characters, of one text.</summary>
    public const int MaximumLength = 256;

    /// <summary>The list in the order as declared; empty where it is not there.</summary>
    public static ImmutableArray<string> Read(YamlFields fields, string name)
    {
        var texts = fields.Texts(name);
        if (texts.Length > MaximumItems)
            throw fields.Fault(name, $"must hold at most {MaximumItems} entries");
        foreach (var (index, text) in texts.Index())
        {
            if (text.Length > MaximumLength)
                throw fields.FaultInList(name, index, $"must have at most {MaximumLength} characters");
        }
        return texts;
    }

    /// <summary>The same, sorted, because its order means nothing; it must not be empty.</summary>
    public static ImmutableArray<string> ReadRequired(YamlFields fields, string name, string entry)
    {
        var texts = Read(fields, name);
        return texts.IsEmpty ? throw fields.Fault(name, $"must name at least one {entry}") : texts.Sort(StringComparer.Ordinal);
    }
}
