using OpenOva.Relay.Connections;

namespace OpenOva.Relay.Tests.Connections;

/// <summary>Protocol and channels against what guacd is told, and against what a connection tells it by itself.</summary>
[Trait("Kind", "Fast")]
public sealed class ChannelParametersTests
{
    private const Channels All = (Channels)127;
    private static readonly ConnectionsOptions Options = new() { DefaultOrganisation = "acme", DefaultRetentionDays = 30, SecretFolders = ["/run/secrets"] };

    [Theory]
    [InlineData("ssh", Channels.None, "", "disable-copy disable-paste sftp-disable-download sftp-disable-upload")]
    [InlineData("ssh", All, "", "enable-sftp")]
    [InlineData("ssh", Channels.ClipboardIn, "", "disable-copy sftp-disable-download sftp-disable-upload")]
    [InlineData("ssh", Channels.ClipboardOut, "", "disable-paste sftp-disable-download sftp-disable-upload")]
    [InlineData("ssh", Channels.FileUpload, "", "disable-copy disable-paste enable-sftp sftp-disable-download")]
    [InlineData("ssh", Channels.FileDownload, "", "disable-copy disable-paste enable-sftp sftp-disable-upload")]
    [InlineData("telnet", Channels.None, "", "disable-copy disable-paste")]
    [InlineData("telnet", All, "", "")]
    [InlineData("kubernetes", Channels.None, "", "disable-copy disable-paste")]
    [InlineData("kubernetes", Channels.ClipboardIn, "", "disable-copy")]
    [InlineData("vnc", Channels.None, "", "disable-copy disable-paste sftp-disable-download sftp-disable-upload")]
    [InlineData("vnc", All, "", "")]
    [InlineData("vnc", All, "enable-sftp enable-audio", "enable-audio enable-sftp")]
    [InlineData("rdp", Channels.None, "", "disable-audio disable-copy disable-download disable-paste disable-upload sftp-disable-download sftp-disable-upload")]
    [InlineData("rdp", All, "", "enable-audio-input enable-printing")]
    [InlineData("rdp", Channels.FileUpload, "enable-sftp", "disable-audio disable-copy disable-download disable-paste enable-sftp sftp-disable-download")]
    [InlineData("rdp", Channels.Printing | Channels.AudioOut, "", "disable-copy disable-download disable-paste disable-upload enable-printing sftp-disable-download sftp-disable-upload")]
    [InlineData("rdp", Channels.AudioIn, "", "disable-audio disable-copy disable-download disable-paste disable-upload enable-audio-input sftp-disable-download sftp-disable-upload")]
    internal void True_OfProtocolAndChannels_IsWhatGuacdIsTold(string protocol, Channels channels, string asked, string told)
    {
        var parameters = asked.Split(' ', StringSplitOptions.RemoveEmptyEntries).ToDictionary(name => name, _ => "true");

        Assert.Equal(told, string.Join(' ', ChannelParameters.True(protocol, channels, parameters).Order(StringComparer.Ordinal)));
    }

    [Fact]
    public void True_OfEachProtocol_NamesParametersThatGuacdHas()
    {
        foreach (var protocol in GuacdParameters.ProtocolNames)
        {
            var asked = new Dictionary<string, string> { ["enable-sftp"] = "true", ["enable-audio"] = "true" };
            foreach (var name in ChannelParameters.True(protocol, All, asked).Concat(ChannelParameters.True(protocol, Channels.None, asked)))
                Assert.True(GuacdParameters.IsKnown(protocol, name), $"{protocol}: {name}");
        }
    }

    [Theory]
    [InlineData("ssh", "host-key: k", "", Channels.AudioOut)]
    [InlineData("ssh", "host-key: k", "clipboardIn: true, clipboardOut: true, fileUpload: true, fileDownload: true, printing: true, audioOut: true, audioIn: true", All)]
    [InlineData("ssh", "host-key: k", "audioOut: false", Channels.None)]
    [InlineData("rdp", "security: nla, disable-audio: \"true\"", "", Channels.None)]
    [InlineData("rdp", "security: nla, disable-audio: \"false\"", "", Channels.AudioOut)]
    [InlineData("ssh", "host-key: k, disable-copy: \"true\", disable-paste: \"true\", enable-sftp: \"false\"", "", Channels.AudioOut)]
    [InlineData("ssh", "host-key: k, disable-paste: \"false\", enable-sftp: \"true\"", "clipboardIn: true, fileDownload: true", Channels.AudioOut | Channels.ClipboardIn | Channels.FileDownload)]
    internal void Read_OfADeclaration_IsDeniedByDefault(string protocol, string parameters, string channels, Channels expected) =>
        Assert.Equal(expected, ConnectionYaml.Only(Read(protocol, parameters, channels)).Channels);

    [Theory]
    [InlineData("ssh", "host-key: k, disable-paste: \"false\"", "", "disable-paste")]
    [InlineData("ssh", "host-key: k, disable-copy: \"\"", "clipboardIn: true", "disable-copy")]
    [InlineData("ssh", "host-key: k, disable-paste: \"true\"", "clipboardIn: true", "disable-paste")]
    [InlineData("ssh", "host-key: k, enable-sftp: \"true\"", "", "enable-sftp")]
    [InlineData("ssh", "host-key: k, enable-sftp: \"false\"", "fileUpload: true", "enable-sftp")]
    [InlineData("ssh", "host-key: k, sftp-disable-upload: \"false\"", "fileDownload: true", "sftp-disable-upload")]
    [InlineData("rdp", "security: nla, enable-printing: \"true\"", "fileDownload: true", "enable-printing")]
    [InlineData("rdp", "security: nla, disable-download: \"false\"", "fileUpload: true", "disable-download")]
    [InlineData("rdp", "security: nla, disable-audio: \"true\"", "audioOut: true", "disable-audio")]
    [InlineData("rdp", "security: nla, disable-audio: \"false\"", "audioOut: false", "disable-audio")]
    [InlineData("rdp", "security: nla, enable-audio-input: \"true\"", "", "enable-audio-input")]
    internal void Read_AParameterThatSaysOtherwise_IsAFaultOfItsField(string protocol, string parameters, string channels, string field)
    {
        var problem = Assert.Single(Read(protocol, parameters, channels).Problems);

        Assert.Equal($"spec.parameters.{field}", problem.Field);
        Assert.Contains("contradicts spec.channels", problem.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_AChannelInASecret_IsAFaultOfItsField()
    {
        var file = ResourceReader.Read(
            "x.yaml", ConnectionYaml.Of("ssh", "{host-key: k}", "  secretRef: {disable-paste: {file: /run/secrets/a}}\n"), Options);

        Assert.Equal("spec.secretRef.disable-paste", Assert.Single(file.Problems).Field);
    }

    private static ResourceFile Read(string protocol, string parameters, string channels) => ResourceReader.Read(
        "x.yaml", ConnectionYaml.Of(protocol, $"{{{parameters}}}", channels.Length == 0 ? "" : $"  channels: {{ {channels} }}\n"), Options);
}
