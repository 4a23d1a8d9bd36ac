using System.Net;
using System.Text.RegularExpressions;

namespace OpenOva.Relay.Connections;

/// <summary>The names that Kubernetes allows.</summary>
internal static partial class ResourceNames
{
    private const int MaximumHostLength = 253;

    /// <summary>RFC 1123 label, as an organisation must be: it stands in object keys.</summary>
    public static bool IsLabel(string text) => Label().IsMatch(text);

    /// <summary>RFC 1123 subdomain, as <c>metadata.name</c> must be.</summary>
    public static bool IsSubdomain(string text) => text.Length <= MaximumHostLength && Subdomain().IsMatch(text);

    /// <summary>A DNS name (case does not matter, a trailing dot and underscores are seen in the field) or an IP address.</summary>
    public static bool IsHost(string text) =>
        text.Length is > 0 and <= MaximumHostLength && (Host().IsMatch(text) || IPAddress.TryParse(text, out _));

    /// <summary>A label's key: a name of at most 63 characters, with the domain it belongs to and a slash before it or without.</summary>
    public static bool IsLabelKey(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var name = text[(slash + 1)..];
        return name.Length > 0 && IsLabelValue(name) && (slash < 0 || IsSubdomain(text[..slash]));
    }

    /// <summary>A label's value: at most 63 characters; it may be empty.</summary>
    public static bool IsLabelValue(string text) => LabelValue().IsMatch(text);

    [GeneratedRegex("^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex LabelValue();

    [GeneratedRegex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Label();

    [GeneratedRegex(@"^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Subdomain();

    [GeneratedRegex(@"^[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*\.?$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Host();
}
