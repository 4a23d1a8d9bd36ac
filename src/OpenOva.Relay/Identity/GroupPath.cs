namespace OpenOva.Relay.Identity;

/// <summary>Full group paths as tokens carry them, <c>/top/sub</c>, and patterns over them in configuration.</summary>
internal static class GroupPath
{
    private const string Below = "/*";

    /// <summary>A full path, or one that ends in <c>/*</c>. <c>/*</c> alone would be every group there is, and is none.</summary>
    public static bool IsPattern(string pattern)
    {
        var path = pattern.EndsWith(Below, StringComparison.Ordinal) ? pattern[..^Below.Length] : pattern;
        return path.Length > 1 && path[0] == '/' && path[^1] != '/' && !path.Contains('*', StringComparison.Ordinal);
    }

    public static bool Matches(string pattern, string path) => pattern.EndsWith(Below, StringComparison.Ordinal)
        ? path.Length >= pattern.Length && path.StartsWith(pattern[..^1], StringComparison.Ordinal)
        : path == pattern;
}
