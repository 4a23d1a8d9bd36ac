using System.Text.RegularExpressions;
using OpenOva.Relay.Integration.Pages;

namespace OpenOva.Relay.Integration.Channels;

/// <summary>What the pages say and offer of a connection's channels.</summary>
[Trait("Kind", "Real")]
public sealed partial class ChannelPageTests(ChannelWorld world) : IClassFixture<ChannelWorld>
{
    [Theory]
    [InlineData("ssh", "paste, copy, upload, download, print, sound, microphone", true)]
    [InlineData("telnet", "nothing", false)]
    public async Task Screen_OfAConnection_OffersWhatItsChannelsLetThrough(string connection, string said, bool offers)
    {
        using var olivia = await BrowserPerson.SignInAsync(world.Relay.Web, "olivia");
        var page = await olivia.PageAsync($"/connections/{connection}");
        Assert.Contains($"<dd>{said}</dd>", page, StringComparison.Ordinal);

        using var opened = await olivia.PostAsync($"/connections/{connection}/open", new() { ["purpose"] = "a test", ["notice"] = NoticeField().Match(page).Groups[1].Value });
        var screen = await olivia.PageAsync($"/sessions/{opened.Headers.Location!.ToString().Split('/')[2]}/screen");

        foreach (var id in (string[])["paste", "clipboard", "clipboard-send", "upload", "upload-file"])
            Assert.Equal(offers, screen.Contains($"id=\"{id}\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Session_OfAPersonWhoTransferred_ListsIt()
    {
        var left = await world.VisitAsync("ssh", async (tunnel, user) =>
        {
            await tunnel.SendAsync("4.file,1.1,8.text/csv,10.<b>a</b>.x;4.blob,1.1,4.eA==;3.end,1.1;");
            await user.WaitForAsync("end", "1");
        });
        using var anton = await BrowserPerson.SignInAsync(world.Relay.Web, "anton");

        var page = await anton.PageAsync($"/sessions/{left.Session}");

        Assert.Contains("file &lt;b&gt;a&lt;/b&gt;.x", page, StringComparison.Ordinal);
        Assert.Contains("<td>to the target</td>", page, StringComparison.Ordinal);
    }

    [GeneratedRegex("name=\"notice\" value=\"([0-9a-f]{64})\"")]
    private static partial Regex NoticeField();
}
