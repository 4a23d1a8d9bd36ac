using OpenOva.Relay.Connections;
using OpenOva.Relay.Evidence;
using OpenOva.Relay.Sessions;
using OpenOva.Relay.Tests.Connections;

namespace OpenOva.Relay.Tests.Sessions;

[Trait("Kind", "Fast")]
public sealed class RecordingNoticeTests
{
    private static readonly ConnectionsOptions Options = new() { DefaultOrganisation = "acme", DefaultRetentionDays = 30 };

    [Theory]
    [InlineData("audioOut: false", "lets nothing through.")]
    [InlineData("clipboardIn: true, audioOut: false", "lets through: the clipboard to the target.")]
    [InlineData("clipboardOut: true, fileUpload: true, fileDownload: true", "lets through: the clipboard from the target, files to the target, files from the target, sound from the target.")]
    [InlineData("printing: true, audioIn: true", "lets through: print jobs from the target, sound from the target, sound to the target.")]
    public void Notice_OfAConnection_SaysWhatItsChannelsLetThrough(string channels, string said)
    {
        var notice = new RecordingNotice(new SessionsOptions()).Of(Connection(channels));

        Assert.Contains(said, notice.Text, StringComparison.Ordinal);
        Assert.Contains("the contents of clipboard, files and print jobs are not kept", notice.Text, StringComparison.Ordinal);
        Assert.Equal(Digests.Hex(System.Text.Encoding.UTF8.GetBytes(notice.Text)), notice.Sha256);
    }

    [Fact]
    public void Notice_OfAnotherPolicy_IsAnotherVersion() => Assert.NotEqual(
        new RecordingNotice(new SessionsOptions()).Of(Connection("clipboardIn: true")).Sha256, new RecordingNotice(new SessionsOptions()).Of(Connection("clipboardOut: true")).Sha256);

    [Fact]
    public void Notice_OfTheOperatorsOwnText_SaysItToo()
    {
        var file = Path.GetTempFileName();
        File.WriteAllText(file, "You are watched.\r\nAlways.\n");

        var notice = new RecordingNotice(new SessionsOptions { NoticeFile = file }).Of(Connection("clipboardIn: true"));

        Assert.StartsWith("You are watched.\nAlways.\nBesides screen", notice.Text, StringComparison.Ordinal);
        File.Delete(file);
    }

    private static Relay.Connections.Connection Connection(string channels) => ConnectionYaml.Only(
        ResourceReader.Read("x.yaml", ConnectionYaml.Of("ssh", "{host-key: k}", $"  channels: {{ {channels} }}\n"), Options));
}
