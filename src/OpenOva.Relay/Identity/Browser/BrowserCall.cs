using OpenOva.Relay.Web;

namespace OpenOva.Relay.Identity.Browser;

/// <summary>
/// The call may be made with a browser's sign-in instead of a token. Only what says so takes cookies: a browser sends them on its own, and other sites can make it.
/// </summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
internal sealed class BrowserCallAttribute : Attribute
{
    /// <summary>A page: who is not signed in is sent to sign in, and errors are pages.</summary>
    public bool IsPage { get; init; }
}

/// <summary>The sign-in that a call was made with.</summary>
internal sealed record BrowserFeature(BrowserSecret Secret);

internal static class BrowserCall
{
    /// <summary>With TLS the prefix keeps the cookie from being set by a neighbouring host or over plain HTTP (RFC 6265bis, section 4.1.3.2).</summary>
    public static string CookieName(HttpContext context) => PublicOrigin.IsSecure(context) ? "__Host-relay" : "relay";

    public static BrowserSecret? SecretOf(HttpContext context) => BrowserSecret.Parse(context.Request.Cookies[CookieName(context)]);

    public static BrowserCallAttribute? Declared(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<BrowserCallAttribute>();

    /// <summary>Lax, because the way back from the issuer's page is another site's link; forms are guarded by <see cref="IsOwnFormAsync"/>.</summary>
    public static void SetCookie(HttpContext context, BrowserSecret secret) =>
        context.Response.Cookies.Append(CookieName(context), secret.ToCookie(), Cookie(context));

    public static void DeleteCookie(HttpContext context) => context.Response.Cookies.Delete(CookieName(context), Cookie(context));

    /// <summary>Whether a form of this sign-in sent the call: it carries the sign-in's token, and the browser does not say that another site sent it.</summary>
    public static async Task<bool> IsOwnFormAsync(HttpContext context)
    {
        var request = context.Request;
        if (request.Headers["Sec-Fetch-Site"] is [{ } site] && site is not ("same-origin" or "none")) return false;
        if (request.Headers.Origin is [{ } origin] && origin != PublicOrigin.Of(context)) return false;
        if (!request.HasFormContentType || context.Features.Get<BrowserFeature>() is not { } browser) return false;
        var form = await request.ReadFormAsync(context.RequestAborted);
        return form["form_token"] is [{ } token] && browser.Secret.IsFormToken(token);
    }

    /// <summary>What every cookie of the sign-in has: no script reads it, no other site's form brings it, and no other host gets it.</summary>
    public static CookieOptions Cookie(HttpContext context, string path = "/", TimeSpan? life = null) => new()
    {
        HttpOnly = true,
        Secure = PublicOrigin.IsSecure(context),
        SameSite = SameSiteMode.Lax,
        Path = path,
        MaxAge = life,
        IsEssential = true,
    };
}
