namespace OpenOva.Relay.Integration.Targets;

/// <summary>telnet, whose login prompt guacd answers.</summary>
[Trait("Kind", "Real")]
[Collection("real components")]
public sealed class TelnetTargetTests
{
    [Fact]
    public async Task Telnet_WithLogin_IsRecordedFromTheFirstFrameToTheVerdict()
    {
        var target = TargetLab.OrSkip("telnet");
        var logins = Path.Combine(target.Home, "logins");
        var before = Length(logins);

        // What is typed before the shell is there would be taken for the password.
        var leaves = await TargetJourney.GoAsync(
            target.Setup("username: relaytest"), "telnet", target.Home, () => Streams.UntilAsync(() => Length(logins) > before, seconds: 30));

        Assert.Equal("unverified", leaves.Of("session.opened").Data.String("target_identity"));
    }

    private static long Length(string file) => File.Exists(file) ? new FileInfo(file).Length : 0;
}
