namespace OpenOva.Relay.Identity.Logout;

internal static class LogoutServices
{
    /// <summary>Back-channel logout, and what other replicas were told by it. Needs the database, and an <see cref="ApplySignOut"/>.</summary>
    public static IServiceCollection AddBackchannelLogout(this IServiceCollection services)
    {
        services.AddSingleton<LogoutRate>();
        services.AddSingleton<BackchannelLogout>();
        services.AddHostedService<SignOutWatch>();
        return services;
    }

    /// <summary>The route that issuers call. Whoever maps it says at which door.</summary>
    public static IEndpointConventionBuilder MapBackchannelLogout(this IEndpointRouteBuilder routes) =>
        routes.MapPost(BackchannelLogout.Path, (HttpContext context, BackchannelLogout logout) => logout.HandleAsync(context))
            .WithMetadata(new AllowAnonymousCallAttribute(BackchannelLogout.Because))
            .DisableAntiforgery();
}
