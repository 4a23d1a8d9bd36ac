using System.Net;
using System.Text.RegularExpressions;

namespace OpenOva.Relay.Integration.Pages;

/// <summary>A browser without a screen: cookies, redirects one at a time, forms with the page's token. What scripts do is for the browser tests.</summary>
internal sealed partial class BrowserPerson : IDisposable
{
    private readonly HttpClient _http;
    private readonly Uri _base;

    public BrowserPerson(Uri address)
    {
        _base = address;
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, CookieContainer = Cookies, UseCookies = true }) { Timeout = TimeSpan.FromSeconds(20) };
    }

    public CookieContainer Cookies { get; } = new();

    /// <summary>The token that the last page's forms carry.</summary>
    public string FormToken { get; private set; } = "";

    /// <summary>Goes through the code flow at the development issuer and comes back to <paramref name="path"/>.</summary>
    public static async Task<BrowserPerson> SignInAsync(Uri address, string name, string organisation = "acme", string path = "/")
    {
        var person = new BrowserPerson(address);
        using var leading = await person.GetAsync($"/auth/sign-in?organisation={organisation}&return={Uri.EscapeDataString(path)}");
        var issuer = leading.Headers.Location!;
        using var answered = await person.SendAsync(HttpMethod.Post, issuer, new() { ["username"] = name, ["password"] = "pw" });
        Assert.Equal(HttpStatusCode.Redirect, answered.StatusCode);
        using var back = await person.SendAsync(HttpMethod.Get, answered.Headers.Location!);
        Assert.Equal((HttpStatusCode.Redirect, path), (back.StatusCode, back.Headers.Location!.ToString()));
        return person;
    }

    public Task<HttpResponseMessage> GetAsync(string path) => SendAsync(HttpMethod.Get, new Uri(_base, path));

    /// <summary>The page's text; its status must be as given.</summary>
    public async Task<string> PageAsync(string path, HttpStatusCode status = HttpStatusCode.OK)
    {
        using var answer = await GetAsync(path);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == status, $"{path}: {(int)answer.StatusCode}, not {(int)status}: {text}");
        if (FormTokenField().Match(text) is { Success: true } token) FormToken = token.Groups[1].Value;
        return text;
    }

    /// <summary>Sends a form as the last page would.</summary>
    public Task<HttpResponseMessage> PostAsync(string path, Dictionary<string, string>? fields = null, string? token = null, Action<HttpRequestMessage>? change = null) =>
        SendAsync(HttpMethod.Post, new Uri(_base, path), new(fields ?? []) { ["form_token"] = token ?? FormToken }, change);

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, Uri address, Dictionary<string, string>? form = null, Action<HttpRequestMessage>? change = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(_base, address));
        if (form is not null) request.Content = new FormUrlEncodedContent(form);
        change?.Invoke(request);
        return await _http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    public void Dispose() => _http.Dispose();

    [GeneratedRegex("name=\"form_token\" value=\"([^\"]+)\"")]
    private static partial Regex FormTokenField();
}
