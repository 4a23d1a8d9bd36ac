namespace OpenOva.Relay.Web;

/// <summary>The origin that browsers know this service by (RFC 6454), and whether their way here is TLS.</summary>
internal static class PublicOrigin
{
    public static string Of(HttpContext context)
    {
        var configured = context.RequestServices.GetRequiredService<WebOptions>().PublicAddress;
        return configured.Length > 0 ? new Uri(configured).GetLeftPart(UriPartial.Authority) : $"{context.Request.Scheme}://{context.Request.Host.Value}";
    }

    public static bool IsSecure(HttpContext context) => context.RequestServices.GetRequiredService<WebOrigin>().IsSecure(context.Request);
}
