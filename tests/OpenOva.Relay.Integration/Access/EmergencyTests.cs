using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenOva.Relay.Access.Requests;
using OpenOva.Relay.Integration.Replicas;
using OpenOva.Relay.Tests.Database;
using OpenOva.Relay.V1;

namespace OpenOva.Relay.Integration.Access;

// Without outside components, but each test boots the whole service.
[Trait("Kind", "Real")]
public sealed class EmbeddedEmergencyTests : EmergencyTests
{
    private protected override Task<Deployment> DeployAsync(IReadOnlyDictionary<string, string?> people) => Deployment.EmbeddedAsync(people);
}

[Trait("Kind", "Real")]
[Collection("real components")]
public sealed class DeployedEmergencyTests : EmergencyTests
{
    private protected override Task<Deployment> DeployAsync(IReadOnlyDictionary<string, string?> people) => Deployment.DeployedAsync(people);
}

/// <summary>Emergency access: at once, recorded and told, and looked at afterwards (T09).</summary>
public abstract class EmergencyTests
{
    private static readonly string Policy = AccessWorld.Policy("emergencies", "ssh-plain, ssh-jit", "kind: break-glass, roles: [firecall], maxMinutes: 30");

    private protected abstract Task<Deployment> DeployAsync(IReadOnlyDictionary<string, string?> people);

    [Fact(Timeout = 60_000)]
    public async Task Emergency_OnAnUnrecordedConnection_IsRecordedToldAndReviewedByAnother()
    {
        await using var hook = await Webhook.StartAsync();
        await using var world = await AccessWorld.StartAsync(DeployAsync, Policy, hook.Values);
        Assert.Equal(ErrorReason.InvalidArgument, await AccessWorld.RefusedAsync(async () => await OpenAsync(world, "olivia", "")));
        Assert.Equal(ErrorReason.NotPermitted, await AccessWorld.RefusedAsync(async () => await OpenAsync(world, "oscar", "a fire")));

        var opened = await OpenAsync(world, "olivia", "a fire");
        await using var tunnel = await TunnelClient.RedeemAsync(world.Relay, opened.TunnelTicket);
        await tunnel.Started;
        Assert.Equal(ErrorReason.WrongState, await AccessWorld.RefusedAsync(async () => await world.Relay.Access.ReviewAsync(Review(opened.SessionId), await world.Relay.AsAsync("rita"))));
        Assert.Equal(ErrorReason.WrongState, await AccessWorld.RefusedAsync(async () =>
            await world.Relay.Access.ConfirmRotationAsync(new() { SessionId = opened.SessionId }, await world.Relay.AsAsync("adam"))));
        Assert.Equal(ErrorReason.NotPermitted, await AccessWorld.RefusedAsync(() => world.RequestAsync("ssh-jit", extends: opened.SessionId)));
        await tunnel.LeaveAsync();
        await tunnel.Finished;
        var session = await world.Relay.WaitForAsync(opened.SessionId, SessionState.Verified);
        var told = await hook.ReceivedAsync("emergency.opened");

        Assert.True(opened.Recorded && session.BreakGlass && session.UntilUs == opened.UntilUs && opened.UntilUs > 0);
        Assert.Equal((opened.SessionId, "ssh-plain"), (told["data"]!["session"]!.GetValue<string>(), told["data"]!["connection"]!.GetValue<string>()));
        var owed = Assert.Single((await world.Relay.Access.ListReviewsAsync(new() { Owed = true }, await world.Relay.AsAsync("sofia"))).Reviews);
        Assert.Equal((opened.SessionId, "olivia-sub", 0), (owed.SessionId, owed.Subject, owed.ReviewedUs));
        var reviewed = (await world.Relay.Access.ReviewAsync(Review(opened.SessionId), await world.Relay.AsAsync("rita"))).Review;
        Assert.Equal((ReviewOutcome.Accepted, "there was a fire"), (reviewed.Outcome, reviewed.Comment));
        Assert.Equal(ErrorReason.WrongState, await AccessWorld.RefusedAsync(async () => await world.Relay.Access.ReviewAsync(Review(opened.SessionId), await world.Relay.AsAsync("sofia"))));
        Assert.Single((await world.Relay.Access.ListReviewsAsync(new() { Owed = true }, await world.Relay.AsAsync("sofia"))).Reviews);
        await world.Relay.Access.ConfirmRotationAsync(new() { SessionId = opened.SessionId }, await world.Relay.AsAsync("adam"));
        Assert.Empty((await world.Relay.Access.ListReviewsAsync(new() { Owed = true }, await world.Relay.AsAsync("sofia"))).Reviews);
        var ledger = await world.LedgerAsync();
        foreach (var type in (string[])["emergency.review-owed", "emergency.reviewed", "credential.rotated", "recording.sealed"]) Assert.Single(ledger, type);
    }

    [Fact(Timeout = 60_000)]
    public async Task Review_OfOnesOwnSession_IsRefusedAlsoThroughASecondAccount()
    {
        var values = new Dictionary<string, string?> { ["Relay:Identity:Issuers:0:Roles:relay-reviewer:RealmRoles:0"] = "relay-approver" };
        await using var world = await AccessWorld.StartAsync(DeployAsync, Policy, values);
        var opened = await OpenAsync(world, "olivia", "a fire");

        Assert.Equal(ErrorReason.OwnDoing, await AccessWorld.RefusedAsync(async () => await world.Relay.Access.ReviewAsync(Review(opened.SessionId), await world.Relay.AsAsync("olga"))));

        await world.Relay.Sessions.TerminateAsync(new() { SessionId = opened.SessionId, Purpose = "over" }, await world.Relay.AsAsync("olivia"));
        Assert.Equal(ReviewOutcome.Accepted, (await world.Relay.Access.ReviewAsync(Review(opened.SessionId), await world.Relay.AsAsync("abel"))).Review.Outcome);
    }

    [Fact(Timeout = 60_000)]
    public async Task Review_NotMadeInABusinessDay_IsRemindedOfOnce()
    {
        await using var hook = await Webhook.StartAsync();
        var time = new ShiftedTime();
        await using var world = await AccessWorld.StartAsync(DeployAsync, Policy, hook.Values, time);
        await OpenAsync(world, "olivia", "a fire");
        await hook.ReceivedAsync("emergency.opened");
        Assert.DoesNotContain("emergency.overdue", await world.LedgerAsync());

        time.Advance(TimeSpan.FromDays(4));
        var sweeper = world.Relay.Services.GetRequiredService<AccessSweeper>();
        await sweeper.SweepAsync(TestContext.Current.CancellationToken);
        await sweeper.SweepAsync(TestContext.Current.CancellationToken);

        await hook.ReceivedAsync("emergency.overdue");
        Assert.Single(await world.LedgerAsync(), "emergency.overdue");
    }

    [Fact(Timeout = 60_000)]
    public async Task Notice_ThatIsNotTaken_ComesAgainUnderTheSameId()
    {
        await using var hook = await Webhook.StartAsync(refusals: 2);
        var values = new Dictionary<string, string?>(hook.Values) { ["Relay:Bus:ImmediateRetries"] = "0", ["Relay:Bus:RetryAfter"] = "00:00:00.200" };
        await using var world = await AccessWorld.StartAsync(DeployAsync, Policy, values);
        var request = await world.RequestAsync();

        var told = await hook.ReceivedAsync("access.requested");

        Assert.Equal(request.RequestId, told["data"]!["request"]!.GetValue<string>());
        Assert.Single(hook.Ids.Distinct());
        Assert.True(hook.Ids.Count >= 3);
        Assert.DoesNotContain("a disk is full", told.ToJsonString(), StringComparison.Ordinal);
    }

    private static AccessServiceReviewRequest Review(string session) => new() { SessionId = session, Outcome = ReviewOutcome.Accepted, Comment = "there was a fire" };

    private static async Task<SessionServiceOpenResponse> OpenAsync(AccessWorld world, string person, string purpose) =>
        await world.Relay.Sessions.OpenAsync(new() { Connection = "ssh-plain", Purpose = purpose, BreakGlass = true }, await world.Relay.AsAsync(person));

    /// <summary>A receiver of webhooks that checks each signature by the specification (https://www.standardwebhooks.com) and keeps what passed.</summary>
    private sealed class Webhook : IAsyncDisposable
    {
        private static readonly byte[] Secret = RandomNumberGenerator.GetBytes(32);
        private readonly WebApplication _application;
        private readonly string _secretFile = Path.GetTempFileName();
        private readonly List<JsonNode> _received = [];
        private int _refusals;

        private Webhook(WebApplication application, int refusals) => (_application, _refusals) = (application, refusals);

        public List<string> Ids { get; } = [];

        public Dictionary<string, string?> Values => new()
        {
            ["Relay:Access:Organisations:acme:Webhook:Url"] = _application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First(),
            ["Relay:Access:Organisations:acme:Webhook:SecretFile"] = _secretFile,
        };

        public static async Task<Webhook> StartAsync(int refusals = 0)
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            var application = builder.Build();
            application.Urls.Add("http://127.0.0.1:0");
            var hook = new Webhook(application, refusals);
            await File.WriteAllTextAsync(hook._secretFile, "whsec_" + Convert.ToBase64String(Secret) + "\n");
            application.MapPost("/", hook.ReceiveAsync);
            await application.StartAsync();
            return hook;
        }

        public async Task<JsonNode> ReceivedAsync(string type)
        {
            JsonNode? found = null;
            await Streams.UntilAsync(() =>
            {
                lock (_received) return (found = _received.FirstOrDefault(notice => notice["type"]!.GetValue<string>() == type)) is not null;
            });
            return found!;
        }

        public async ValueTask DisposeAsync()
        {
            await _application.DisposeAsync();
            File.Delete(_secretFile);
        }

        private async Task<IResult> ReceiveAsync(HttpRequest request)
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body);
            var (id, at) = (request.Headers["webhook-id"].ToString(), request.Headers["webhook-timestamp"].ToString());
            var expected = "v1," + Convert.ToBase64String(HMACSHA256.HashData(Secret, (byte[])[.. Encoding.ASCII.GetBytes($"{id}.{at}."), .. body.ToArray()]));
            if (request.Headers["webhook-signature"] != expected) return Results.StatusCode((int)HttpStatusCode.Unauthorized);
            lock (_received)
            {
                Ids.Add(id);
                if (_refusals-- > 0) return Results.StatusCode((int)HttpStatusCode.ServiceUnavailable);
                _received.Add(JsonNode.Parse(body.ToArray())!);
            }

            return Results.Ok();
        }
    }
}
