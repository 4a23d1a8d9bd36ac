using OpenOva.Relay.Identity.Browser;
using OpenOva.Relay.Pages.Recordings;

namespace OpenOva.Relay.Tests.Pages;

[Trait("Kind", "Fast")]
public sealed class ReplayPassTests
{
    private const long Now = 1_770_000_000_000_000;
    private const long FourHours = 4 * 3_600_000_000L;
    private const string Session = "0198c0de-0000-7000-8000-000000000001";

    [Fact]
    public void Pass_OfOneRecording_AdmitsItsSignInToItForFourHours()
    {
        var secret = BrowserSecret.Create();
        var pass = ReplayPass.Issue(secret, Session, Now);

        Assert.True(ReplayPass.Admits(secret, Session, pass, Now));
        Assert.True(ReplayPass.Admits(secret, Session, pass, Now + FourHours - 1));
        Assert.False(ReplayPass.Admits(secret, Session, pass, Now + FourHours));
        Assert.False(ReplayPass.Admits(secret, "0198c0de-0000-7000-8000-000000000002", pass, Now));
        Assert.False(ReplayPass.Admits(BrowserSecret.Create(), Session, pass, Now));
        Assert.False(ReplayPass.Admits(null, Session, pass, Now));
    }

    [Fact]
    public void Pass_Altered_AdmitsNobody()
    {
        var secret = BrowserSecret.Create();
        var (until, mark) = (Now + FourHours, ReplayPass.Issue(secret, Session, Now).Split('.')[1]);

        foreach (var pass in (string?[])[null, "", $"{until + 1}.{mark}", $"{until}.", $"{until}", $"{until}.{mark}.", $"+{until}.{mark}", $" {until}.{mark}", $"{until}.{mark[..^1]}"])
            Assert.False(ReplayPass.Admits(secret, Session, pass, Now), $"admitted by {pass}");
    }
}
