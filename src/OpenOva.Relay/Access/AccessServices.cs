using OpenOva.Relay.Access.Emergency;
using OpenOva.Relay.Access.Notices;
using OpenOva.Relay.Access.Requests;
using OpenOva.Relay.Configuration;
using OpenOva.Relay.Messaging;

namespace OpenOva.Relay.Access;

internal static class AccessServices
{
    /// <summary>Requests, decisions and reviews. Needs <see cref="FindExtendableSession"/>, <see cref="ExtendSession"/> and <see cref="EndGrantedSessions"/>.</summary>
    public static IServiceCollection AddAccess(this IServiceCollection services)
    {
        services.AddRelayOptions<AccessOptions, ValidateAccessOptions>(AccessOptions.Section);
        services.AddHttpClient(TicketReferences.Client).ConfigurePrimaryHttpMessageHandler(Direct).RemoveAllLoggers();
        services.AddHttpClient(SendWebhook.Client).ConfigurePrimaryHttpMessageHandler(Direct).RemoveAllLoggers();
        services.AddSingleton<Approver>();
        services.AddSingleton<TicketReferences>();
        services.AddSingleton<NoticeStage>();
        services.AddSingleton<AccessRequests>();
        services.AddSingleton<AccessDecisions>();
        services.AddSingleton<RequestReader>();
        services.AddSingleton<RequestWatch>();
        services.AddSingleton<EmergencyReviews>();
        services.AddSingleton<DecisionReplay>();
        services.AddSingleton<AccessSweeper>();
        services.AddHostedService(provider => provider.GetRequiredService<AccessSweeper>());
        services.AddRelayConsumer<SendWebhook, AccessNotice>("access.webhook");
        return services;
    }

    // A redirect would send a token, or a signed notice, to an address that nobody configured.
    private static SocketsHttpHandler Direct() => new() { AllowAutoRedirect = false, UseCookies = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) };
}
