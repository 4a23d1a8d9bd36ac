using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration.Targets;

/// <summary>SSH, with the host's key checked: by password, by key; and the wrong host.</summary>
[Trait("Kind", "Real")]
[Collection("real components")]
public sealed class SshTargetTests
{
    [Fact]
    public async Task Ssh_WithPassword_IsRecordedFromTheFirstFrameToTheVerdict()
    {
        var lab = RealLab.OrSkip();
        var leaves = await TargetJourney.GoAsync(new RelaySetup { Guacd = lab.Guacd, Connections = lab.Yaml(), Values = lab.Values() }, "ssh-db", lab.Home);

        Assert.Equal("verified", leaves.Of("session.opened").Data.String("target_identity"));
        Assert.Empty(leaves.Of("session.connected").Data.Strings("parameters_ignored"));
    }

    [Fact]
    public async Task Ssh_WithKeyOfTheSecret_IsRecordedAsWell()
    {
        var lab = RealLab.OrSkip();
        var key = Environment.GetEnvironmentVariable("RELAY_TEST_SSH_KEY_FILE")!;
        Assert.StartsWith("-----BEGIN RSA PRIVATE KEY-----", await File.ReadAllTextAsync(key, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        var yaml = lab.Yaml().Replace("password:", "private-key:", StringComparison.Ordinal).Replace(lab.PasswordFile, key, StringComparison.Ordinal);

        await TargetJourney.GoAsync(new RelaySetup { Guacd = lab.Guacd, Connections = yaml, Values = lab.Values() }, "ssh-db", lab.Home);
    }

    [Fact]
    public async Task Ssh_OfAnotherHost_IsNotTheHostThatTheConnectionNames()
    {
        var lab = RealLab.OrSkip();
        // A key of the same type that is another host's.
        using var other = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        var line = $"{lab.HostKey[..lab.HostKey.IndexOf(' ', StringComparison.Ordinal)]} {OpenSshKey(other)}";

        await FailedOpening.OfAsync(
            new RelaySetup { Guacd = lab.Guacd, Connections = lab.Yaml(hostKey: line), Values = lab.Values() }, ErrorReason.TargetIdentityMismatch, 15);
    }

    // RFC 5656, section 3.1.
    private static string OpenSshKey(System.Security.Cryptography.ECDsa key)
    {
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        byte[][] fields = [[.. "ecdsa-sha2-nistp256"u8], [.. "nistp256"u8], [4, .. point.X!, .. point.Y!]];
        return $"ecdsa-sha2-nistp256 {Convert.ToBase64String([.. fields.SelectMany(field => (byte[])[0, 0, 0, (byte)field.Length, .. field])])}";
    }
}
