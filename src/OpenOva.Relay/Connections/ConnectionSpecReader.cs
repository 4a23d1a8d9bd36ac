using System.Collections.Immutable;

namespace OpenOva.Relay.Connections;

/// <summary>Reads the <c>spec</c> of a <c>GuacamoleConnection</c>.</summary>
internal static class ConnectionSpecReader
{
    public const string Kind = "GuacamoleConnection";

    public static Connection Read(YamlFields spec, ResourceMetadata metadata, string file, ConnectionsOptions options)
    {
        var protocol = spec.RequiredText("protocol");
        if (!GuacdParameters.IsProtocol(protocol))
            throw spec.Fault("protocol", $"must be one of {string.Join(", ", GuacdParameters.ProtocolNames)}");
        var hostname = spec.RequiredText("hostname");
        if (!ResourceNames.IsHost(hostname))
            throw spec.Fault("hostname", "must be a host name or an IP address");
        var port = spec.Integer("port", 1, 65535) ?? GuacdParameters.DefaultPort(protocol);
        var audience = ReadAudience(spec.RequiredMapping("audience"));
        var recording = ReadRecording(spec, options);
        var jit = spec.Mapping("jit") is { } terms ? ReadJit(terms) : null;
        var parameters = ReadParameters(spec.Mapping("parameters"), protocol);
        var secrets = SecretRefReader.Read(spec.Mapping("secretRef"), protocol, parameters, options);
        var identity = ReadTargetIdentity(spec, protocol, parameters);
        var channels = ChannelsReader.Read(spec, protocol, parameters, secrets);
        spec.RefuseOthers();
        var connection = new Connection
        {
            Organisation = metadata.Organisation,
            Name = metadata.Name,
            Protocol = protocol,
            Hostname = hostname,
            Port = port,
            AudienceRoles = audience,
            Recording = recording,
            Jit = jit,
            Parameters = parameters,
            Secrets = secrets,
            TargetIdentity = identity,
            Channels = channels,
            Labels = metadata.Labels,
            Digest = "",
            File = file,
            Provenance = metadata.Provenance,
        };
        return connection with { Digest = ConnectionDigest.Of(connection) };
    }

    private static ImmutableArray<string> ReadAudience(YamlFields audience)
    {
        var roles = audience.Texts("keycloakRoles");
        if (roles.IsEmpty)
            throw audience.Fault("keycloakRoles", "must name at least one role");
        audience.RefuseOthers();
        return roles.Sort(StringComparer.Ordinal);
    }

    private static RecordingTerms ReadRecording(YamlFields spec, ConnectionsOptions options)
    {
        var recording = spec.Mapping("recording");
        // A connection that says nothing is recorded: leaving a field out must not lower the guard.
        var required = recording?.Boolean("enabled") ?? true;
        var bucket = recording?.Text("bucket") ?? options.RecordingBuckets[0];
        // A recording that no store takes would be found out when its session is over.
        if (!options.RecordingBuckets.Contains(bucket))
            throw recording!.Fault("bucket", $"must be one of {string.Join(", ", options.RecordingBuckets)} (Relay:ObjectStorage:OtherBuckets adds some)");
        var days = recording?.Integer("retentionDays", 1, 36_500) ?? options.DefaultRetentionDays;
        recording?.RefuseOthers();
        if (required && days == 0)
            throw (recording ?? spec).Fault(recording is null ? "recording" : "retentionDays", "is missing: no default retention is configured");
        return new RecordingTerms(required, bucket, days);
    }

    private static JitTerms ReadJit(YamlFields jit)
    {
        var approvers = jit.Texts("requiredApprovers");
        if (approvers.IsEmpty)
            throw jit.Fault("requiredApprovers", "must name at least one approver");
        var minutes = jit.Integer("maxDurationMinutes", 1, 7 * 24 * 60) ?? throw jit.Fault("maxDurationMinutes", "is missing");
        jit.RefuseOthers();
        return new JitTerms(approvers.Sort(StringComparer.Ordinal), minutes);
    }

    private static ImmutableSortedDictionary<string, string> ReadParameters(YamlFields? parameters, string protocol)
    {
        var read = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var name in parameters?.Names ?? [])
        {
            if (GuacdParameters.WhyForbidden(name) is { } reason)
                throw parameters!.Fault(name, $"is not allowed: it {reason}");
            if (GuacdParameters.IsSecret(name))
                throw parameters!.Fault(name, "is a secret: move it to spec.secretRef");
            if (!GuacdParameters.IsKnown(protocol, name))
                throw parameters!.Fault(name, $"is no parameter of guacd's {protocol}");
            read[name] = parameters!.RequiredText(name);
        }
        return read.ToImmutable();
    }

    private static TargetIdentity ReadTargetIdentity(YamlFields spec, string protocol, ImmutableSortedDictionary<string, string> parameters)
    {
        var why = TargetIdentityRule.WhyUnverified(protocol, parameters);
        switch (spec.Text("targetIdentity") ?? "verified")
        {
            case "verified" when why is null:
                return TargetIdentity.Verified;
            case "verified":
                throw FaultAt(spec, why.Value.Field, $"{why.Value.Reason}; or set spec.targetIdentity: unverified, which makes every session an exception event");
            case "unverified" when why is not null:
                return TargetIdentity.Unverified;
            case "unverified":
                throw spec.Fault("targetIdentity", "is unverified, yet the target's identity is checked: remove the field");
            default:
                throw spec.Fault("targetIdentity", "must be verified or unverified");
        }
    }

    private static YamlFieldException FaultAt(YamlFields spec, string field, string message)
    {
        var parts = field.Split('.');
        var at = parts.Length == 3 && spec.Mapping(parts[1]) is { } inner ? inner.Fault(parts[2], message) : spec.Fault(parts[1], message);
        return new YamlFieldException(at.Mark, field, message);
    }
}
