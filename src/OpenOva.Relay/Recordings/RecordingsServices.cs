using OpenOva.Relay.Configuration;
using OpenOva.Relay.Database;
using OpenOva.Relay.Ledger;
using OpenOva.Relay.Messaging;
using OpenOva.Relay.ObjectStorage;

namespace OpenOva.Relay.Recordings;

internal static class RecordingsServices
{
    /// <summary>The recorder's parts, sealing, and the consumers that verify and clean up.</summary>
    public static IServiceCollection AddRecordings(this IServiceCollection services)
    {
        services.AddRelayOptions<RecordingsOptions, ValidateRecordingsOptions>(RecordingsOptions.Section);
        services.AddSingleton(p => new SpoolIntake(
            p.GetRequiredService<DataDirectory>().At(p.GetRequiredService<RecordingsOptions>().Spool),
            p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILogger<SpoolIntake>>()));
        services.AddSingleton(p => p.GetRequiredService<SpoolIntake>().Log);
        services.AddSingleton<RecorderFactory>();
        services.AddSingleton<LiveSegments>();
        services.AddHostedService(p => p.GetRequiredService<LiveSegments>());
        services.AddSingleton(p => new RecordingSealer(
            p.GetRequiredService<Evidence.Spool.SpoolLog>().BootId, p.GetRequiredService<IObjectStore>(), p.GetRequiredService<ObjectStorageOptions>(),
            p.GetRequiredService<RelayDatabase>(), p.GetRequiredService<LedgerStage>(), p.GetRequiredService<Outbox>(), p.GetRequiredService<OrganisationKeys>(), p.GetRequiredService<SealClaims>(),
            p.GetRequiredService<RecordingsOptions>(), p.GetRequiredService<DataDirectory>().At("scratch"), p.GetRequiredService<TimeProvider>(),
            p.GetRequiredService<ILogger<RecordingSealer>>()));
        services.AddSingleton<SealClaims>();
        services.AddSingleton<LostRecordings>();
        services.AddSingleton<DeleteLivePieces>();
        services.AddSingleton<RecordingVerification>();
        services.AddSingleton<RecordingReads>();
        services.AddRelayConsumer<VerifySealedRecording, RecordingSealed>("recordings.verify");
        services.AddRelayConsumer<DeleteLivePieces, RecordingVerified>("recordings.delete-live");
        return services;
    }
}
