using OpenOva.Relay.Configuration;
using OpenOva.Relay.Telemetry;
using OpenOva.Relay.Web;

namespace OpenOva.Relay;

/// <summary>The slices, in the order they start. A slice is added here with one line for its services and one for its routes.</summary>
internal static class RelaySlices
{
    /// <summary>Services and options; consumers are registered here too, since the bus is built afterwards.</summary>
    public static void AddSlices(this IServiceCollection services)
    {
        services.AddSingleton<IReadinessProbe>(provider => new WritableDirectoryProbe(
            "spool", provider.GetRequiredService<DataDirectory>().At("spool"), provider.GetRequiredService<TimeProvider>()));
    }

    /// <summary>Middleware between routing and the endpoints: authentication, authorization, WebSockets.</summary>
    public static void UseSlices(this WebApplication application) => application.UseWebSockets();

    /// <summary>Routes and gRPC services. gRPC goes to <c>Doors.Grpc</c>, everything else to <c>Doors.Web</c>: <c>.AtDoor(…)</c>.</summary>
    public static void MapSlices(this WebApplication application)
    {
        application.MapOperations();
    }
}
