using OpenOva.Relay.Identity.Browser;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Pages.Frame;

/// <summary>What holds for every page: its headers, and that a form is the person's own.</summary>
internal static class PageSecurity
{
    // Pictures of a session arrive as data and blob addresses; sound is decoded in the page. Nothing is loaded from elsewhere, and nothing inline runs.
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob: data:; connect-src 'self'; "
        + "form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

    public static void SetHeaders(HttpResponse response)
    {
        var headers = response.Headers;
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(), payment=(), usb=()";
        if (PublicOrigin.IsSecure(response.HttpContext)) headers.StrictTransportSecurity = "max-age=31536000";
    }

    /// <summary>Sets the headers, and lets no form through that is not the signed-in person's own.</summary>
    public static async ValueTask<object?> FilterAsync(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        var context = invocation.HttpContext;
        SetHeaders(context.Response);
        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method) && !await BrowserCall.IsOwnFormAsync(context))
            throw new RelayException(ErrorReason.NotPermitted);
        return await next(invocation);
    }
}
