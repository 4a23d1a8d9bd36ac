using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using OpenOva.Relay.Shared;
using OpenOva.Relay.Tests.Database;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration;

/// <summary>Tunnel tickets: one use, one client, seconds of life; whatever is wrong with one, the answer is the same.</summary>
[Trait("Kind", "Real")]
public sealed class ContractTicketsTests
{
    [Fact]
    public async Task Ticket_NotTheCallersToRedeem_IsRefusedWithoutSayingWhy()
    {
        var time = new ShiftedTime();
        await using var guacd = Guacd();
        await using var relay = await RelayUnderTest.StartAsync(Setup(guacd) with { Services = services => services.AddSingleton<TimeProvider>(time) });
        var mine = await OpenAsync(relay, "olivia", throughGateway: true);
        var olivia = await OpenAsync(relay, "olivia", throughGateway: false);
        var answers = new List<CallAnswer>
        {
            await RefusedAsync(relay, mine.TunnelTicket, await relay.AsGatewayAsync("globex")),
            await RefusedAsync(relay, mine.TunnelTicket, await SecondGatewayAsync(relay)),
            await RefusedAsync(relay, mine.TunnelTicket, await relay.AsAsync("olivia", throughGateway: false)),
            await RefusedAsync(relay, olivia.TunnelTicket, await relay.AsAsync("oscar", throughGateway: false)),
            await RefusedAsync(relay, olivia.TunnelTicket, await relay.AsGatewayAsync()),
            await RefusedAsync(relay, "", await relay.AsGatewayAsync()),
            await RefusedAsync(relay, "garbage\0'", await relay.AsGatewayAsync()),
            await RefusedAsync(relay, new string('A', 1 << 16), await relay.AsGatewayAsync()),
            await RefusedAsync(relay, mine.TunnelTicket[..^1] + (mine.TunnelTicket[^1] == 'A' ? 'B' : 'A'), await relay.AsGatewayAsync()),
        };

        // None of those tries used it up.
        await using (var tunnel = await TunnelClient.RedeemAsync(relay, mine.TunnelTicket))
        {
            await tunnel.Started;
            answers.Add(await RefusedAsync(relay, mine.TunnelTicket, await relay.AsGatewayAsync()));
            await tunnel.LeaveAsync();
            await tunnel.Finished;
        }

        answers.Add(await RefusedAsync(relay, mine.TunnelTicket, await relay.AsGatewayAsync()));
        time.Advance(TimeSpan.FromSeconds(31));
        answers.Add(await RefusedAsync(relay, olivia.TunnelTicket, await relay.AsAsync("olivia", throughGateway: false)));

        var answer = Assert.Single(answers.Distinct());
        Assert.Equal(StatusCode.Unauthenticated, answer.Code);
        Assert.Equal("TICKET_REFUSED", AuthorizationCalls.Reason(Convert.FromHexString(answer.Details)));
    }

    [Fact]
    public async Task Ticket_RedeemedTwentyTimesAtOnce_OpensOneTunnel()
    {
        await using var guacd = Guacd();
        await using var relay = await RelayUnderTest.StartAsync(Setup(guacd));
        var opened = await OpenAsync(relay, "olivia", throughGateway: true);

        var tunnels = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => TunnelClient.RedeemAsync(relay, opened.TunnelTicket))));
        var started = 0;
        foreach (var tunnel in tunnels)
        {
            try
            {
                await tunnel.Started;
                started++;
            }
            catch (RpcException exception)
            {
                Assert.Equal(StatusCode.Unauthenticated, exception.StatusCode);
            }
        }

        foreach (var tunnel in tunnels) await tunnel.DisposeAsync();
        Assert.Equal(1, started);
        Assert.Equal(1, guacd.Accepted);
        Assert.Single(await ContractLeaves.OfTypeAsync(relay, "acme", Evidence.Ledger.LedgerEventTypes.RecordingOpened));
    }

    private static FakeGuacd Guacd() => FakeGuacd.Start(new FakeGuacdOptions { Play = FakeGuacdPlay.Script(["size", "0", "800", "600"], ["sync", "1"]) });

    private static RelaySetup Setup(FakeGuacd guacd) => new()
    {
        Guacd = guacd.Endpoint,
        Values = new Dictionary<string, string?>
        {
            ["Relay:Identity:Development:Realms:0:Clients:1:ClientId"] = "gateway-two",
            ["Relay:Identity:Development:Realms:0:Clients:1:Secret"] = RelayUnderTest.GatewaySecret,
            ["Relay:Identity:Development:Realms:0:Clients:1:Audiences:0"] = "relay",
            ["Relay:Identity:Development:Realms:0:Clients:1:ServiceAccountRoles:0"] = "relay-gateway",
        },
    };

    private static async Task<SessionServiceOpenResponse> OpenAsync(RelayUnderTest relay, string person, bool throughGateway) =>
        await relay.Sessions.OpenAsync(new() { Connection = "ssh-db", Purpose = "a test" }, await relay.AsAsync(person, throughGateway));

    private static async Task<CallAnswer> RefusedAsync(RelayUnderTest relay, string ticket, Metadata headers) =>
        await AuthorizationCalls.MakeAsync(relay, "/openova.relay.v1.SessionService/Tunnel", headers, ticket);

    private static async Task<Metadata> SecondGatewayAsync(RelayUnderTest relay)
    {
        using var http = new HttpClient();
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "client_credentials", ["client_id"] = "gateway-two", ["client_secret"] = RelayUnderTest.GatewaySecret,
        });
        using var answer = await http.PostAsync(new Uri(relay.Web, "/realms/acme/protocol/openid-connect/token"), form);
        var token = (await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonObject>())!["access_token"]!.GetValue<string>();
        return new Metadata { { "relay-gateway-authorization", $"Bearer {token}" } };
    }
}
