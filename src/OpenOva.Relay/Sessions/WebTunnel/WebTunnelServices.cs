using OpenOva.Relay.Identity;
using OpenOva.Relay.Identity.Browser;
using OpenOva.Relay.Sessions.Joins;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Sessions.WebTunnel;

internal static class WebTunnelServices
{
    /// <summary>The door of browsers.</summary>
    public static IServiceCollection AddWebTunnel(this IServiceCollection services)
    {
        services.AddSingleton<TunnelCookies>();
        services.AddSingleton<RefusedOrigins>();
        services.AddSingleton<WebTunnelEndpoint>();
        return services;
    }

    /// <summary>GET upgrades a connection of HTTP/1.1, CONNECT (RFC 8441) opens a stream of HTTP/2: a browser chooses where TLS offers both.</summary>
    public static IEndpointConventionBuilder MapWebTunnel(this IEndpointRouteBuilder routes) =>
        routes.MapMethods(WebTunnelEndpoint.Path, [HttpMethods.Get, HttpMethods.Connect], (HttpContext context, WebTunnelEndpoint tunnel) => tunnel.HandleAsync(context))
            .WithMetadata(new AllowAttribute(CallerRoles.None) { Own = CallerRoles.Operator | SessionJoins.Watchers }, new BrowserCallAttribute())
            .AtDoor(Doors.Web);
}
