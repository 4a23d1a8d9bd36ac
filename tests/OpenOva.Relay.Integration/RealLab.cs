using OpenOva.Relay.Guacamole;

namespace OpenOva.Relay.Integration;

/// <summary>The real guacd and the real SSH target, as <c>deploy/local/test</c> starts them; without them a test is skipped.</summary>
internal sealed class RealLab
{
    private RealLab(string guacd)
    {
        var parts = guacd.Split(':');
        Guacd = new GuacdEndpoint(parts[0], int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture));
        SshHost = Required("RELAY_TEST_SSH_HOST");
        SshPort = int.Parse(Required("RELAY_TEST_SSH_PORT"), System.Globalization.CultureInfo.InvariantCulture);
        PasswordFile = Required("RELAY_TEST_SSH_PASSWORD_FILE");
        Home = Required("RELAY_TEST_SSH_HOME");
        HostKey = File.ReadAllText(Required("RELAY_TEST_SSH_HOST_KEY_FILE")).Trim();
    }

    public GuacdEndpoint Guacd { get; }

    public string SshHost { get; }

    public int SshPort { get; }

    public string PasswordFile { get; }

    /// <summary>The target user's home, as this process sees it.</summary>
    public string Home { get; }

    /// <summary>The line of known_hosts that guacd checks.</summary>
    public string HostKey { get; }

    public static RealLab OrSkip()
    {
        var guacd = Environment.GetEnvironmentVariable("RELAY_TEST_GUACD");
        Assert.SkipWhen(string.IsNullOrEmpty(guacd), "real-guacd: RELAY_TEST_GUACD is not set");
        return new RealLab(guacd!);
    }

    /// <summary>A command that draws a new screen all the time: what scrolls by unchanged, guacd does not draw again.</summary>
    public const string KeepsDrawing = "while :; do head -c 800 /dev/urandom | base64; sleep 0.4; done\n";

    /// <summary>The SSH target as a connection.</summary>
    public string Yaml(string name = "ssh-db", string? host = null, int? port = null, string? hostKey = null, string? passwordFile = null, string channels = "") =>
        $"""
        apiVersion: catalyst.openova.io/v1alpha1
        kind: GuacamoleConnection
        metadata:
          name: {name}
          labels:
            catalyst.openova.io/organization: acme
        spec:
          protocol: ssh
          hostname: {host ?? SshHost}
          port: {port ?? SshPort}
          audience:
            keycloakRoles: [db]
          recording:
            enabled: true
            retentionDays: 30
          channels: {"{"} {channels} {"}"}
          parameters:
            username: relaytest
            host-key: "{hostKey ?? HostKey}"
          secretRef:
            password:
              file: {passwordFile ?? PasswordFile}
        """;

    /// <summary>Lets the service read the target's password file.</summary>
    public Dictionary<string, string?> Values(string? folder = null) => new()
    {
        ["Relay:Connections:SecretFolders:0"] = Path.GetDirectoryName(PasswordFile),
        ["Relay:Connections:SecretFolders:1"] = folder ?? Path.GetDirectoryName(PasswordFile),
    };

    private static string Required(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : throw new InvalidOperationException($"{name} is not set beside RELAY_TEST_GUACD");
}
