using System.Net;

namespace OpenOva.Relay.Integration.Pages;

/// <summary>Signing in and out with a browser, and what another site or a stolen table could make of it.</summary>
[Trait("Kind", "Fast")]
[Collection(AuthorizationWorld.Collection)]
public sealed class BrowserSignInTests(AuthorizationWorld world)
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

    [Fact]
    public async Task Form_OfAnotherSite_DoesNothing()
    {
        using var sofia = await BrowserPerson.SignInAsync(world.Relay.Web, "sofia");
        using var albert = await BrowserPerson.SignInAsync(world.Relay.Web, "albert");
        await sofia.PageAsync("/sessions");
        await albert.PageAsync("/sessions");
        foreach (var answer in new[]
        {
            await sofia.PostAsync("/auth/sign-out", token: ""),
            await sofia.PostAsync("/auth/sign-out", token: albert.FormToken),
            await sofia.PostAsync("/auth/sign-out", change: request => request.Headers.Add("Sec-Fetch-Site", "cross-site")),
            await sofia.PostAsync("/auth/sign-out", change: request => request.Headers.Add("Sec-Fetch-Site", "same-site")),
            await sofia.PostAsync("/auth/sign-out", change: request => request.Headers.Add("Origin", "https://evil.example")),
            await sofia.PostAsync("/auth/sign-out", change: request => request.Content = new StringContent("form_token=" + sofia.FormToken, System.Text.Encoding.UTF8, "text/plain")),
        })
        {
            Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
            answer.Dispose();
        }

        await sofia.PageAsync("/sessions");
    }

    [Fact]
    public async Task Cookie_AtWhatIsNoPage_IsWorthNothing()
    {
        using var anton = await BrowserPerson.SignInAsync(world.Relay.Web, "anton");

        using var answer = await anton.GetAsync("/openova.relay.v1.LedgerService/GetCheckpoint");

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    [Theory]
    [InlineData("/sign-in", HttpStatusCode.OK)]
    [InlineData("/signed-out", HttpStatusCode.OK)]
    [InlineData("/sessions/none", HttpStatusCode.Forbidden)]
    [InlineData("/sessions", HttpStatusCode.OK)]
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
    }
}
