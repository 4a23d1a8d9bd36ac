using OpenOva.Relay.Access.Requests;
using OpenOva.Relay.Configuration;
using OpenOva.Relay.Messaging;
using OpenOva.Relay.Recordings;
using OpenOva.Relay.Sessions.Joins;
using OpenOva.Relay.Sessions.Transfers;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Sessions;

internal static class SessionsServices
{
    /// <summary>Opening, carrying and finishing of sessions.</summary>
    public static IServiceCollection AddSessions(this IServiceCollection services)
    {
        services.AddRelayOptions<SessionsOptions, ValidateSessionsOptions>(SessionsOptions.Section);
        services.AddSingleton(p => ReplicaName.Create(
            p.GetRequiredService<SessionsOptions>().Replica is { Length: > 0 } name ? name : Environment.MachineName, p.GetRequiredService<TimeProvider>()));
        services.AddSingleton<LiveSessions>();
        services.AddSingleton<Telemetry.IReadinessProbe, GuacdProbe>();
        services.AddSingleton<ReplicaLease>();
        services.AddSingleton<SessionFinisher>();
        services.AddSingleton<RecordingNotice>();
        services.AddSingleton<Connections.NoticeOf>(p => p.GetRequiredService<RecordingNotice>().Of);
        services.AddSingleton<TransferRecords>();
        services.AddHostedService(p => p.GetRequiredService<TransferRecords>());
        services.AddSingleton<SessionBroker>();
        services.AddSingleton<SessionCarrier>();
        services.AddSingleton<TicketSweeper>();
        services.AddSingleton<SessionOrders>();
        services.AddSingleton<SessionLocks>();
        services.AddSingleton<SessionWatch>();
        services.AddSingleton<JoinRecords>();
        services.AddSingleton<SessionJoins>();
        services.AddSingleton<WatchTickets>();
        services.AddHostedService(p => p.GetRequiredService<JoinRecords>());
        services.AddHostedService(p => p.GetRequiredService<ReplicaLease>());
        services.AddHostedService(p => p.GetRequiredService<SessionFinisher>());
        services.AddHostedService(p => p.GetRequiredService<TicketSweeper>());
        services.AddHostedService<SessionOrderWatch>();
        services.AddHostedService<LostReplicas>();
        services.AddHostedService<SessionDrain>();
        services.AddSingleton<AccessWithdrawal>();
        services.AddSingleton<GrantedSessions>();
        services.AddSingleton<FindExtendableSession>(p => p.GetRequiredService<GrantedSessions>().FindAsync);
        services.AddSingleton<ExtendSession>(p => p.GetRequiredService<GrantedSessions>().ExtendAsync);
        services.AddSingleton<IsSessionOver>(GrantedSessions.IsOverAsync);
        services.AddSingleton<EndGrantedSessions>(p => p.GetRequiredService<GrantedSessions>().EndAsync);
        services.AddSingleton<SignedOutSessions>();
        services.AddSingleton<RecheckHealth>();
        services.AddSingleton<Telemetry.IReadinessDetail>(p => p.GetRequiredService<RecheckHealth>());
        services.AddSingleton<SessionRecheck>();
        services.AddHostedService(p => p.GetRequiredService<SessionRecheck>());
        services.AddRelayConsumer<MarkVerifiedSession, RecordingVerified>("sessions.mark-verified");
        return services;
    }
}
