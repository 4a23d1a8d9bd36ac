using System.Text.Json.Nodes;
using OpenOva.Relay.Evidence.Json;
using OpenOva.Relay.Evidence.Keys;
using OpenOva.Relay.Evidence.Recording;

namespace OpenOva.Relay.Recordings;

/// <summary>All that sealing needs besides the stream. It stands in the spool's first frame of a session, so that a recording can be finished without the database. Times in microseconds UTC.</summary>
internal sealed record RecordingDescriptor
{
    public required string Organisation { get; init; }

    public required string Session { get; init; }

    public required long Epoch { get; init; }

    public required long OpenedUs { get; init; }

    public required ConnectionReference Connection { get; init; }

    public required SubjectReference Subject { get; init; }

    public required EventReference Decision { get; init; }

    public required EventReference Opening { get; init; }

    public required EcPublicKey SessionKey { get; init; }

    public required string SoftwareVersion { get; init; }

    public required string SoftwareSha256 { get; init; }

    public required string Bucket { get; init; }

    public required int RetentionDays { get; init; }

    /// <summary>Tells whether the machine was restarted between recording and recovery.</summary>
    public required string BootId { get; init; }

    public JsonObject ToJson() => new()
    {
        ["v"] = 1,
        ["organisation"] = Organisation,
        ["session"] = Session,
        ["epoch"] = Epoch,
        ["opened_us"] = OpenedUs,
        ["connection"] = new JsonObject { ["name"] = Connection.Name, ["protocol"] = Connection.Protocol, ["digest"] = Connection.Digest },
        ["subject"] = new JsonObject { ["issuer"] = Subject.Issuer, ["sub"] = Subject.Sub },
        ["decision"] = new JsonObject { ["id"] = Decision.Id, ["sha256"] = Decision.Sha256 },
        ["opening"] = new JsonObject { ["id"] = Opening.Id, ["sha256"] = Opening.Sha256 },
        ["session_key"] = SessionKey.ToJwk(),
        ["software"] = new JsonObject { ["version"] = SoftwareVersion, ["sha256"] = SoftwareSha256 },
        ["bucket"] = Bucket,
        ["retention_days"] = RetentionDays,
        ["boot_id"] = BootId,
    };

    public static RecordingDescriptor Parse(ReadOnlyMemory<byte> payload)
    {
        var read = EvidenceObject.ParseV1(payload, "a spooled opening");
        var (connection, subject, software) = (read.Object("connection"), read.Object("subject"), read.Object("software"));
        return new()
        {
            Organisation = read.String("organisation"),
            Session = read.String("session"),
            Epoch = read.Count("epoch"),
            OpenedUs = read.Count("opened_us"),
            Connection = new(connection.String("name"), connection.String("protocol"), connection.String("digest")),
            Subject = new(subject.String("issuer"), subject.String("sub")),
            Decision = new(read.Object("decision").String("id"), read.Object("decision").Digest("sha256")),
            Opening = new(read.Object("opening").String("id"), read.Object("opening").Digest("sha256")),
            SessionKey = EcPublicKey.FromJwk(read.Object("session_key")),
            SoftwareVersion = software.String("version"),
            SoftwareSha256 = software.String("sha256"),
            Bucket = read.String("bucket"),
            RetentionDays = (int)read.Count("retention_days"),
            BootId = read.String("boot_id"),
        };
    }
}
