using OpenOva.Relay.Database;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Sessions.WebTunnel;

/// <summary>
/// Carries a ticket from the page that opened a session to its tunnel: in a cookie of that session's own, which no script reads, no other site sends, and
/// only the tunnel's path is sent. Not in a URL: those stand in logs and histories.
/// </summary>
internal sealed class TunnelCookies(WebOrigin origin, TimeProvider time)
{
    /// <summary>
    /// Hands the ticket to the browser, for as long as it may be redeemed: of <see cref="SessionBroker"/> after the session was opened, or of
    /// <see cref="Joins.WatchTickets"/> to watch. To be called before the answer begins.
    /// </summary>
    public void Hand(HttpContext context, string session, string ticket, long expiresUs, bool watch = false) =>
        context.Response.Cookies.Append(Name(session, watch), ticket, Options(context, TimeSpan.FromMicroseconds(expiresUs - time.GetUnixMicroseconds())));

    /// <summary>The session's ticket as the browser sends it; null: it has none.</summary>
    public static string? Read(HttpContext context, string session, bool watch) => context.Request.Cookies[Name(session, watch)] is { Length: > 0 } ticket ? ticket : null;

    /// <summary>Takes it from the browser: it is being used, and is good for nothing afterwards. Before the answer begins.</summary>
    public void Take(HttpContext context, string session, bool watch) => context.Response.Cookies.Delete(Name(session, watch), Options(context, null));

    private static string Name(string session, bool watch) => $"relay-{(watch ? "watch" : "tunnel")}-{session}";

    private CookieOptions Options(HttpContext context, TimeSpan? life) => new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Strict,
        Secure = origin.IsSecure(context.Request),
        Path = WebTunnelEndpoint.Path,
        MaxAge = life is { } left && left > TimeSpan.Zero ? left : null,
        IsEssential = true,
    };
}
