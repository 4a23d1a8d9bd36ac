using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration.Pages;

/// <summary>What forms of the pages do, and what stands in the ledger afterwards.</summary>
[Trait("Kind", "Fast")]
[Collection(AuthorizationWorld.Collection)]
public sealed partial class PageActionTests(AuthorizationWorld world)
{
    [Fact]
    public async Task Open_WithTheNoticeAcknowledged_HandsTheTicketOutOfScriptsReachAndKeepsTheVersion()
    {
        using var olivia = await BrowserPerson.SignInAsync(world.Relay.Web, "olivia");
        var page = await olivia.PageAsync("/connections/ssh-db");
        var notice = NoticeField().Match(page).Groups[1].Value;

        using var unread = await olivia.PostAsync("/connections/ssh-db/open", new() { ["purpose"] = "a test" });
        using var stale = await olivia.PostAsync("/connections/ssh-db/open", new() { ["purpose"] = "a test", ["notice"] = new string('0', 64) });
        using var opened = await olivia.PostAsync("/connections/ssh-db/open", new() { ["purpose"] = "a test", ["notice"] = notice });

        Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.BadRequest, HttpStatusCode.Redirect), (unread.StatusCode, stale.StatusCode, opened.StatusCode));
        var session = opened.Headers.Location!.ToString().Split('/')[2];
        var cookie = Assert.Single(opened.Headers.GetValues("Set-Cookie"), set => set.StartsWith($"relay-tunnel-{session}=", StringComparison.Ordinal));
        Assert.Contains("path=/tunnel", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=strict", cookie, StringComparison.OrdinalIgnoreCase);
        var leaf = Assert.Single(await LedgerLeaves.AllAsync(world.Relay), leaf => leaf.Type == "session.opened" && leaf.Data.String("session") == session);
        Assert.Equal(notice, leaf.Data.String("notice"));
        await olivia.PageAsync($"/sessions/{session}/screen");
    }

    [Fact]
    public async Task Request_OfAPersonDecidedByAnother_IsApprovedAndNotByHimself()
    {
        using var olivia = await BrowserPerson.SignInAsync(world.Relay.Web, "olivia");
        await olivia.PageAsync("/connections/ssh-jit");
        using var asked = await olivia.PostAsync("/connections/ssh-jit/requests", new() { ["reason"] = "a <b>test</b>", ["minutes"] = "30" });
        var path = asked.Headers.Location!.ToString().Split('?')[0];
        using var albert = await BrowserPerson.SignInAsync(world.Relay.Web, "albert");
        var page = await albert.PageAsync(path);
        using var own = await olivia.PostAsync($"{path}/decision", new() { ["verdict"] = "approve" });
        using var decided = await albert.PostAsync($"{path}/decision", new() { ["verdict"] = "approve", ["comment"] = "fine" });

        Assert.Contains("a &lt;b&gt;test&lt;/b&gt;", page, StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.Forbidden, HttpStatusCode.Redirect), (own.StatusCode, decided.StatusCode));
        Assert.Contains("approved", await olivia.PageAsync(path), StringComparison.Ordinal);
        await olivia.PageAsync("/connections/ssh-jit");
        using var revoked = await olivia.PostAsync($"{path}/revocation", new() { ["reason"] = "done" });
        Assert.Equal(HttpStatusCode.Redirect, revoked.StatusCode);
    }

    [Fact]
    public async Task Replay_WithAPurpose_IsLedgeredFirstAndServesTheStoredBytesToThatBrowserAlone()
    {
        var session = world.SessionOf["olivia"];
        using var anton = await BrowserPerson.SignInAsync(world.Relay.Web, "anton");
        await anton.PageAsync($"/recordings/{session}");
        await anton.PageAsync($"/recordings/{session}/replay", HttpStatusCode.Forbidden);
        using var without = await anton.PostAsync($"/recordings/{session}/views", new() { ["purpose"] = "" });
        var before = (await LedgerLeaves.AllAsync(world.Relay)).Count(IsReplay);
        using var viewed = await anton.PostAsync($"/recordings/{session}/views", new() { ["purpose"] = "a sample" });
        var leaves = await LedgerLeaves.AllAsync(world.Relay);
        var replay = viewed.Headers.Location!.ToString();
        var query = replay[replay.IndexOf('?', StringComparison.Ordinal)..];

        Assert.Equal((HttpStatusCode.BadRequest, before + 1), (without.StatusCode, leaves.Count(IsReplay)));
        await anton.PageAsync(replay);
        var whole = await world.Relay.StoredAsync(session);
        Assert.Equal(whole, await RangeAsync(anton, $"/recordings/{session}/object{query}", 0, whole.Length - 1));
        Assert.Equal(whole[5..20], await RangeAsync(anton, $"/recordings/{session}/object{query}", 5, 19));
        Assert.StartsWith("{\"members\":[{", await anton.PageAsync($"/recordings/{session}/index{query}"), StringComparison.Ordinal);

        using var rita = await BrowserPerson.SignInAsync(world.Relay.Web, "rita");
        await rita.PageAsync(replay, HttpStatusCode.Forbidden);
        await rita.PageAsync($"/recordings/{session}/index{query}", HttpStatusCode.Forbidden);
        await anton.PageAsync($"/recordings/{world.SessionOf["otto"]}/index{query}", HttpStatusCode.Forbidden);
    }

    [Theory]
    [InlineData("")]
    [InlineData("bytes=0-")]
    [InlineData("bytes=-5")]
    [InlineData("bytes=0-1,4-5")]
    [InlineData("bytes=5-4")]
    [InlineData("bytes=0-999999999999")]
    [InlineData("lines=0-1")]
    public async Task Object_AskedForOtherwiseThanByOneRange_IsRefused(string range)
    {
        var session = world.SessionOf["olivia"];
        using var anton = await BrowserPerson.SignInAsync(world.Relay.Web, "anton");
        await anton.PageAsync($"/recordings/{session}");
        using var viewed = await anton.PostAsync($"/recordings/{session}/views", new() { ["purpose"] = "a sample" });
        var query = viewed.Headers.Location!.ToString().Split('?')[1];

        using var answer = await anton.SendAsync(
            HttpMethod.Get, new Uri($"/recordings/{session}/object?{query}", UriKind.Relative), change: request => request.Headers.TryAddWithoutValidation("Range", range));

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    private static bool IsReplay(OpenOva.Relay.Evidence.Ledger.LedgerLeaf leaf) => leaf.Type == "recording.viewed" && leaf.Data.String("part") == "replay";

    private static async Task<byte[]> RangeAsync(BrowserPerson person, string path, int from, int to)
    {
        using var answer = await person.SendAsync(HttpMethod.Get, new Uri(path, UriKind.Relative), change: request => request.Headers.Range = new RangeHeaderValue(from, to));
        Assert.Equal(HttpStatusCode.PartialContent, answer.StatusCode);
        Assert.Equal("application/octet-stream", answer.Content.Headers.ContentType!.MediaType);
        Assert.Empty(answer.Content.Headers.ContentEncoding);
        Assert.True(answer.Headers.CacheControl!.NoStore);
        return await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
    }

    [GeneratedRegex("name=\"notice\" value=\"([0-9a-f]{64})\"")]
    private static partial Regex NoticeField();
}
