using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace OpenOva.Relay.Web;

/// <summary>The listeners. With TLS one listener is both doors.</summary>
[Flags]
internal enum Doors
{
    None = 0,

    /// <summary>HTTP/1.1: pages, tunnels, webhooks, probes.</summary>
    Web = 1,

    /// <summary>HTTP/2: gRPC.</summary>
    Grpc = 2,
}

/// <summary>Which doors an endpoint answers at; elsewhere it is not found.</summary>
internal sealed record DoorRule(Doors Doors);

/// <summary>Set on each connection by its listener: unlike a Host header or a port number, nobody can forge it.</summary>
internal sealed record DoorFeature(Doors Doors);

internal static class DoorRouting
{
    /// <summary>Endpoints of this convention answer at <paramref name="doors"/> alone. Without a rule an endpoint answers everywhere.</summary>
    public static TBuilder AtDoor<TBuilder>(this TBuilder builder, Doors doors)
        where TBuilder : IEndpointConventionBuilder
    {
        builder.WithMetadata(new DoorRule(doors));
        return builder;
    }

    public static void UseDoor(this ListenOptions listener, Doors doors) =>
        listener.Use(next => connection =>
        {
            connection.Features.Set(new DoorFeature(doors));
            return next(connection);
        });

    /// <summary>Comes after routing and before everything that acts on the endpoint.</summary>
    public static IApplicationBuilder UseDoors(this IApplicationBuilder application) =>
        application.Use((context, next) =>
        {
            if (context.GetEndpoint()?.Metadata.GetMetadata<DoorRule>() is { } rule
                && context.Features.Get<DoorFeature>() is { } door
                && (rule.Doors & door.Doors) == 0)
            {
                context.SetEndpoint(null);
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return Task.CompletedTask;
            }

            return next(context);
        });
}
