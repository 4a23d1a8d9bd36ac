using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Identity.Recheck;
using OpenOva.Relay.Sessions;
using OpenOva.Relay.Tests.Identity;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration.Identity;

/// <summary>What the administration of an issuer says of an account, while its sessions are live.</summary>
[Trait("Kind", "Real")]
public sealed class SessionRecheckTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly ManualTime _time = new();
    private TestAdminApi _admin = null!;
    private IssuerWorld? _world;
    private RecheckSchedule _schedule = null!;

    public async ValueTask InitializeAsync()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder.Path, "secret"), TestAdminApi.Secret);
        _admin = await TestAdminApi.StartAsync();
        _admin.Accounts["ada"] = new TestAccount { RealmRoles = ["relay-operator", "db"] };
        _admin.Accounts["bob"] = new TestAccount { RealmRoles = ["relay-operator", "db"] };
    }

    public async ValueTask DisposeAsync()
    {
        if (_world is not null) await _world.DisposeAsync();
        await _admin.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Recheck_NothingChanged_LetsTheSessionGoOnAndAsksOnceAnAccount()
    {
        var world = await StartAsync();
        await using var one = await world.ConnectAsync(world.Token("ada", "sid-1"));
        await using var two = await world.ConnectAsync(world.Token("ada", "sid-2"));
        await using var bob = await world.ConnectAsync(world.Token("bob", "sid-3"));

        await RoundAsync();
        await RoundAsync(seconds: 0);

        Assert.Equal(["users/ada", "users/bob"], _admin.Asked.Where(path => path.Count(c => c == '/') == 1 && path.StartsWith("users/", StringComparison.Ordinal)).Order());
        await one.SendAsync("3.nop;");
        Assert.True(one.Ended is null && two.Ended is null && bob.Ended is null);
        Assert.All(await ContractLeaves.OfTypeAsync(world.Relay, "acme", LedgerEventTypes.AccessDecided), leaf => Assert.False(leaf.Data.Has("recheck_of")));
    }

    [Theory]
    [InlineData("disabled", "account-disabled")]
    [InlineData("without the audience's role", "audience-role-missing")]
    public async Task Recheck_AccessIsNoLongerGiven_EndsEverySessionOfTheAccountAlone(string what, string reason)
    {
        var world = await StartAsync();
        await using var one = await world.ConnectAsync(world.Token("ada", "sid-1"));
        await using var two = await world.ConnectAsync(world.Token("ada", "sid-2"));
        await using var bob = await world.ConnectAsync(world.Token("bob", "sid-3"));
        if (what == "disabled") _admin.Accounts["ada"].Enabled = false;
        else _admin.Accounts["ada"].RealmRoles = ["relay-operator"];

        await RoundAsync();
        await Task.WhenAll(one.Finished, two.Finished).WaitAsync(TimeSpan.FromSeconds(5));

        Assert.Equal((SessionEndReason.AccessWithdrawn, SessionEndReason.AccessWithdrawn), (one.Ended!.Reason, two.Ended!.Reason));
        Assert.Null(bob.Ended);
        Assert.Equal(SessionEndReason.AccessWithdrawn, (await world.Relay.WaitForAsync(one.Session, SessionState.Verified)).EndReason);
        var decisions = (await ContractLeaves.OfTypeAsync(world.Relay, "acme", LedgerEventTypes.AccessDecided)).Where(leaf => leaf.Data.Has("recheck_of")).ToList();
        Assert.Equal(new[] { one.Session, two.Session }.Order(), decisions.Select(leaf => leaf.Data.String("recheck_of")).Order());
        Assert.All(decisions, leaf => Assert.Equal((reason, false), (leaf.Data.String("reason"), leaf.Data.Boolean("allowed"))));
        var orders = await ContractLeaves.OfTypeAsync(world.Relay, "acme", LedgerEventTypes.SessionEndOrdered);
        Assert.All(orders, order => Assert.True(order.Sequence > decisions.Single(leaf => leaf.Data.String("recheck_of") == order.Data.String("session")).Sequence));

        // The round after finds nothing to end twice.
        await RoundAsync();
        Assert.Equal(2, (await ContractLeaves.OfTypeAsync(world.Relay, "acme", LedgerEventTypes.SessionEndOrdered)).Count);
    }

    [Fact]
    public async Task Recheck_IssuerSilent_EndsTheSessionWhenTheGraceIsOver()
    {
        var world = await StartAsync();
        await using var tunnel = await world.ConnectAsync(world.Token("ada", "sid-1"));
        _admin.Fault = UnavailableAsync;

        await RoundAsync();
        await RoundAsync(seconds: 299);
        await tunnel.SendAsync("3.nop;");
        Assert.Null(tunnel.Ended);
        Assert.Equal("failed", await DetailAsync());
        await RoundAsync(seconds: 10);
        await tunnel.Finished.WaitAsync(TimeSpan.FromSeconds(5));

        Assert.Equal(SessionEndReason.AccessWithdrawn, tunnel.Ended!.Reason);
        var decision = Assert.Single(await ContractLeaves.OfTypeAsync(world.Relay, "acme", LedgerEventTypes.AccessDecided), leaf => leaf.Data.Has("recheck_of"));
        Assert.Equal("account-unanswered", decision.Data.String("reason"));
        using var http = new HttpClient();
        Assert.Equal("failed", await DetailAsync());
        _admin.Fault = null;
        await world.Relay.WaitForAsync(tunnel.Session, SessionState.Verified);
        await RoundAsync();
        Assert.Equal("ok", await DetailAsync());
        Assert.Contains("relay_rechecks_unanswered_total", await http.GetStringAsync(new Uri(world.Relay.Web, "/metrics"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Recheck_IssuerSilentForAWhile_TakesNothingAway()
    {
        var world = await StartAsync();
        await using var tunnel = await world.ConnectAsync(world.Token("ada", "sid-1"));
        _admin.Fault = UnavailableAsync;
        await RoundAsync();
        _admin.Fault = null;
        await RoundAsync(seconds: 200);
        Assert.Equal("ok", await DetailAsync());
        _admin.Fault = UnavailableAsync;
        await RoundAsync(seconds: 60);
        await RoundAsync(seconds: 200);

        await tunnel.SendAsync("3.nop;");
        Assert.Null(tunnel.Ended);
    }

    [Fact]
    public async Task Recheck_IssuerSilentAndTheSessionsAreToGoOn_GoOn()
    {
        var world = await StartAsync(("WhenUnanswered", "GoOn"));
        await using var tunnel = await world.ConnectAsync(world.Token("ada", "sid-1"));
        _admin.Fault = UnavailableAsync;

        for (var i = 0; i < 5; i++) await RoundAsync(seconds: 600);

        await tunnel.SendAsync("3.nop;");
        Assert.Null(tunnel.Ended);
        Assert.Equal("failed", await DetailAsync());
    }

    private async Task<IssuerWorld> StartAsync(params (string Key, string Value)[] changes)
    {
        _world = await IssuerWorld.StartAsync((values, _) =>
        {
            const string recheck = "Relay:Identity:Issuers:2:Recheck";
            // The service's own rounds would come in the way.
            values[$"{recheck}:Interval"] = "00:15:00";
            values[$"{recheck}:ClientId"] = TestAdminApi.Client;
            values[$"{recheck}:SecretFile"] = Path.Combine(_folder.Path, "secret");
            values[$"{recheck}:AdminBase"] = _admin.AdminBase;
            foreach (var (key, value) in changes) values[$"{recheck}:{key}"] = value;
        });
        var options = Accounts.Issuer.Recheck!;
        _schedule = new RecheckSchedule(new RecheckOptions { Interval = TimeSpan.FromSeconds(60), Grace = options.Grace }, _time);
        return _world;
    }

    private IssuerAccounts Accounts => Assert.Single(_world!.Relay.Services.GetRequiredService<RecheckedIssuers>().All);

    private async Task RoundAsync(double seconds = 61)
    {
        var recheck = _world!.Relay.Services.GetRequiredService<SessionRecheck>();
        // The first sight of an account is not due yet.
        await recheck.RoundAsync(Accounts, _schedule, TestContext.Current.CancellationToken);
        _time.Advance(TimeSpan.FromSeconds(seconds));
        await recheck.RoundAsync(Accounts, _schedule, TestContext.Current.CancellationToken);
    }

    private async Task<string> DetailAsync()
    {
        using var http = new HttpClient();
        var answer = JsonNode.Parse(await http.GetStringAsync(new Uri(_world!.Relay.Web, "/readyz"), TestContext.Current.CancellationToken))!;
        Assert.True(answer["ready"]!.GetValue<bool>());
        return answer["details"]!["recheck"]!.GetValue<string>();
    }

    private static Task UnavailableAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        return Task.CompletedTask;
    }
}
