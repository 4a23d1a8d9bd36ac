namespace OpenOva.Relay.Configuration;

/// <summary>The configuration cannot be used. <see cref="Failures"/> lists everything that is wrong, each with the exact key.</summary>
internal sealed class RelayConfigurationException(IReadOnlyList<string> failures)
    : Exception("The configuration is not valid:" + Environment.NewLine + string.Join(Environment.NewLine, failures))
{
    public IReadOnlyList<string> Failures { get; } = failures;
}

/// <summary>Checks all of <c>Relay:</c> at once.</summary>
internal static class RelayConfiguration
{
    public const string RolesKey = "Relay:Roles";

    private static readonly string[] OwnKeys = ["Data", "Roles"];

    /// <summary>Every failure of every section, and every section or key that nobody reads.</summary>
    public static List<string> Failures(IServiceProvider provider, IConfiguration configuration)
    {
        var failures = new List<string>();
        var sections = provider.GetServices<OptionsSection>().ToArray();
        foreach (var section in sections) failures.AddRange(section.Failures(provider));

        foreach (var child in configuration.GetSection("Relay").GetChildren())
        {
            var known = OwnKeys.Contains(child.Key, StringComparer.OrdinalIgnoreCase)
                || sections.Any(section => string.Equals(section.Section, child.Path, StringComparison.OrdinalIgnoreCase));
            if (!known) failures.Add($"{child.Path} is not known: nothing reads it.");
        }

        if (TryParseRoles(configuration[RolesKey]) is null) failures.Add($"{RolesKey} must be broker, jobs or broker,jobs.");
        return failures;
    }

    /// <summary>Null when the text is no list of roles; empty or absent means all.</summary>
    public static RelayRoles? TryParseRoles(string? text)
    {
        if (string.IsNullOrWhiteSpace(text)) return RelayRoles.All;
        var roles = RelayRoles.None;
        foreach (var word in text.Split([',', '|'], StringSplitOptions.TrimEntries))
        {
            if (word.Equals("broker", StringComparison.OrdinalIgnoreCase)) roles |= RelayRoles.Broker;
            else if (word.Equals("jobs", StringComparison.OrdinalIgnoreCase)) roles |= RelayRoles.Jobs;
            else return null;
        }

        return roles;
    }
}
