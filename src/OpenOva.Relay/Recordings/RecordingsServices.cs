using OpenOva.Relay.Configuration;
using OpenOva.Relay.Database;
using OpenOva.Relay.Ledger;
using OpenOva.Relay.Messaging;
using OpenOva.Relay.ObjectStorage;

namespace OpenOva.Relay.Recordings;

internal static class RecordingsServices
{
    /// <summary>The recorder's parts, sealing, and the consumers that verify and clean up.</summary>
    public static IServiceCollection AddRecordings(this IServiceCollection services, string dataDirectory)
    {
        services.AddRelayOptions<RecordingsOptions, ValidateRecordingsOptions>(RecordingsOptions.Section);
        services.AddSingleton(p => new SpoolIntake(
            Path.GetFullPath(p.GetRequiredService<RecordingsOptions>().Spool, Path.GetFullPath(dataDirectory)),
            p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILogger<SpoolIntake>>()));
        services.AddSingleton(p => p.GetRequiredService<SpoolIntake>().Log);
        services.AddSingleton<LiveSegments>();
        services.AddHostedService(p => p.GetRequiredService<LiveSegments>());
        services.AddSingleton(p => new RecordingSealer(
            p.GetRequiredService<Evidence.Spool.SpoolLog>(), p.GetRequiredService<IObjectStore>(), p.GetRequiredService<ObjectStorageOptions>(),
            p.GetRequiredService<RelayDatabase>(), p.GetRequiredService<LedgerStage>(), p.GetRequiredService<Outbox>(), p.GetRequiredService<OrganisationKeys>(),
            p.GetRequiredService<RecordingsOptions>(), Path.GetFullPath("scratch", Path.GetFullPath(dataDirectory)), p.GetRequiredService<TimeProvider>(),
            p.GetRequiredService<ILogger<RecordingSealer>>()));
        services.AddSingleton<RecordingVerification>();
        services.AddRelayConsumer<VerifySealedRecording, RecordingSealed>("recordings.verify");
        services.AddRelayConsumer<DeleteLivePieces, RecordingVerified>("recordings.delete-live");
        return services;
    }
}
