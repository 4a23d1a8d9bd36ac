using System.Collections.Immutable;

namespace OpenOva.Relay.Connections;

/// <summary>
/// Reads <c>spec.secretRef</c>: a mapping of guacd parameter to where its value is,
/// <code>
/// secretRef:
///   password:    { file: /run/secrets/core-db/password }
///   private-key: { env: RELAY_SECRET_CORE_DB_KEY }
/// </code>
/// </summary>
internal static class SecretRefReader
{
    public static ImmutableSortedDictionary<string, SecretLocation> Read(
        YamlFields? secretRef, string protocol, ImmutableSortedDictionary<string, string> parameters, ConnectionsOptions options)
    {
        var read = ImmutableSortedDictionary.CreateBuilder<string, SecretLocation>(StringComparer.Ordinal);
        foreach (var name in secretRef?.Names ?? [])
        {
            if (GuacdParameters.WhyForbidden(name) is { } reason)
                throw secretRef!.Fault(name, $"is not allowed: it {reason}");
            if (!GuacdParameters.IsKnown(protocol, name))
                throw secretRef!.Fault(name, $"is no parameter of guacd's {protocol}");
            if (parameters.ContainsKey(name))
                throw secretRef!.Fault(name, "stands in spec.parameters too");
            read[name] = ReadOne(secretRef!.RequiredMapping(name), options);
        }
        return read.ToImmutable();
    }

    private static SecretLocation ReadOne(YamlFields location, ConnectionsOptions options)
    {
        var file = location.Text("file");
        var env = location.Text("env");
        location.RefuseOthers();
        if (file is null == env is null)
            throw location.Fault(file is null ? "file" : "env", "must stand alone: exactly one of file and env says where the secret is");
        if (env is not null)
        {
            return env.StartsWith(options.SecretEnvPrefix, StringComparison.Ordinal) && env.Length > options.SecretEnvPrefix.Length
                ? new SecretLocation(null, env)
                : throw location.Fault("env", $"must begin with {options.SecretEnvPrefix}");
        }

        var folders = options.EffectiveSecretFolders;
        var path = Path.GetFullPath(file!, folders[0]);
        return folders.Any(folder => path.StartsWith(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)) + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            ? new SecretLocation(path, null)
            : throw location.Fault("file", "must stand in one of Relay:Connections:SecretFolders");
    }
}
