using Microsoft.AspNetCore.Http;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Identity.Recheck;

namespace OpenOva.Relay.Tests.Identity;

[Trait("Kind", "Fast")]
public sealed class IssuerAccountsTests : IAsyncLifetime
{
    private const string Ada = "f3c9a1";

    private readonly ManualTime _time = new();
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromMilliseconds(500) };
    private readonly string _secret = Path.Combine(Path.GetTempPath(), $"relay-secret-{Path.GetRandomFileName()}");
    private TestAdminApi _admin = null!;
    private IssuerOptions _issuer = null!;
    private IssuerAccounts _accounts = null!;

    public static TheoryData<string> Silences => ["503", "500", "403", "302", "html 404", "empty", "not json", "list", "another account", "no enabled", "hangs", "closes"];

    public async ValueTask InitializeAsync()
    {
        await File.WriteAllTextAsync(_secret, TestAdminApi.Secret + "\n");
        _admin = await TestAdminApi.StartAsync();
        _admin.Accounts[Ada] = new TestAccount
        {
            RealmRoles = ["relay-operator", "dba", "default-roles-acme"],
            ClientRoles = new Dictionary<string, string[]> { ["vault.prod"] = ["auditor"], ["relay"] = ["payments"] },
            Groups = ["/emea/auditors", "/it"],
        };
        _issuer = new IssuerOptions
        {
            Issuer = _admin.Issuer,
            Organisation = "acme",
            Audience = "relay",
            Recheck = new RecheckOptions { ClientId = TestAdminApi.Client, SecretFile = _secret },
        };
        _issuer.Roles["relay-auditor"] = new RoleMapping { ClientRoles = [new ClientRole { Client = "vault.prod", Role = "auditor" }] };
        _issuer.Roles["relay-reviewer"] = new RoleMapping { Groups = ["/emea/*"] };
        _accounts = new IssuerAccounts(_issuer, _http, _time);
    }

    public async ValueTask DisposeAsync()
    {
        _accounts.Dispose();
        _http.Dispose();
        await _admin.DisposeAsync();
        File.Delete(_secret);
    }

    [Fact]
    public async Task Ask_ActiveAccount_GivesTheRolesThatATokenWould()
    {
        var standing = await AskAsync();

        Assert.Equal(AccountState.Active, standing.State);
        Assert.Equal(CallerRoles.Operator | CallerRoles.Auditor | CallerRoles.Reviewer, standing.Roles);
        Assert.Equal(["dba", "default-roles-acme", "payments", "relay-operator"], standing.TokenRoles.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Ask_DisabledAccount_HasNoRoles()
    {
        _admin.Accounts[Ada].Enabled = false;

        Assert.Equal((AccountState.Disabled, CallerRoles.None, 0), Of(await AskAsync()));
    }

    [Fact]
    public async Task Ask_UnknownAccount_IsGone() => Assert.Equal((AccountState.Gone, CallerRoles.None, 0), Of(await AskAsync("nobody/../f3c9a1")));

    [Fact]
    public async Task Ask_Demoted_LosesTheRoles()
    {
        await AskAsync();
        _admin.Accounts[Ada].RealmRoles = ["relay-operator"];
        _admin.Accounts[Ada].Groups = [];

        var standing = await AskAsync();

        Assert.Equal(CallerRoles.Operator | CallerRoles.Auditor, standing.Roles);
        Assert.DoesNotContain("dba", standing.TokenRoles.AsEnumerable());
    }

    [Fact]
    public async Task Ask_ManyGroups_ReadsThemAll()
    {
        _admin.Accounts[Ada].Groups = [.. Enumerable.Range(0, 230).Select(i => $"/g/{i}"), "/emea/last"];

        Assert.True((await AskAsync()).Roles.HasFlag(CallerRoles.Reviewer));
    }

    [Fact]
    public async Task Ask_Again_KeepsTokenAndClientIds()
    {
        await AskAsync();
        await AskAsync();
        Assert.Equal(1, _admin.TokensIssued);
        Assert.Equal(2, _admin.Asked.Count(path => path.StartsWith("clients?", StringComparison.Ordinal)));

        _time.Advance(TimeSpan.FromSeconds(51));
        await AskAsync();
        Assert.Equal(2, _admin.TokensIssued);
    }

    [Fact]
    public async Task Ask_TokenNoLongerCounts_FetchesAnother()
    {
        await AskAsync();
        _admin.ForgetTokens();

        Assert.Equal(AccountState.Active, (await AskAsync()).State);
        Assert.Equal(2, _admin.TokensIssued);
    }

    [Fact]
    public async Task Ask_ClientMadeAnew_IsFoundUnderItsNewId()
    {
        await AskAsync();
        _admin.Clients["vault.prod"] = "c0ffee-9";

        // Its roles are gone with it, and back once the new client is looked up.
        Assert.False((await AskAsync()).Roles.HasFlag(CallerRoles.Auditor));
        Assert.True((await AskAsync()).Roles.HasFlag(CallerRoles.Auditor));
    }

    [Theory]
    [MemberData(nameof(Silences))]
    public async Task Ask_AnythingElse_IsNoAnswer(string what)
    {
        await AskAsync();
        _admin.Fault = context => FaultAsync(context, what);

        var exception = await Assert.ThrowsAsync<IssuerUnansweredException>(() => AskAsync());

        Assert.DoesNotContain(TestAdminApi.Secret, exception.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ask_WrongSecret_IsNoAnswerAndTellsNothing()
    {
        await File.WriteAllTextAsync(_secret, "hunter2-wrong", TestContext.Current.CancellationToken);

        var exception = await Assert.ThrowsAsync<IssuerUnansweredException>(() => AskAsync());

        Assert.DoesNotContain("hunter2", exception.ToString(), StringComparison.Ordinal);
        Assert.Contains("401", exception.Message, StringComparison.Ordinal);
    }

    private static (AccountState, CallerRoles, int) Of(AccountStanding standing) => (standing.State, standing.Roles, standing.TokenRoles.Count);

    private Task<AccountStanding> AskAsync(string subject = Ada) => _accounts.AskAsync(subject, TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(10));

    private static async Task FaultAsync(HttpContext context, string what)
    {
        switch (what)
        {
            case "hangs":
                await Task.Delay(TimeSpan.FromSeconds(5), context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                break;
            case "closes":
                context.Abort();
                break;
            case "302":
                context.Response.Redirect("/elsewhere");
                break;
            case "html 404":
                context.Response.StatusCode = 404;
                await context.Response.WriteAsync("<html>no upstream</html>");
                break;
            default:
                context.Response.StatusCode = what.Length == 3 && int.TryParse(what, out var status) ? status : 200;
                await context.Response.WriteAsync(what switch
                {
                    "empty" => "",
                    "not json" => "{",
                    "list" => "[]",
                    "another account" => """{"id":"someone-else","enabled":false}""",
                    "no enabled" => $$"""{"id":"{{Ada}}"}""",
                    _ => "{}",
                });
                break;
        }
    }
}
