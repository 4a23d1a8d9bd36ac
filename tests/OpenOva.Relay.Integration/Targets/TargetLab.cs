using OpenOva.Relay.Guacamole;

namespace OpenOva.Relay.Integration.Targets;

/// <summary>A real target that the real guacd reaches, as <c>deploy/local/test</c> starts it; without it a test is skipped.</summary>
internal sealed class TargetLab
{
    private TargetLab(string protocol, GuacdEndpoint guacd)
    {
        var upper = protocol.ToUpperInvariant();
        var address = Required($"RELAY_TEST_{upper}").Split(':');
        (Protocol, Guacd, Host, Port) = (protocol, guacd, address[0], int.Parse(address[1], System.Globalization.CultureInfo.InvariantCulture));
        (PasswordFile, Home) = (Required($"RELAY_TEST_{upper}_PASSWORD_FILE"), Required($"RELAY_TEST_{upper}_HOME"));
    }

    public string Protocol { get; }

    public GuacdEndpoint Guacd { get; }

    public string Host { get; }

    public int Port { get; }

    public string PasswordFile { get; }

    /// <summary>The home of whoever is signed in there, as this process sees it.</summary>
    public string Home { get; }

    public static TargetLab OrSkip(string protocol) => new(protocol, RealLab.OrSkip().Guacd);

    /// <summary>The service that knows this target, through this guacd or another.</summary>
    public RelaySetup Setup(string parameters, bool verified = false, string? passwordFile = null, GuacdEndpoint? guacd = null) => new()
    {
        Guacd = guacd ?? Guacd,
        Connections = Yaml(Protocol, Host, Port, parameters, verified, passwordFile ?? PasswordFile),
        Values = new Dictionary<string, string?> { ["Relay:Connections:SecretFolders:0"] = Path.GetDirectoryName(passwordFile ?? PasswordFile) },
    };

    /// <summary>A connection of organisation acme, named after its protocol.</summary>
    public static string Yaml(string protocol, string host, int port, string parameters, bool verified, string? passwordFile, string channels = "") =>
        $"""
        apiVersion: catalyst.openova.io/v1alpha1
        kind: GuacamoleConnection
        metadata:
          name: {protocol}
          labels:
            catalyst.openova.io/organization: acme
        spec:
          protocol: {protocol}
          hostname: {host}
          port: {port}
          audience:
            keycloakRoles: [db]
          recording:
            enabled: true
            retentionDays: 30
        {(verified ? "" : "  targetIdentity: unverified\n")}  channels: {"{"} {channels} {"}"}
          parameters: {"{"} {parameters} {"}"}
        {(passwordFile is null ? "" : $"  secretRef: {"{"} password: {"{"} file: {passwordFile} {"}"} {"}"}\n")}
        """;

    private static string Required(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : throw new InvalidOperationException($"{name} is not set beside RELAY_TEST_GUACD");
}
