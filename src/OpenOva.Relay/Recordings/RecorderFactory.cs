using System.Reflection;
using System.Text.Json.Nodes;
using OpenOva.Relay.Configuration;
using OpenOva.Relay.Evidence;
using OpenOva.Relay.Evidence.Json;
using OpenOva.Relay.Evidence.Keys;
using OpenOva.Relay.Evidence.Recording;
using OpenOva.Relay.Evidence.Spool;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Recordings;

/// <summary>What a recorder is opened for.</summary>
internal sealed record RecordingSubject(
    string Organisation, string Session, long Epoch, string Replica, long OpenedUs, ConnectionReference Connection, SubjectReference Person, EventReference Decision,
    string Bucket, int RetentionDays);

/// <summary>A recorder, and the event that tells of its opening: to be staged with the ticket's redemption.</summary>
internal sealed record OpenedRecorder(SessionRecorder Recorder, string EventId, JsonObject EventData);

/// <summary>Opens recorders, each with a key of its own.</summary>
internal sealed class RecorderFactory(SpoolIntake spool, LiveSegments live, DataDirectory data, RecordingsOptions options, TimeProvider time)
{
    private static readonly string Version = typeof(RecorderFactory).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";
    private static readonly string ProgramSha256 = Digests.Hex(File.ReadAllBytes(typeof(RecorderFactory).Assembly.Location));

    /// <summary>The spool to wait for before delivering; null where a write is enough.</summary>
    /// <param name="always">Whatever is configured.</param>
    public SpoolLog? SyncedSpool(bool always) => always || options.Durability == SpoolDurability.Sync ? spool.Log : null;

    /// <summary>Refuses sessions that could not be recorded.</summary>
    /// <exception cref="RelayException">RECORDER_FAILED.</exception>
    public void ThrowIfUnable()
    {
        if (spool.Log.Failure is { } failure) throw new RelayException(ErrorReason.RecorderFailed, "the spool has failed", failure);
        if (options.MinimumFreeBytes == 0) return;
        var free = new DriveInfo(data.At(options.Spool)).AvailableFreeSpace;
        if (free < options.MinimumFreeBytes)
            throw new RelayException(ErrorReason.RecorderFailed, $"the spool's disk has {free} bytes free, less than {options.MinimumFreeBytes}", null);
    }

    /// <summary>Opens a recorder: its first frame is in the spool when this returns.</summary>
    /// <exception cref="RelayException">RECORDER_FAILED.</exception>
    public OpenedRecorder Open(RecordingSubject subject, string eventId)
    {
        ThrowIfUnable();
        var key = P256SigningKey.Create();
        var data = new JsonObject
        {
            ["session"] = subject.Session,
            ["epoch"] = subject.Epoch,
            ["session_key"] = key.PublicKey.ToJwk(),
            ["replica"] = subject.Replica,
            ["software"] = new JsonObject { ["version"] = Version, ["sha256"] = ProgramSha256 },
        };
        var descriptor = new RecordingDescriptor
        {
            Organisation = subject.Organisation,
            Session = subject.Session,
            Epoch = subject.Epoch,
            OpenedUs = subject.OpenedUs,
            Connection = subject.Connection,
            Subject = subject.Person,
            Decision = subject.Decision,
            Opening = new(eventId, Digests.Hex(CanonicalJson.Encode(data))),
            SessionKey = key.PublicKey,
            SoftwareVersion = Version,
            SoftwareSha256 = ProgramSha256,
            Bucket = subject.Bucket,
            RetentionDays = subject.RetentionDays,
            BootId = spool.Log.BootId,
        };
        try
        {
            return new(new SessionRecorder(descriptor, key, spool.Log, time, live.Add), eventId, data);
        }
        catch (SpoolFailedException exception)
        {
            key.Dispose();
            throw new RelayException(ErrorReason.RecorderFailed, "the spool cannot take the session", exception);
        }
    }
}
