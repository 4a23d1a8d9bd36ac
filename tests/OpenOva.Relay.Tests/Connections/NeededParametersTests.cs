using OpenOva.Relay.Connections;

namespace OpenOva.Relay.Tests.Connections;

[Trait("Kind", "Fast")]
public sealed class NeededParametersTests
{
    private static readonly ConnectionsOptions Options = new() { DefaultOrganisation = "acme", DefaultRetentionDays = 30, SecretFolders = ["/run/secrets"] };

    [Theory]
    [InlineData("ssh", "host-key: ssh-rsa AAAA", "host-key")]
    [InlineData("ssh", "host-key: ssh-rsa AAAA, timeout: \"9\", font-size: \"12\", username: ada", "host-key")]
    [InlineData("ssh", "host-key: ssh-rsa AAAA, command: top", "command,host-key")]
    [InlineData("ssh", "host-key: ssh-rsa AAAA, command: \"\"", "host-key")]
    [InlineData("ssh", "host-key: ssh-rsa AAAA, read-only: \"true\", disable-copy: \"true\", disable-paste: \"false\"", "disable-copy,host-key,read-only", "clipboardIn")]
    [InlineData("ssh", "host-key: ssh-rsa AAAA, sftp-disable-download: \"true\", sftp-disable-upload: \"true\"", "host-key,sftp-disable-download,sftp-disable-upload")]
    [InlineData("rdp", "security: tls, cert-fingerprints: \"sha256:00\", disable-upload: \"true\", disable-download: \"true\"", "cert-fingerprints,disable-download,disable-upload,security")]
    [InlineData("rdp", "security: tls, enable-sftp: \"true\", sftp-host-key: ssh-rsa AAAA", "security,sftp-host-key", "fileUpload")]
    [InlineData("kubernetes", "use-ssl: \"true\", ca-cert: x, pod: db-0, exec-command: bash", "ca-cert,exec-command,pod,use-ssl")]
    public void Needed_OfAConnection_AreThoseThatMustNotBeIgnored(string protocol, string parameters, string needed, string channel = "printing") =>
        Assert.Equal(needed, string.Join(',', NeededParameters.Of(ConnectionYaml.Only(ResourceReader.Read("x.yaml", ConnectionYaml.Of(protocol, $"{{{parameters}}}", $"  channels: {{ {channel}: true }}\n"), Options)))));

    [Fact]
    public void Needed_OfASecret_IsDecidedByItsName()
    {
        var yaml = ConnectionYaml.Of("ssh", "{host-key: ssh-rsa AAAA}", "  secretRef: {command: {file: /run/secrets/a}, password: {file: /run/secrets/b}}\n");

        Assert.Equal(["command", "host-key"], NeededParameters.Of(ConnectionYaml.Only(ResourceReader.Read("x.yaml", yaml, Options))));
    }
}
