using OpenOva.Relay.Shared;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration.Faults;

/// <summary>What can be wrong behind Relay: each its own typed error, within its time, and in the ledger.</summary>
[Trait("Kind", "Real")]
[Collection("real components")]
public sealed class TargetErrorTests
{
    [Fact]
    public async Task Guacd_Down_IsGuacdUnreachable()
    {
        var lab = RealLab.OrSkip();
        await FailedOpening.OfAsync(new RelaySetup { Guacd = new("127.0.0.1", LoopbackPort.Free()), Connections = lab.Yaml(), Values = lab.Values() }, ErrorReason.GuacdUnreachable, 6);
    }

    [Fact]
    public async Task Target_Refusing_IsTargetUnreachable()
    {
        var lab = RealLab.OrSkip();
        var port = LoopbackPort.Free();
        var yaml = lab.Yaml(port: port, hostKey: lab.HostKey.Replace($":{lab.SshPort}", $":{port}", StringComparison.Ordinal));
        await FailedOpening.OfAsync(new RelaySetup { Guacd = lab.Guacd, Connections = yaml, Values = lab.Values() }, ErrorReason.TargetUnreachable, 15);
    }

    [Fact]
    public async Task Password_Wrong_IsTargetCredentialRefused()
    {
        var lab = RealLab.OrSkip();
        using var folder = new TemporaryFolder();
        var wrong = folder.Write("password", "not the password");
        await FailedOpening.OfAsync(
            new RelaySetup { Guacd = lab.Guacd, Connections = lab.Yaml(passwordFile: wrong), Values = lab.Values(folder.Path) }, ErrorReason.TargetCredentialRefused, 15);
    }

    [Fact]
    public async Task HostKey_Wrong_IsTargetIdentityMismatch()
    {
        var lab = RealLab.OrSkip();
        // The same line with one character of the key changed.
        var key = lab.HostKey;
        var other = key[..^20] + (key[^20] == 'A' ? 'B' : 'A') + key[^19..];
        await FailedOpening.OfAsync(new RelaySetup { Guacd = lab.Guacd, Connections = lab.Yaml(hostKey: other), Values = lab.Values() }, ErrorReason.TargetIdentityMismatch, 15);
    }

    [Fact]
    public async Task Protocol_NotInstalled_IsProtocolNotInstalled()
    {
        var lab = RealLab.OrSkip();
        const string yaml =
            """
            apiVersion: catalyst.openova.io/v1alpha1
            kind: GuacamoleConnection
            metadata:
              name: ssh-db
              labels:
                catalyst.openova.io/organization: acme
            spec:
              protocol: kubernetes
              hostname: 127.0.0.1
              port: 6443
              audience:
                keycloakRoles: [db]
              recording:
                enabled: true
                retentionDays: 30
              targetIdentity: unverified
              parameters:
                pod: db-0
            """;
        await FailedOpening.OfAsync(new RelaySetup { Guacd = lab.Guacd, Connections = yaml }, ErrorReason.ProtocolNotInstalled, 13);
    }

    [Fact]
    public async Task Secret_Missing_IsConnectionMisconfigured()
    {
        var lab = RealLab.OrSkip();
        using var folder = new TemporaryFolder();
        await FailedOpening.OfAsync(
            new RelaySetup { Guacd = lab.Guacd, Connections = lab.Yaml(passwordFile: Path.Combine(folder.Path, "absent")), Values = lab.Values(folder.Path) },
            ErrorReason.ConnectionMisconfigured, 6);
    }
}
