using OpenOva.Relay.Access;
using OpenOva.Relay.Configuration;
using OpenOva.Relay.Connections;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Identity.Development;
using OpenOva.Relay.Identity.Logout;
using OpenOva.Relay.Ledger;
using OpenOva.Relay.ObjectStorage;
using OpenOva.Relay.Pages;
using OpenOva.Relay.Recordings;
using OpenOva.Relay.Reports;
using OpenOva.Relay.Sessions;
using OpenOva.Relay.Sessions.WebTunnel;
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
        services.AddGrpc(options => options.Interceptors.Add<ErrorInterceptor>());
        services.AddLedger();
        services.AddSingleton<PublishResourceChanges>(provider => ActivatorUtilities.CreateInstance<ResourceChangesToLedger>(provider).PublishAsync);
        services.AddSingleton<IdentityToLedger>();
        services.AddSingleton<RecordAccountMapping>(provider => provider.GetRequiredService<IdentityToLedger>().RecordAsync);
        services.AddSingleton<ApplySignOut>(provider => provider.GetRequiredService<IdentityToLedger>().ApplyAsync);
        services.AddRelayIdentity().AddBrowserSignIn().AddBackchannelLogout().AddRelayConnections();
        services.AddAccess();
        services.AddRecordings();
        services.AddSessions().AddWebTunnel();
        services.AddReports();
        services.AddPages();
        services.AddHostedService<RefusedTokensToLedger>();
        services.AddHostedService<SignInsToLedger>();
        services.AddSingleton<LedgerOrganisations>();
        services.AddSingleton<PublishStoreReport>(provider => ActivatorUtilities.CreateInstance<StoreChecksToLedger>(provider).PublishAsync);
        services.AddHostedService<ServiceToLedger>();
    }

    /// <summary>Middleware between routing and the endpoints: authentication, authorization, WebSockets.</summary>
    public static void UseSlices(this WebApplication application)
    {
        application.UseMiddleware<ErrorMiddleware>();
        application.UseWebSockets();
        application.UseAuthentication();
        application.UseAuthorization();
    }

    /// <summary>Routes and gRPC services. gRPC goes to <c>Doors.Grpc</c>, everything else to <c>Doors.Web</c>: <c>.AtDoor(…)</c>.</summary>
    public static void MapSlices(this WebApplication application)
    {
        application.MapOperations().WithMetadata(new AllowAnonymousCallAttribute("Probes and scrapers have no token, and nothing there tells of persons or sessions."));
        application.MapDevelopmentIssuer();
        application.MapPages();
        application.MapBackchannelLogout().AtDoor(Doors.Web);
        application.MapWebTunnel();
        application.MapGrpcService<ConnectionsGrpcService>().AtDoor(Doors.Grpc);
        application.MapGrpcService<AccessGrpcService>().AtDoor(Doors.Grpc);
        application.MapGrpcService<SessionsGrpcService>().AtDoor(Doors.Grpc);
        application.MapGrpcService<RecordingsGrpcService>().AtDoor(Doors.Grpc);
        application.MapGrpcService<LedgerGrpcService>().AtDoor(Doors.Grpc);
        application.MapGrpcService<ReportsGrpcService>().AtDoor(Doors.Grpc);
    }
}
