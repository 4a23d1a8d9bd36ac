using OpenOva.Relay.Connections;

namespace OpenOva.Relay.Tests.Connections;

internal static class ConnectionYaml
{
    public const string Ssh = """
        apiVersion: catalyst.openova.io/v1alpha1
        kind: GuacamoleConnection
        metadata:
          name: core-db
          labels:
            catalyst.openova.io/organization: globex
        spec:
          protocol: ssh
          hostname: db.core.svc
          port: 2222
          audience:
            keycloakRoles: [sre, dba]
          recording:
            enabled: true
            bucket: guacamole-recordings
            retentionDays: 90
          jit:
            requiredApprovers: [lead]
            maxDurationMinutes: 60
          parameters:
            host-key: "ssh-ed25519 AAAAC3"
            font-size: "12"
          secretRef:
            password: { file: /run/secrets/core-db/password }
            private-key: { env: RELAY_SECRET_CORE_KEY }

        """;

    public const string Vnc = """
        apiVersion: catalyst.openova.io/v1alpha1
        kind: GuacamoleConnection
        metadata: { name: screen }
        spec:
          protocol: vnc
          hostname: 10.0.0.7
          audience: { keycloakRoles: [kiosk] }
          targetIdentity: unverified

        """;

    public static string Of(string protocol, string parameters, string rest, string name = "x") => $"""
        apiVersion: catalyst.openova.io/v1alpha1
        kind: GuacamoleConnection
        metadata: {"{"} name: {name} {"}"}
        spec:
          protocol: {protocol}
          hostname: target
          audience: {"{"} keycloakRoles: [a] {"}"}
          parameters: {parameters}
        {rest}
        """;

    public static Relay.Connections.Connection Only(ResourceFile file) =>
        Assert.IsType<Relay.Connections.Connection>(Assert.Single(file.Resources).Resource);
}
