using System.Collections.Immutable;

namespace OpenOva.Relay.Connections.Policies;

/// <summary>Reads an <c>mfa-required</c> rule. A mapping that could never prove two factors, or that would take one for two, is refused.</summary>
internal static class MfaRuleReader
{
    private const int MinutesOfAMonth = 31 * 24 * 60;
    private static readonly string[] Classes = ["know", "have", "are"];

    public static PolicyRule.MfaRequired Read(YamlFields rule)
    {
        var mapping = rule.RequiredMapping("mapping");
        var version = mapping.RequiredText("version");
        if (version.Length is 0 or > PolicyLists.MaximumLength)
            throw mapping.Fault("version", $"must have 1 to {PolicyLists.MaximumLength} characters");
        var acr = PolicyLists.Read(mapping, "acr").Sort(StringComparer.Ordinal);
        var amr = PolicyLists.Read(mapping, "amr").Sort(StringComparer.Ordinal);
        var factors = mapping.Mapping("factors") is { } declared ? ReadFactors(declared) : ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty;
        mapping.RefuseOthers();
        if (acr.IsEmpty && amr.IsEmpty && factors.IsEmpty)
            throw mapping.Fault("is empty: acr, amr or factors must say what several factors look like");
        return new PolicyRule.MfaRequired(version, acr, amr, factors, rule.Integer("maxAgeMinutes", 1, MinutesOfAMonth));
    }

    private static ImmutableSortedDictionary<string, ImmutableArray<string>> ReadFactors(YamlFields factors)
    {
        var read = ImmutableSortedDictionary.CreateBuilder<string, ImmutableArray<string>>(StringComparer.Ordinal);
        foreach (var name in Classes)
        {
            var values = PolicyLists.Read(factors, name);
            foreach (var (index, value) in values.Index())
            {
                if (read.Values.Any(others => others.Contains(value)))
                    throw factors.FaultInList(name, index, "is of another class too: one value would count as two factors");
            }
            if (!values.IsEmpty)
                read[name] = values.Sort(StringComparer.Ordinal);
        }
        factors.RefuseOthers();
        return read.Count == 1 ? throw factors.Fault("must have values of at least two classes: one alone never makes two factors") : read.ToImmutable();
    }
}
