using System.Net;
using System.Text;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using OpenOva.Relay.Database;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Identity.Logout;
using OpenOva.Relay.Sessions;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Integration.Identity;

/// <summary>An issuer says that a session of its own is over: so is everything that was opened under it.</summary>
[Trait("Kind", "Real")]
public sealed class BackchannelLogoutTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task Logout_OfASession_EndsWhatWasOpenedUnderItAndNothingElse()
    {
        await using var world = await IssuerWorld.StartAsync();
        await using var ended = await world.ConnectAsync(world.Token("ada", "sid-1"));
        await using var other = await world.ConnectAsync(world.Token("ada", "sid-2"));
        await using var stranger = await world.ConnectAsync(world.Token("bob", "sid-3"));
        var ticket = await world.OpenAsync(world.Token("ada", "sid-1"));

        var since = TimeProvider.System.GetTimestamp();
        Assert.Equal(HttpStatusCode.OK, (await world.LogoutAsync(world.LogoutToken("ada", "sid-1"))).Status);
        await ended.Finished;
        var took = TimeProvider.System.GetElapsedTime(since);

        Assert.Equal(SessionEndReason.SignedOut, ended.Ended!.Reason);
        Assert.True(took < Bound, $"{took}");
        Assert.Equal(StatusCode.Unauthenticated, await world.UseAsync(world.Token("ada", "sid-1")));
        Assert.Equal(StatusCode.OK, await world.UseAsync(world.Token("ada", "sid-2")));
        await using var late = await TunnelClient.RedeemAsync(world.Relay, ticket.TunnelTicket);
        Assert.Equal(StatusCode.Unauthenticated, (await Assert.ThrowsAsync<RpcException>(() => late.Started)).StatusCode);
        await other.SendAsync("3.nop;");
        Assert.Null(other.Ended);
        Assert.Null(stranger.Ended);
        Assert.Equal(SessionEndReason.SignedOut, (await world.Relay.WaitForAsync(ended.Session, SessionState.Verified)).EndReason);
        Assert.Equal(SessionEndReason.SignedOut, (await world.Relay.WaitForAsync(ticket.SessionId, SessionState.Failed)).EndReason);

        var leaf = Assert.Single(await ContractLeaves.WaitAsync(world.Relay, "acme", LedgerEventTypes.SubjectSignedOut, 1));
        Assert.Equal((world.Issuer.Issuer, "ada", SignOut.HashOf("sid-1"), 2L),
            (leaf.Data.String("issuer"), leaf.Data.String("sub"), leaf.Data.String("sid_sha256"), leaf.Data.Count("sessions")));
        Assert.Contains(await ContractLeaves.WaitAsync(world.Relay, "acme", LedgerEventTypes.TokenRefused, 1), refused => refused.Data.String("reason") == "signed-out");
        Assert.Empty(await ContractLeaves.OfTypeAsync(world.Relay, "globex", LedgerEventTypes.SubjectSignedOut));
    }

    [Fact]
    public async Task Logout_OfTheAccount_EndsAllItsSessionsAndItMaySignInAgain()
    {
        await using var world = await IssuerWorld.StartAsync();
        await using var one = await world.ConnectAsync(world.Token("ada", "sid-1"));
        await using var two = await world.ConnectAsync(world.Token("ada", null));
        await using var stranger = await world.ConnectAsync(world.Token("bob", "sid-1"));
        var before = world.Token("ada", "sid-2");

        Assert.Equal(HttpStatusCode.OK, (await world.LogoutAsync(world.LogoutToken("ada", null))).Status);
        await Task.WhenAll(one.Finished, two.Finished).WaitAsync(Bound);

        Assert.Equal((SessionEndReason.SignedOut, SessionEndReason.SignedOut), (one.Ended!.Reason, two.Ended!.Reason));
        Assert.Null(stranger.Ended);
        Assert.Equal(StatusCode.Unauthenticated, await world.UseAsync(before));
        var again = world.Token("ada", "sid-9", claims => claims["iat"] = TimeProvider.System.GetUtcNow().AddSeconds(1).ToUnixTimeSeconds());
        Assert.Equal(StatusCode.OK, await world.UseAsync(again));
    }

    [Fact]
    public async Task Logout_WithoutSubject_EndsTheSessionItNames()
    {
        await using var world = await IssuerWorld.StartAsync();
        await using var ended = await world.ConnectAsync(world.Token("ada", "sid-1"));

        Assert.Equal(HttpStatusCode.OK, (await world.LogoutAsync(world.LogoutToken(null, "sid-1"))).Status);
        await ended.Finished.WaitAsync(Bound);

        Assert.Equal(SessionEndReason.SignedOut, ended.Ended!.Reason);
    }

    [Fact]
    public async Task Logout_ToldTwice_CountsOnce()
    {
        await using var world = await IssuerWorld.StartAsync();
        var token = world.LogoutToken("ada", "sid-1");

        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => world.LogoutAsync(token)));

        Assert.Single(answers, answer => answer.Status == HttpStatusCode.OK);
        Assert.Equal(5, answers.Count(answer => answer.Status == HttpStatusCode.BadRequest));
        Assert.Single(await ContractLeaves.WaitAsync(world.Relay, "acme", LedgerEventTypes.SubjectSignedOut, 1));
        var refused = await ContractLeaves.WaitAsync(world.Relay, "acme", LedgerEventTypes.TokenRefused, 5);
        Assert.All(refused, leaf => Assert.Equal("replayed", leaf.Data.String("reason")));
    }

    [Fact]
    public async Task Logout_ThatDoesNotPass_IsRefusedAlikeAndChangesNothing()
    {
        await using var world = await IssuerWorld.StartAsync();
        await using var tunnel = await world.ConnectAsync(world.Token("ada", "sid-1"));
        var good = world.LogoutToken("ada", "sid-1");
        HttpContent[] bad =
        [
            Form(("logout_token", world.LogoutToken("ada", "sid-1", claims => claims["nonce"] = "x"))),
            Form(("logout_token", world.LogoutToken("ada", "sid-1", claims => claims["aud"] = "account"))),
            Form(("logout_token", world.LogoutToken("ada", "sid-1", claims => claims["iss"] = "https://sso.example/realms/acme"))),
            Form(("logout_token", world.LogoutToken("ada", "sid-1", claims => claims.Remove("events")))),
            Form(("logout_token", world.Token("ada", "sid-1"))),
            Form(("logout_token", good[..^8])),
            Form(("logout_token", "")),
            Form(("logout_token", good), ("logout_token", good)),
            Form(("token", good)),
            new StringContent($"logout_token={good}", Encoding.UTF8, "text/plain"),
            new StringContent($$"""{"logout_token":"{{good}}"}""", Encoding.UTF8, "application/json"),
            new MultipartFormDataContent { { new StringContent(good), "logout_token" } },
        ];

        var answers = new HashSet<(HttpStatusCode, string)>();
        foreach (var content in bad) answers.Add(await world.PostAsync(content));

        var (status, body) = Assert.Single(answers);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal("""{"error":"invalid_request","error_description":"The logout token was refused."}""", body);
        Assert.Equal(StatusCode.OK, await world.UseAsync(world.Token("ada", "sid-1")));
        Assert.Null(tunnel.Ended);
        Assert.Empty(await ContractLeaves.OfTypeAsync(world.Relay, "acme", LedgerEventTypes.SubjectSignedOut));
        var reasons = (await ContractLeaves.WaitAsync(world.Relay, "acme", LedgerEventTypes.TokenRefused, bad.Length)).Select(leaf => leaf.Data.String("reason")).ToHashSet();
        Assert.Superset(new HashSet<string> { "not-a-logout", "wrong-audience", "unknown-issuer", "wrong-type", "bad-signature", "missing" }, reasons);
        foreach (var content in bad) content.Dispose();

        // The same token passes as it should be sent: nothing above has used it up.
        Assert.Equal(HttpStatusCode.OK, (await world.LogoutAsync(good)).Status);
        await tunnel.Finished;
    }

    [Fact]
    public async Task Logout_MoreRefusedThanASecondTakes_IsTurnedAwayUnread()
    {
        await using var world = await IssuerWorld.StartAsync((values, _) => values["Relay:Identity:RefusedLogoutsPerSecond"] = "1");

        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => world.LogoutAsync("no.token.atall")));

        Assert.Contains(answers, answer => answer.Status == HttpStatusCode.BadRequest);
        Assert.Contains(answers, answer => answer.Status == HttpStatusCode.TooManyRequests);
    }

    [Fact]
    public async Task Open_SignedOutSinceTheTokenWasChecked_IsRefusedAndLeavesNoSession()
    {
        await using var world = await IssuerWorld.StartAsync();
        var person = new Caller
        {
            Organisation = "acme", Issuer = world.Issuer.Issuer, Subject = "ada", SessionId = "sid-1", Roles = CallerRoles.Operator, TokenRoles = ["db"],
            IssuedAt = TimeProvider.System.GetUtcNow().AddSeconds(-1), Expires = TimeProvider.System.GetUtcNow().AddMinutes(5),
        };
        var broker = world.Relay.Services.GetRequiredService<SessionBroker>();
        Task<OpenedSession> OpenAsync(string sid) =>
            broker.OpenAsync(new CallerFeature(person with { SessionId = sid }, null), new WantedSession("ssh-db", "a test", "", null, false), TestContext.Current.CancellationToken);
        await OpenAsync("sid-1");

        await world.LogoutAsync(world.LogoutToken("ada", "sid-1"));

        Assert.Equal(ErrorReason.TokenRefused, (await Assert.ThrowsAsync<RelayException>(() => OpenAsync("sid-1"))).Reason);
        await OpenAsync("sid-2");
        Assert.Equal(2L, await world.Relay.Services.GetRequiredService<RelayDatabase>().ExecuteScalarAsync<long>(
            "SELECT COUNT(*) FROM sessions WHERE subject = 'ada'", null, TestContext.Current.CancellationToken));
    }

    private static FormUrlEncodedContent Form(params (string Name, string Value)[] fields) =>
        new(fields.Select(field => new KeyValuePair<string, string>(field.Name, field.Value)));
}
