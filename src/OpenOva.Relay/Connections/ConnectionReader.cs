using System.Collections.Immutable;
using YamlDotNet.Core;

namespace OpenOva.Relay.Connections;

/// <summary>One file's connections and problems.</summary>
/// <param name="HasNameless">A problem stands in a document whose connection could not be told, so any of the file's may be meant.</param>
internal sealed record ConnectionFile(
    string File, IReadOnlyList<(Connection Connection, long Line)> Connections, IReadOnlyList<ConnectionProblem> Problems)
{
    public bool HasNameless => Problems.Any(problem => problem.Name is null);
}

/// <summary>Reads <c>GuacamoleConnection</c> documents (<c>catalyst.openova.io/v1alpha1</c>).</summary>
internal static class ConnectionReader
{
    public const string ApiVersion = "catalyst.openova.io/v1alpha1";
    public const string Kind = "GuacamoleConnection";
    public const string OrganisationLabel = "catalyst.openova.io/organization";

    public static ConnectionFile Read(string file, string text, ConnectionsOptions options)
    {
        List<(Connection, long)> connections = [];
        List<ConnectionProblem> problems = [];
        foreach (var source in YamlDocuments.Read(text))
        {
            if (source.Fault is var (line, column, message))
            {
                problems.Add(new ConnectionProblem(file, line, column, "", message, null, null));
                continue;
            }

            var document = new Document(file, options);
            try
            {
                var root = YamlFields.Of(source.Root!);
                connections.Add((document.Read(root), source.FirstLine + source.Root!.Start.Line - 1));
            }
            catch (YamlFieldException e)
            {
                problems.Add(new ConnectionProblem(
                    file, source.FirstLine + e.Mark.Line - 1, e.Mark.Column, e.Field, e.Reason,
                    document.Name is null ? null : document.Organisation, document.Organisation is null ? null : document.Name));
            }
        }
        return new ConnectionFile(file, connections, problems);
    }

    private sealed class Document(string file, ConnectionsOptions options)
    {
        public string? Organisation { get; private set; }
        public string? Name { get; private set; }

        public Connection Read(YamlFields root)
        {
            if (root.RequiredText("kind") != Kind)
                throw root.Fault("kind", $"must be {Kind}");
            ReadMetadata(root.RequiredMapping("metadata"));
            if (root.RequiredText("apiVersion") != ApiVersion)
                throw root.Fault("apiVersion", $"must be {ApiVersion}");
            root.Ignore("status");
            var connection = ReadSpec(root.RequiredMapping("spec"));
            root.RefuseOthers();
            return connection;
        }

        private void ReadMetadata(YamlFields metadata)
        {
            var name = metadata.RequiredText("name");
            if (!ResourceNames.IsSubdomain(name))
                throw metadata.Fault("name", "must be an RFC 1123 subdomain (a-z, 0-9, hyphen, dot)");
            var labels = metadata.Mapping("labels");
            var organisation = labels?.Text(OrganisationLabel) ?? options.DefaultOrganisation;
            if (organisation.Length == 0)
                throw (labels ?? metadata).Fault(labels is null ? "labels" : OrganisationLabel, $"must hold {OrganisationLabel}: no default organisation is configured");
            if (!ResourceNames.IsLabel(organisation))
                throw labels!.Fault(OrganisationLabel, "must be a DNS label (a-z, 0-9, hyphen; at most 63 characters)");
            (Organisation, Name) = (organisation, name);
            // What the API server adds, so that the output of kubectl get may be mounted as it is.
            metadata.Ignore(
                "namespace", "labels", "annotations", "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp",
                "deletionGracePeriodSeconds", "managedFields", "ownerReferences", "finalizers", "selfLink", "generateName");
            metadata.RefuseOthers();
        }

        private Connection ReadSpec(YamlFields spec)
        {
            var protocol = spec.RequiredText("protocol");
            if (!GuacdParameters.IsProtocol(protocol))
                throw spec.Fault("protocol", $"must be one of {string.Join(", ", GuacdParameters.ProtocolNames)}");
            var hostname = spec.RequiredText("hostname");
            if (!ResourceNames.IsHost(hostname))
                throw spec.Fault("hostname", "must be a host name or an IP address");
            var port = spec.Integer("port", 1, 65535) ?? GuacdParameters.DefaultPort(protocol);
            var audience = ReadAudience(spec.RequiredMapping("audience"));
            var recording = ReadRecording(spec);
            var jit = spec.Mapping("jit") is { } terms ? ReadJit(terms) : null;
            var parameters = ReadParameters(spec.Mapping("parameters"), protocol);
            var secrets = SecretRefReader.Read(spec.Mapping("secretRef"), protocol, parameters, options);
            var identity = ReadTargetIdentity(spec, protocol, parameters);
            spec.RefuseOthers();
            var connection = new Connection
            {
                Organisation = Organisation!,
                Name = Name!,
                Protocol = protocol,
                Hostname = hostname,
                Port = port,
                AudienceRoles = audience,
                Recording = recording,
                Jit = jit,
                Parameters = parameters,
                Secrets = secrets,
                TargetIdentity = identity,
                Digest = "",
                File = file,
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

        private RecordingTerms ReadRecording(YamlFields spec)
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
}
