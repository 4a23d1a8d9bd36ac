using System.Text.Json.Nodes;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Identity.Recheck;
using OpenOva.Relay.Shared;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration.Identity;

/// <summary>The real OpenID provider: what the fast tests take for granted of Keycloak's shapes, and each rule once from end to end.</summary>
[Trait("Kind", "Real")]
public sealed class RealIssuerTests : IAsyncLifetime
{
    private readonly FakeGuacd _guacd = FakeGuacd.Start(new FakeGuacdOptions { Play = FakeGuacdPlay.Script(["size", "0", "800", "600"], ["sync", "7"]) });
    private readonly string _user = $"t{Guid.NewGuid():N}"[..12];
    private RealIssuer? _issuer;
    private RelayUnderTest? _relay;

    public ValueTask InitializeAsync()
    {
        _issuer = RealIssuer.OrSkip();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        if (_relay is not null) await _relay.DisposeAsync();
        if (_issuer is not null)
        {
            await _issuer.FailAsync("/admin/", 0);
            await _issuer.DeleteUserAsync(_user);
        }
        _issuer?.Dispose();
        await _guacd.DisposeAsync();
    }

    [Theory]
    [InlineData("acme", "olivia", "relay-operator")]
    [InlineData("acme", "emilia", "relay-auditor")]
    [InlineData("acme", "clara", "relay-auditor")]
    [InlineData("acme", "oscar", "relay-operator")]
    [InlineData("acme", "olivia-adm", "relay-reviewer relay-approver")]
    public async Task Account_AskedAfter_HasTheRolesOfItsToken(string realm, string user, string roles)
    {
        var options = new IssuerOptions
        {
            Issuer = _issuer!.Issuer(realm),
            Organisation = realm,
            Audience = "relay",
            Recheck = new RecheckOptions { ClientId = "relay-recheck", SecretFile = _issuer.RecheckSecretFile },
        };
        options.AudienceRoles["emea"] = new RoleMapping { Groups = ["/emea/*"] };
        var claims = RealIssuer.ClaimsOf(await _issuer.TokenAsync(user, realm));
        using var http = new HttpClient();
        using var accounts = new IssuerAccounts(options, http, TimeProvider.System);

        var standing = await accounts.AskAsync(claims["sub"]!.GetValue<string>(), TestContext.Current.CancellationToken);

        var (tokenRoles, tokenNames) = RoleMap.Read(System.Text.Json.JsonElement.Parse(claims.ToJsonString()), options);
        Assert.Equal(AccountState.Active, standing.State);
        Assert.Equal(tokenRoles, standing.Roles);
        Assert.Equal(tokenNames.Order(StringComparer.Ordinal), standing.TokenRoles.Order(StringComparer.Ordinal));
        Assert.Equal(roles.Split(' ').Order(StringComparer.Ordinal), CallerRoleNames.Of(standing.Roles));
    }

    [Fact]
    public async Task Account_DisabledOrDeleted_IsSaidToBe()
    {
        await _issuer!.PutUserAsync(_user, Operator());
        var subject = RealIssuer.ClaimsOf(await _issuer.TokenAsync(_user))["sub"]!.GetValue<string>();
        var options = new IssuerOptions
        {
            Issuer = _issuer.Issuer("acme"), Organisation = "acme", Audience = "relay",
            Recheck = new RecheckOptions { ClientId = "relay-recheck", SecretFile = _issuer.RecheckSecretFile },
        };
        using var http = new HttpClient();
        using var accounts = new IssuerAccounts(options, http, TimeProvider.System);
        Assert.Equal(AccountState.Active, (await accounts.AskAsync(subject, TestContext.Current.CancellationToken)).State);

        await _issuer.PutUserAsync(_user, new JsonObject { ["enabled"] = false });
        Assert.Equal(AccountState.Disabled, (await accounts.AskAsync(subject, TestContext.Current.CancellationToken)).State);
        Assert.True(await _issuer.DeleteUserAsync(_user));
        Assert.Equal(AccountState.Gone, (await accounts.AskAsync(subject, TestContext.Current.CancellationToken)).State);
    }

    [Fact]
    public async Task Keys_RotatedWhileRunning_NewOnesCountAtOnceAndDroppedOnesNoMore()
    {
        var relay = await StartAsync(("Relay:Identity:KeyRefreshCooldown", "00:00:01"), ("Relay:Identity:KeyRefreshInterval", "00:00:01"));
        var before = await _issuer!.TokenAsync("gina", "globex");
        Assert.Equal(StatusCode.OK, await UseAsync(relay, before));

        await _issuer.RotateAsync("globex", drop: false);
        var beside = await _issuer.TokenAsync("gina", "globex");
        await Streams.UntilAsync(async () => await UseAsync(relay, beside) == StatusCode.OK);
        Assert.Equal(StatusCode.OK, await UseAsync(relay, before));

        await _issuer.RotateAsync("globex", drop: true);
        var after = await _issuer.TokenAsync("gina", "globex");
        await Streams.UntilAsync(async () => await UseAsync(relay, after) == StatusCode.OK);
        await Streams.UntilAsync(async () => await UseAsync(relay, before) == StatusCode.Unauthenticated);
        Assert.Equal(StatusCode.Unauthenticated, await UseAsync(relay, beside));
        Assert.Equal(StatusCode.OK, await UseAsync(relay, after));
    }

    [Fact]
    public async Task Logout_PushedByTheIssuer_EndsTheSessionWithinTwoSeconds()
    {
        var relay = await StartAsync();
        await _issuer!.PutUserAsync(_user, Operator());
        await _issuer.PushLogoutsToAsync(new Uri(relay.Web, "/auth/backchannel-logout").ToString());
        var token = await _issuer.TokenAsync(_user);
        await using var tunnel = await ConnectAsync(relay, token);

        var since = TimeProvider.System.GetTimestamp();
        var answers = await _issuer.LogoutAsync(new JsonObject { ["user"] = _user });
        await tunnel.Finished;
        var took = TimeProvider.System.GetElapsedTime(since);

        Assert.Contains(200, answers);
        Assert.Equal(SessionEndReason.SignedOut, tunnel.Ended!.Reason);
        Assert.True(took < TimeSpan.FromSeconds(2), $"{took}");
        TestContext.Current.SendDiagnosticMessage($"signed out in {took.TotalMilliseconds:F0} ms");
        Assert.Equal(StatusCode.Unauthenticated, await UseAsync(relay, token));
        Assert.NotEmpty(await ContractLeaves.WaitAsync(relay, "acme", LedgerEventTypes.SubjectSignedOut, 1));
    }

    [Theory]
    [InlineData("""{"enabled":false}""", "account-disabled")]
    [InlineData("""{"realmRoles":["relay-operator"]}""", "audience-role-missing")]
    public async Task Recheck_PersonDisabledOrDemoted_EndsHisSessionWithoutALogout(string change, string reason)
    {
        var relay = await StartAsync(Recheck());
        await _issuer!.PutUserAsync(_user, Operator());
        await using var tunnel = await ConnectAsync(relay, await _issuer.TokenAsync(_user));

        await _issuer.PutUserAsync(_user, JsonNode.Parse(change)!.AsObject());
        await tunnel.Finished.WaitAsync(TimeSpan.FromSeconds(5 + 5));

        Assert.Equal(SessionEndReason.AccessWithdrawn, tunnel.Ended!.Reason);
        var decision = Assert.Single(await ContractLeaves.OfTypeAsync(relay, "acme", LedgerEventTypes.AccessDecided), leaf => leaf.Data.Has("recheck_of"));
        Assert.Equal((reason, tunnel.Session), (decision.Data.String("reason"), decision.Data.String("recheck_of")));
    }

    [Fact]
    public async Task Recheck_AdministrationDown_EndsTheSessionAfterTheGrace()
    {
        var relay = await StartAsync([.. Recheck(), ("Relay:Identity:Issuers:2:Recheck:Grace", "00:00:03")]);
        await _issuer!.PutUserAsync(_user, Operator());
        await using var tunnel = await ConnectAsync(relay, await _issuer.TokenAsync(_user));
        await _issuer.FailAsync("/admin/", 60);

        await tunnel.Finished.WaitAsync(TimeSpan.FromSeconds(25));

        Assert.Equal(SessionEndReason.AccessWithdrawn, tunnel.Ended!.Reason);
        var decision = Assert.Single(await ContractLeaves.OfTypeAsync(relay, "acme", LedgerEventTypes.AccessDecided), leaf => leaf.Data.Has("recheck_of"));
        Assert.Equal("account-unanswered", decision.Data.String("reason"));
    }

    [Fact]
    public async Task Recording_OfTheSamePersonsOtherAccount_IsNotHisToReview()
    {
        var relay = await StartAsync();
        await using var tunnel = await ConnectAsync(relay, await _issuer!.TokenAsync("olivia"));
        await tunnel.LeaveAsync();
        await tunnel.Finished;
        await relay.WaitForAsync(tunnel.Session, SessionState.Verified);

        async Task<CallOutcome> ReadAsync(string user, string realm = "acme") => (await AuthorizationCalls.MakeAsync(
            relay, "openova.relay.v1.RecordingService/Get", IssuerWorld.Bearer(await _issuer.TokenAsync(user, realm)), tunnel.Session)).Outcome;

        Assert.Equal(CallOutcome.Denied, await ReadAsync("olivia-adm"));
        Assert.Equal(CallOutcome.Allowed, await ReadAsync("agnes"));
        Assert.Equal(CallOutcome.Denied, await ReadAsync("gustav", "globex"));
    }

    private static JsonObject Operator() => new()
    {
        ["enabled"] = true,
        ["realmRoles"] = new JsonArray("relay-operator", "ssh-targets"),
    };

    private (string Key, string Value)[] Recheck() =>
    [
        ("Relay:Identity:Issuers:2:Recheck:Interval", "00:00:05"),
        ("Relay:Identity:Issuers:2:Recheck:ClientId", "relay-recheck"),
        ("Relay:Identity:Issuers:2:Recheck:SecretFile", _issuer!.RecheckSecretFile),
    ];

    private async Task<RelayUnderTest> StartAsync(params (string Key, string Value)[] changes)
    {
        var values = new Dictionary<string, string?>();
        _issuer!.Configure(values);
        foreach (var (key, value) in changes) values[key] = value;
        return _relay = await RelayUnderTest.StartAsync(new RelaySetup
        {
            Guacd = _guacd.Endpoint,
            Values = values,
            Connections = RelayUnderTest.SshYaml().Replace("[db]", "[ssh-targets]", StringComparison.Ordinal),
        });
    }

    private static async Task<TunnelClient> ConnectAsync(RelayUnderTest relay, string token)
    {
        var headers = IssuerWorld.Bearer(token);
        headers.Add("relay-gateway-authorization", $"Bearer {await relay.TokenAsync("acme", null)}");
        var opened = await relay.Sessions.OpenAsync(new() { Connection = "ssh-db", Purpose = "a test" }, headers);
        var tunnel = await TunnelClient.RedeemAsync(relay, opened.TunnelTicket);
        await tunnel.Started;
        return tunnel;
    }

    private static async Task<StatusCode> UseAsync(RelayUnderTest relay, string token)
    {
        try
        {
            await relay.Connections.ListAsync(new(), IssuerWorld.Bearer(token));
            return StatusCode.OK;
        }
        catch (RpcException exception)
        {
            return exception.StatusCode;
        }
    }
}
