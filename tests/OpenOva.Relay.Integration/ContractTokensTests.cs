using Grpc.Core;
using OpenOva.Relay.Evidence.Ledger;
using OpenOva.Relay.Tests.Identity;

namespace OpenOva.Relay.Integration;

/// <summary>Tokens that do not pass, at the gRPC door: one answer for all of them, and in the ledger what was wrong.</summary>
[Trait("Kind", "Real")]
public sealed class ContractTokensTests
{
    [Fact]
    public async Task Token_ThatDoesNotPass_IsRefusedWithTheSameTextAndIsInTheLedger()
    {
        await using var issuer = await TestIssuer.StartAsync();
        await using var relay = await RelayUnderTest.StartAsync(new RelaySetup
        {
            Values = new Dictionary<string, string?>
            {
                ["Relay:Identity:Issuers:2:Issuer"] = issuer.Issuer,
                ["Relay:Identity:Issuers:2:Organisation"] = "acme",
                ["Relay:Identity:Issuers:2:Audience"] = "relay",
            },
        });
        await relay.Sessions.ListAsync(new(), Bearer(issuer.Key.Sign(Claims(issuer))));

        var answers = new HashSet<CallAnswer>();
        foreach (var (reason, token) in Bad(issuer))
        {
            var exception = await Assert.ThrowsAsync<RpcException>(() => relay.Sessions.ListAsync(new(), Bearer(token)).ResponseAsync);
            Assert.True(exception.StatusCode == StatusCode.Unauthenticated, $"{reason}: {exception.Status}");
            answers.Add(AuthorizationCalls.Answer(exception));
        }

        var answer = Assert.Single(answers);
        Assert.Equal(CallOutcome.Unauthenticated, answer.Outcome);
        var leaves = await ContractLeaves.WaitAsync(relay, "acme", LedgerEventTypes.TokenRefused, Bad(issuer).Count);
        Assert.Equal(Bad(issuer).Select(bad => bad.Reason).Order(), leaves.Select(leaf => leaf.Data.String("reason")).Order());
        Assert.Empty(await ContractLeaves.OfTypeAsync(relay, "globex", LedgerEventTypes.TokenRefused));

        // Of a token that did not pass nothing is believed, and nothing kept.
        Assert.All(leaves, leaf => Assert.DoesNotContain("f3c9a1", leaf.Data.Element.GetRawText(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task GatewayToken_OfAPersonOrAnotherOrganisation_IsRefused()
    {
        await using var relay = await RelayUnderTest.StartAsync();
        var answers = new HashSet<CallAnswer>();
        foreach (var gateway in new[] { await relay.TokenAsync("acme", "anton"), await relay.TokenAsync("globex", null), "no.token.atall" })
        {
            var headers = await relay.AsAsync("olivia", throughGateway: false);
            headers.Add("relay-gateway-authorization", $"Bearer {gateway}");
            answers.Add(AuthorizationCalls.Answer(await Assert.ThrowsAsync<RpcException>(() => relay.Sessions.ListAsync(new(), headers).ResponseAsync)));
        }

        Assert.Equal(CallOutcome.Unauthenticated, Assert.Single(answers).Outcome);
        Assert.Single(await ContractLeaves.WaitAsync(relay, "globex", LedgerEventTypes.TokenRefused, 1), leaf => leaf.Data.String("reason") == "gateway-organisation");
        Assert.Single(await ContractLeaves.WaitAsync(relay, "acme", LedgerEventTypes.TokenRefused, 2), leaf => leaf.Data.String("reason") == "not-a-gateway");
    }

    private static System.Text.Json.Nodes.JsonObject Claims(TestIssuer issuer) => issuer.Claims(TimeProvider.System.GetUtcNow());

    private static IReadOnlyList<(string Reason, string Token)> Bad(TestIssuer issuer)
    {
        var now = TimeProvider.System.GetUtcNow();
        string With(string claim, System.Text.Json.Nodes.JsonNode value)
        {
            var claims = Claims(issuer);
            claims[claim] = value;
            return issuer.Key.Sign(claims);
        }

        return
        [
            ("expired", With("exp", now.AddMinutes(-5).ToUnixTimeSeconds())),
            ("not-yet-valid", With("nbf", now.AddMinutes(5).ToUnixTimeSeconds())),
            ("algorithm", issuer.Key.Sign(Claims(issuer), "none")),
            ("algorithm", issuer.Key.Sign(Claims(issuer), "HS256")),
            ("wrong-audience", With("aud", "account")),
            ("unknown-issuer", With("iss", issuer.Issuer + "x")),
            ("wrong-type", With("typ", "Refresh")),
            ("wrong-type", With("typ", "ID")),
            ("bad-signature", TestKey.Rsa(issuer.Key.Id).Sign(Claims(issuer))),
            ("unknown-key", issuer.Key.Sign(Claims(issuer), kid: "another")),
            ("malformed", "no.token.atall"),
        ];
    }

    private static Metadata Bearer(string token) => new() { { "authorization", $"Bearer {token}" } };
}
