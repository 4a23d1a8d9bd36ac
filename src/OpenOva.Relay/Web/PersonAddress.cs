using System.Net;
using Microsoft.AspNetCore.HttpOverrides;

namespace OpenOva.Relay.Web;

/// <summary>Where a person who calls himself is: his connection's address, or what trusted proxies say of it.</summary>
internal static class PersonAddress
{
    /// <summary>Null where a proxy stands before this service that is not trusted: its own address must not pass for everybody's.</summary>
    public static IPAddress? Of(HttpContext context)
    {
        var options = context.RequestServices.GetRequiredService<WebOptions>();
        var isBehindProxy = options.PublicAddress.StartsWith("https:", StringComparison.OrdinalIgnoreCase) && !context.Request.IsHttps;
        return isBehindProxy && !context.Request.Headers.ContainsKey(ForwardedHeadersDefaults.XOriginalForHeaderName) ? null : context.Connection.RemoteIpAddress;
    }

    /// <summary>Believes trusted proxies, each of the way; before everything that asks where a call comes from.</summary>
    public static IApplicationBuilder UseTrustedProxies(this IApplicationBuilder application)
    {
        // Only the middleware below says this; what a stranger sends under the name is dropped.
        application.Use((context, next) =>
        {
            context.Request.Headers.Remove(ForwardedHeadersDefaults.XOriginalForHeaderName);
            return next(context);
        });
        var trusted = application.ApplicationServices.GetRequiredService<WebOptions>().TrustedProxies;
        if (trusted.Count == 0) return application;
        var options = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor, ForwardLimit = null };
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (var network in trusted) options.KnownIPNetworks.Add(System.Net.IPNetwork.Parse(network));
        return application.UseForwardedHeaders(options);
    }
}
