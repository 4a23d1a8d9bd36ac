using System.Net;
using System.Net.Http.Headers;
using OpenOva.Relay.Identity;

namespace OpenOva.Relay.Integration.Pages;

/// <summary>Who may see which page, asked of the running server person by person.</summary>
[Trait("Kind", "Fast")]
[Collection(AuthorizationWorld.Collection)]
public sealed class PageAccessTests(AuthorizationWorld world)
{
    /// <summary>Pages that show something of somebody, by their rows of the matrix.</summary>
    public static TheoryData<string> Pages =>
    [
        "GET /connections/{name}", "GET /requests", "GET /requests/{id}", "GET /sessions", "GET /sessions/{id}", "GET /sessions/{id}/screen", "GET /emergencies",
        "GET /recordings/{id}",
    ];

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task Page_AskedForByEveryone_AnswersAsTheMatrixSays(string route)
    {
        var row = AuthorizationMatrix.Of(route);
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        var wrong = new List<string>();
        foreach (var caller in AuthorizationWorld.Callers.Where(caller => caller.IsPerson))
        foreach (var (path, owner, organisation) in Targets(row, route["GET ".Length..]))
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(world.Relay.Web, path));
            var headers = await world.HeadersAsync(caller, throughGateway: false);
            request.Headers.Authorization = AuthenticationHeaderValue.Parse(headers.GetValue("authorization")!);
            using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);
            var expected = Expected(row, caller, owner, organisation) ? HttpStatusCode.OK : HttpStatusCode.Forbidden;
            if (answer.StatusCode != expected) wrong.Add($"{caller} on {path} of {owner}: {(int)answer.StatusCode}, not {(int)expected}");
        }

        Assert.True(wrong.Count == 0, $"{route}{Environment.NewLine}{string.Join(Environment.NewLine, wrong)}");
    }

    /// <summary>What forms do to sessions, which are over: whoever may is told that, or that it is done.</summary>
    [Theory]
    [InlineData("POST /sessions/{id}/termination")]
    [InlineData("POST /sessions/{id}/lock")]
    [InlineData("POST /sessions/{id}/watch")]
    public async Task Form_SentByEveryone_IsTakenAsTheMatrixSays(string route)
    {
        var row = AuthorizationMatrix.Of(route);
        var wrong = new List<string>();
        foreach (var caller in AuthorizationWorld.Callers.Where(caller => caller.IsPerson))
        {
            using var person = await BrowserPerson.SignInAsync(world.Relay.Web, caller.Name, caller.Organisation);
            await person.PageAsync("/");
            foreach (var (path, owner, organisation) in Targets(row, route["POST ".Length..]))
            {
                using var answer = await person.PostAsync(path, new() { ["purpose"] = "a test", ["locked"] = "1" });
                if (answer.StatusCode != HttpStatusCode.Forbidden != Expected(row, caller, owner, organisation)) wrong.Add($"{caller} on {path} of {owner}: {(int)answer.StatusCode}");
            }
        }

        Assert.True(wrong.Count == 0, $"{route}{Environment.NewLine}{string.Join(Environment.NewLine, wrong)}");
    }

    [Theory]
    [InlineData("termination")]
    [InlineData("lock")]
    [InlineData("watch")]
    public async Task Form_WithoutAPurpose_IsRefused(string form)
    {
        using var sofia = await BrowserPerson.SignInAsync(world.Relay.Web, "sofia");
        await sofia.PageAsync("/");

        using var answer = await sofia.PostAsync($"/sessions/{world.SessionOf["olivia"]}/{form}", new() { ["purpose"] = "", ["locked"] = "1" });

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Theory]
    [InlineData("GET /sessions", "GET /sessions/{id}")]
    [InlineData("GET /requests", "GET /requests/{id}")]
    public async Task List_OfEveryone_HoldsWhatHeMaySeeAndNoMore(string list, string each)
    {
        var row = AuthorizationMatrix.Of(each);
        var targets = Targets(row, each["GET ".Length..]).Where(target => target.Owner.Length > 0).ToList();
        // Other tests' come after these, and may fill the first page.
        var newest = targets.Select(target => target.Path[^36..]).Max(StringComparer.Ordinal)!;
        var wrong = new List<string>();
        foreach (var caller in AuthorizationWorld.Callers.Where(caller => caller.IsPerson && (caller.Roles & AuthorizationMatrix.Of(list).Any) != 0))
        {
            using var person = await BrowserPerson.SignInAsync(world.Relay.Web, caller.Name, caller.Organisation);
            var page = await person.PageAsync($"{list["GET ".Length..]}?before={newest[..^12]}ffffffffffff");
            foreach (var (path, owner, organisation) in targets)
            {
                if (page.Contains($"\"{path}\"", StringComparison.Ordinal) != Expected(row, caller, owner, organisation)) wrong.Add($"{caller}: {path} of {owner}");
            }
        }

        Assert.True(wrong.Count == 0, $"{list}{Environment.NewLine}{string.Join(Environment.NewLine, wrong)}");
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/sessions?before=x")]
    [InlineData("/recordings/01a226c8-964f-7000-9722-68cd92e1cdf1")]
    public async Task Page_WithoutSignIn_LeadsToSignInAndBack(string path)
    {
        using var nobody = new BrowserPerson(world.Relay.Web);

        using var answer = await nobody.GetAsync(path);

        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        Assert.Equal($"/auth/sign-in?return={Uri.EscapeDataString(path)}", answer.Headers.Location!.ToString(), ignoreCase: true);
    }

    [Fact]
    public async Task Form_WithoutSignIn_IsRefusedAndNotRepeatedLater()
    {
        using var nobody = new BrowserPerson(world.Relay.Web);

        using var answer = await nobody.PostAsync("/connections/ssh-db/open", token: "any");

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    private IEnumerable<(string Path, string Owner, string Organisation)> Targets(AuthorizationRow row, string pattern) => row.Concerns switch
    {
        Concerns.Organisation => [(pattern, "", "")],
        Concerns.Connection => [(pattern.Replace("{name}", "ssh-db", StringComparison.Ordinal), "", "acme"), (pattern.Replace("{name}", "ssh-globex", StringComparison.Ordinal), "", "globex"),
            (pattern.Replace("{name}", "nothing", StringComparison.Ordinal), "", "nowhere")],
        Concerns.Request => world.RequestOf.Select(entry => (With(pattern, entry.Value), entry.Key, "acme")),
        _ => [.. world.SessionOf.Select(entry => (With(pattern, entry.Value), entry.Key, entry.Key == "gina" ? "globex" : "acme")), (With(pattern, "01a226c8-964f-7000-9722-68cd92e1cdf1"), "", "nowhere"),
            (With(pattern, "no-id"), "", "nowhere")],
    };

    private static string With(string pattern, string id) => pattern.Replace("{id}", id, StringComparison.Ordinal);

    private static bool Expected(AuthorizationRow row, MatrixCaller caller, string owner, string organisation) => row.Concerns switch
    {
        Concerns.Organisation => (caller.Roles & row.Any) != 0,
        _ when caller.Organisation != organisation => false,
        Concerns.Connection => (caller.Roles & row.Others) != 0 || ((caller.Roles & row.Own) != 0 && caller.IsInAudience),
        _ when owner == caller.Name => (caller.Roles & row.Own) != 0,
        _ => (caller.Roles & row.Others) != 0,
    };
}
