namespace OpenOva.Relay.Identity.Browser;

/// <summary>A path of this service's own, to come back to after a sign-in: what leads anywhere else is the start page.</summary>
internal static class LocalPath
{
    private const int MaximumLength = 1_000;

    public static string Of(string? given) => IsLocal(given) ? given! : "/";

    // Browsers read "//host" and "/\host" as another site, and drop tabs and line ends before they look.
    private static bool IsLocal(string? path) =>
        path is { Length: > 0 and <= MaximumLength } && path[0] == '/' && (path.Length == 1 || path[1] is not ('/' or '\\')) && !path.Any(char.IsControl);
}
