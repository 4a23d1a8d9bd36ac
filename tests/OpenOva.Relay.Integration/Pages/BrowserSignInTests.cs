using System.Net;
using System.Text.RegularExpressions;
using Grpc.Core;

namespace OpenOva.Relay.Integration.Pages;

/// <summary>Signing in and out with a browser, and what another site or a stolen table could make of it.</summary>
[Trait("Kind", "Fast")]
[Collection(AuthorizationWorld.Collection)]
public sealed partial class BrowserSignInTests(AuthorizationWorld world)
{
    [Fact]
    public async Task SignIn_ThroughTheIssuer_ShowsThePersonAndKeepsTheSecretFromScripts()
    {
        using var olivia = await BrowserPerson.SignInAsync(world.Relay.Web, "olivia", path: "/sessions");

        Assert.Contains("olivia", await olivia.PageAsync("/"), StringComparison.Ordinal);
        var cookie = Assert.Single(olivia.Cookies.GetCookies(world.Relay.Web).Cast<Cookie>(), cookie => cookie.Name == "relay");
        Assert.True(cookie.HttpOnly);
    }

    [Fact]
    public async Task Callback_InAnotherBrowserThanAsked_SignsNobodyIn()
    {
        using var asked = new BrowserPerson(world.Relay.Web);
        using var leading = await asked.GetAsync("/auth/sign-in?organisation=acme");
        using var answered = await asked.SendAsync(HttpMethod.Post, leading.Headers.Location!, new() { ["username"] = "olivia", ["password"] = "pw" });
        using var other = new BrowserPerson(world.Relay.Web);

        using var back = await other.SendAsync(HttpMethod.Get, answered.Headers.Location!);

        Assert.StartsWith("/sign-in?", back.Headers.Location!.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(other.Cookies.GetCookies(world.Relay.Web).Cast<Cookie>(), cookie => cookie.Name == "relay");
    }

    [Fact]
    public async Task Callback_UsedTwice_SignsNobodyInAgain()
    {
        using var asked = new BrowserPerson(world.Relay.Web);
        using var leading = await asked.GetAsync("/auth/sign-in?organisation=acme");
        using var answered = await asked.SendAsync(HttpMethod.Post, leading.Headers.Location!, new() { ["username"] = "olivia", ["password"] = "pw" });
        using var first = await asked.SendAsync(HttpMethod.Get, answered.Headers.Location!);
        using var second = await asked.SendAsync(HttpMethod.Get, answered.Headers.Location!);

        Assert.Equal("/", first.Headers.Location!.ToString());
        Assert.StartsWith("/sign-in?", second.Headers.Location!.ToString(), StringComparison.Ordinal);
        var asking = Assert.Single(leading.Headers.GetValues("Set-Cookie"), set => set.StartsWith("relay-sign-in-", StringComparison.Ordinal));
        Assert.EndsWith("; max-age=600; path=/auth/callback; samesite=lax; httponly", asking, StringComparison.Ordinal);
        // The question is answered, and the browser forgets it.
        var forgotten = Assert.Single(first.Headers.GetValues("Set-Cookie"), set => set.StartsWith("relay-sign-in-", StringComparison.Ordinal));
        Assert.Contains("=; expires=Thu, 01 Jan 1970", forgotten, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://evil.example/")]
    [InlineData("//evil.example")]
    [InlineData("/\\evil.example")]
    public async Task SignIn_AskedToLeadElsewhere_ComesBackToThisService(string path)
    {
        using var person = new BrowserPerson(world.Relay.Web);
        using var leading = await person.GetAsync($"/auth/sign-in?organisation=acme&return={Uri.EscapeDataString(path)}");
        using var answered = await person.SendAsync(HttpMethod.Post, leading.Headers.Location!, new() { ["username"] = "olivia", ["password"] = "pw" });
        using var back = await person.SendAsync(HttpMethod.Get, answered.Headers.Location!);
        using var unknown = await person.GetAsync($"/auth/sign-in?organisation=none&return={Uri.EscapeDataString(path)}");

        Assert.Equal("/", back.Headers.Location!.ToString());
        Assert.Equal("/sign-in?return=%2F&organisation=none", unknown.Headers.Location!.ToString());
    }

    [Fact]
    public async Task SignIn_InTheBrowserOfAnother_EndsTheEarlierOne()
    {
        using var browser = await BrowserPerson.SignInAsync(world.Relay.Web, "sofia");
        var earlier = browser.Cookies.GetCookies(world.Relay.Web)["relay"]!.Value;

        using var leading = await browser.GetAsync("/auth/sign-in?organisation=acme");
        using var answered = await browser.SendAsync(HttpMethod.Post, leading.Headers.Location!, new() { ["username"] = "olivia", ["password"] = "pw" });
        using var back = await browser.SendAsync(HttpMethod.Get, answered.Headers.Location!);
        using var kept = new BrowserPerson(world.Relay.Web);
        kept.Cookies.Add(world.Relay.Web, new Cookie("relay", earlier));
        using var again = await kept.GetAsync("/sessions");

        Assert.Contains("olivia", await browser.PageAsync("/"), StringComparison.Ordinal);
        Assert.NotEqual(earlier, browser.Cookies.GetCookies(world.Relay.Web)["relay"]!.Value);
        Assert.Equal(HttpStatusCode.Redirect, again.StatusCode);
    }

    [Theory]
    [InlineData("/auth/callback")]
    [InlineData("/auth/callback?code=x&state=y")]
    [InlineData("/auth/callback?error=access_denied&state=y")]
    [InlineData("/auth/callback?code=x&state=0123456789abcdef&iss=https%3A%2F%2Fevil.example")]
    public async Task Callback_ThatNobodyAskedFor_LeadsToTheSignInPage(string path)
    {
        using var nobody = new BrowserPerson(world.Relay.Web);

        using var answer = await nobody.GetAsync(path);

        Assert.StartsWith("/sign-in?", answer.Headers.Location!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task SignOut_WithAKeptCookie_IsOverAllTheSame()
    {
        using var sofia = await BrowserPerson.SignInAsync(world.Relay.Web, "sofia");
        await sofia.PageAsync("/sessions");
        var kept = sofia.Cookies.GetCookies(world.Relay.Web)["relay"]!.Value;

        using var answer = await sofia.PostAsync("/auth/sign-out");
        using var thief = new BrowserPerson(world.Relay.Web);
        thief.Cookies.Add(world.Relay.Web, new Cookie("relay", kept));
        using var again = await thief.GetAsync("/sessions");

        Assert.Equal((HttpStatusCode.Redirect, "/signed-out"), (answer.StatusCode, answer.Headers.Location?.ToString()));
        Assert.Equal(HttpStatusCode.Redirect, again.StatusCode);
    }

    [Theory]
    [InlineData("/auth/sign-out")]
    [InlineData("/sessions/ID/termination")]
    public async Task Form_OfAnotherSite_DoesNothing(string form)
    {
        // It is over: nothing but the form's sender is wrong, and an end that is ordered again changes nothing.
        var path = form.Replace("ID", world.SessionOf["olivia"], StringComparison.Ordinal);
        using var sofia = await BrowserPerson.SignInAsync(world.Relay.Web, "sofia");
        using var albert = await BrowserPerson.SignInAsync(world.Relay.Web, "albert");
        await sofia.PageAsync("/sessions");
        await albert.PageAsync("/sessions");
        foreach (var answer in new[]
        {
            await sofia.PostAsync(path, new() { ["purpose"] = "a test" }, token: ""),
            await sofia.PostAsync(path, new() { ["purpose"] = "a test" }, token: albert.FormToken),
            await sofia.PostAsync(path, new() { ["purpose"] = "a test" }, change: request => request.Headers.Add("Sec-Fetch-Site", "cross-site")),
            await sofia.PostAsync(path, new() { ["purpose"] = "a test" }, change: request => request.Headers.Add("Sec-Fetch-Site", "same-site")),
            await sofia.PostAsync(path, new() { ["purpose"] = "a test" }, change: request => request.Headers.Add("Origin", "https://evil.example")),
            await sofia.PostAsync(path, new() { ["purpose"] = "a test" }, change: request => request.Content = new StringContent("form_token=" + sofia.FormToken, System.Text.Encoding.UTF8, "text/plain")),
        })
        {
            Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
            answer.Dispose();
        }

        await sofia.PageAsync("/sessions");
        using var own = await sofia.PostAsync(path, new() { ["purpose"] = "a test" }, change: request => request.Headers.Add("Sec-Fetch-Site", "same-origin"));
        Assert.Equal(HttpStatusCode.Redirect, own.StatusCode);
    }

    [Fact]
    public async Task Cookie_AtWhatIsNoPage_IsWorthNothing()
    {
        using var anton = await BrowserPerson.SignInAsync(world.Relay.Web, "anton");

        using var answer = await anton.GetAsync("/openova.relay.v1.LedgerService/GetCheckpoint");

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        var cookie = new Metadata { { "cookie", $"relay={anton.Cookies.GetCookies(world.Relay.Web)["relay"]!.Value}" } };
        Assert.Equal(StatusCode.Unauthenticated, (await Assert.ThrowsAsync<RpcException>(async () => await world.Relay.Sessions.ListAsync(new(), cookie))).StatusCode);
    }

    [Theory]
    [InlineData("/sign-in", HttpStatusCode.OK)]
    [InlineData("/signed-out", HttpStatusCode.OK)]
    [InlineData("/sessions/none", HttpStatusCode.Forbidden)]
    [InlineData("/sessions", HttpStatusCode.OK)]
    [InlineData("/emergencies", HttpStatusCode.OK)]
    public async Task Page_OfAnyKind_AllowsNothingFromElsewhere(string path, HttpStatusCode status)
    {
        using var sofia = await BrowserPerson.SignInAsync(world.Relay.Web, "sofia");

        using var answer = await sofia.GetAsync(path);

        Assert.Equal(status, answer.StatusCode);
        var policy = Assert.Single(answer.Headers.GetValues("Content-Security-Policy"));
        Assert.StartsWith("default-src 'none'; script-src 'self'; style-src 'self';", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        var page = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.DoesNotContain("<style", page, StringComparison.Ordinal);
        Assert.DoesNotContain(" style=", page, StringComparison.Ordinal);
        Assert.DoesNotContain("http://", page.Replace("http://www.w3.org", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.True(answer.Headers.CacheControl!.NoStore);
    }

    [Fact]
    public async Task Answer_ThatIsNoPageOfItsOwn_AllowsNothingFromElsewhereEither()
    {
        using var nobody = new BrowserPerson(world.Relay.Web);
        var asset = StyleSheet().Match(await nobody.PageAsync("/sign-in")).Groups[1].Value;

        using var refused = await nobody.PostAsync("/connections/ssh-db/open", token: "any");
        using var styles = await nobody.GetAsync(asset);
        using var former = await nobody.GetAsync(asset.Replace("/assets/", "/assets/former", StringComparison.Ordinal));

        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.OK, HttpStatusCode.NotFound), (refused.StatusCode, styles.StatusCode, former.StatusCode));
        foreach (var answer in new[] { refused, styles, former })
        {
            Assert.StartsWith("default-src 'none';", Assert.Single(answer.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
            Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
        }
    }

    [GeneratedRegex("href=\"(/assets/[^\"]+\\.css)\"")]
    private static partial Regex StyleSheet();
}
