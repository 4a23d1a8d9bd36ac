using Microsoft.Extensions.Primitives;

namespace OpenOva.Relay.Web;

/// <summary>
/// Which pages may act here with a person's cookies: those of the service's own origin, and those it was told of. A browser sends cookies with a WebSocket
/// that any page opens, and asks nobody before: what it says of the page is all that tells a foreign one.
/// </summary>
internal sealed class WebOrigin(WebOptions options)
{
    private readonly string? _public = options.PublicAddress.Length > 0 ? Parse(options.PublicAddress) : null;
    private readonly HashSet<string> _allowed = [.. options.AllowedOrigins.Select(Parse).OfType<string>()];

    /// <summary>Browsers reach the service over TLS, as far as it can know: everywhere but on a loopback that has none.</summary>
    public bool IsSecure(HttpRequest request) => request.IsHttps || _public is not null || !options.IsLoopback;

    /// <summary>Whether the page that a browser names in <c>Origin</c> may; a request that names none, or several, may not.</summary>
    public bool Admits(HttpRequest request)
    {
        StringValues origins = request.Headers.Origin;
        if (origins is not [{ } text] || Parse(text) is not { } origin) return false;
        return origin == (_public ?? Parse($"{request.Scheme}://{request.Host}")) || _allowed.Contains(origin);
    }

    /// <summary>Scheme, host and port in one spelling; null for what is no origin of a web page, such as <c>null</c>.</summary>
    public static string? Parse(string? text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.UserInfo.Length == 0 && uri.PathAndQuery == "/" && uri.Fragment.Length == 0
            ? $"{uri.Scheme}://{(uri.HostNameType == UriHostNameType.IPv6 ? uri.Host : uri.IdnHost)}:{uri.Port}"
            : null;
}
